//! What a browser says of itself, in a few words: a class of device, a make of browser, a system. No version,
//! no model: what is rare would tell people apart.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::column::column_enum;

column_enum! {
    /// How large a device is.
    pub enum Device {
        /// A telephone.
        Phone = "phone",
        /// A tablet. One of Apple's says that it is a computer.
        Tablet = "tablet",
        /// A computer.
        Computer = "computer",
        /// It does not say.
        Other = "other",
    }
}

column_enum! {
    /// A make of browsers.
    pub enum Browser {
        /// Chrome, and Chromium.
        Chrome = "chrome",
        /// Safari.
        Safari = "safari",
        /// Firefox.
        Firefox = "firefox",
        /// Edge.
        Edge = "edge",
        /// Samsung's.
        Samsung = "samsung",
        /// Opera.
        Opera = "opera",
        /// The one inside of an app, such as a mail program.
        InApp = "in_app",
        /// Another, or it does not say.
        Other = "other",
    }
}

column_enum! {
    /// An operating system.
    pub enum System {
        /// Android.
        Android = "android",
        /// iOS and iPadOS.
        Ios = "ios",
        /// Windows.
        Windows = "windows",
        /// macOS.
        Mac = "mac",
        /// Linux.
        Linux = "linux",
        /// ChromeOS.
        ChromeOs = "chromeos",
        /// Another, or it does not say.
        Other = "other",
    }
}

/// A browser on a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Program {
    /// How large.
    pub device: Device,
    /// Its make.
    pub browser: Browser,
    /// What it runs on.
    pub system: System,
}

impl Program {
    /// Of a machine, and of what says nothing.
    pub const OTHER: Self = Self {
        device: Device::Other,
        browser: Browser::Other,
        system: System::Other,
    };
}

/// Bytes that are read: browsers' names have two hundred.
const LONGEST: usize = 512;

/// Makes by their words, the first that is found: browsers name those that they are like, too.
const BROWSERS: &[(&str, Browser)] = &[
    ("fban/", Browser::InApp),
    ("fbav/", Browser::InApp),
    ("instagram", Browser::InApp),
    ("gsa/", Browser::InApp),
    ("; wv)", Browser::InApp),
    ("edg/", Browser::Edge),
    ("edga/", Browser::Edge),
    ("edgios/", Browser::Edge),
    ("edge/", Browser::Edge),
    ("opr/", Browser::Opera),
    ("opt/", Browser::Opera),
    ("opios/", Browser::Opera),
    ("opera", Browser::Opera),
    ("samsungbrowser/", Browser::Samsung),
    ("fxios/", Browser::Firefox),
    ("firefox/", Browser::Firefox),
    ("crios/", Browser::Chrome),
    ("chrome/", Browser::Chrome),
    ("chromium/", Browser::Chrome),
    ("safari/", Browser::Safari),
    // A view of WebKit's in an app of Apple's names no Safari.
    ("applewebkit/", Browser::InApp),
];

/// Telephones with Windows say that they are Androids, and Androids that they are Linux.
const SYSTEMS: &[(&str, System)] = &[
    ("windows", System::Windows),
    ("iphone", System::Ios),
    ("ipad", System::Ios),
    ("ipod", System::Ios),
    ("android", System::Android),
    ("cros ", System::ChromeOs),
    ("macintosh", System::Mac),
    ("mac os x", System::Mac),
    ("linux", System::Linux),
    ("x11", System::Linux),
];

/// What tells devices apart, beside what tells systems apart.
const DEVICES: [&str; 3] = ["tablet", "mobile", "phone"];

/// All words of the lists.
static WORDS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let browsers = BROWSERS.iter().map(|(word, _)| *word);
    let systems = SYSTEMS.iter().map(|(word, _)| *word);
    browsers.chain(systems).chain(DEVICES).collect()
});

/// Finds them in one pass, since every click waits for it: to look for one word after the other took ten times
/// as long.
static ANY_WORD: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(&*WORDS)
        .expect("some dozen short words make no automaton that is too large")
});

/// Reads a `User-Agent`. Bytes, since an odd program's name need not be text.
pub fn read(user_agent: &[u8]) -> Program {
    let short = &user_agent[..user_agent.len().min(LONGEST)];
    // A word may lie within another one, as in "iphone".
    let said = ANY_WORD.find_overlapping_iter(short);
    let said: Vec<&str> = said.map(|it| WORDS[it.pattern()]).collect();
    let browser = first(BROWSERS, &said).unwrap_or(Browser::Other);
    let system = first(SYSTEMS, &said).unwrap_or(System::Other);
    Program {
        device: device(&said, system),
        browser,
        system,
    }
}

fn first<T: Copy>(list: &[(&str, T)], said: &[&str]) -> Option<T> {
    let found = list.iter().find(|(word, _)| said.contains(word));
    found.map(|(_, is)| *is)
}

fn device(said: &[&str], system: System) -> Device {
    let says = |word| said.contains(&word);
    match system {
        System::Ios if says("ipad") => Device::Tablet,
        System::Ios => Device::Phone,
        _ if says("tablet") => Device::Tablet,
        System::Android if says("mobile") => Device::Phone,
        System::Android => Device::Tablet,
        System::Windows if says("phone") => Device::Phone,
        System::Windows | System::Mac | System::Linux | System::ChromeOs => Device::Computer,
        System::Other if says("mobile") => Device::Phone,
        System::Other => Device::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_known_by_what_they_say_first_of_themselves() {
        let table = [
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
                "phone safari ios",
            ),
            (
                "Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/90.0 Mobile/15E148 Safari/604.1",
                "tablet chrome ios",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
                "phone in_app ios",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
                "phone chrome android",
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36",
                "phone samsung android",
            ),
            (
                "Mozilla/5.0 (Linux; Android 13; SM-X200) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
                "tablet chrome android",
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/UQ1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/131.0 Mobile Safari/537.36",
                "phone in_app android",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
                "computer edge windows",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0",
                "computer firefox windows",
            ),
            (
                "Mozilla/5.0 (Android 14; Tablet; rv:133.0) Gecko/133.0 Firefox/133.0",
                "tablet firefox android",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
                "computer safari mac",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 OPR/116.0.0.0",
                "computer opera linux",
            ),
            (
                "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
                "computer chrome chromeos",
            ),
            ("curl/8.5.0", "other other other"),
            ("", "other other other"),
        ];
        for (name, expected) in table {
            let Program {
                device,
                browser,
                system,
            } = read(name.as_bytes());
            assert_eq!(format!("{device} {browser} {system}"), expected, "{name}");
        }
    }

    #[test]
    fn what_is_no_text_or_has_no_end_is_read_all_the_same() {
        assert_eq!(read(b"\xff\xfe\x00"), Program::OTHER);
        let mut long = vec![b'x'; 1_000_000];
        long.extend(b"Firefox/133.0");
        assert_eq!(read(&long), Program::OTHER);
    }
}
