//! What is counted of visits, in the words of the pages.

use crate::visits::{Browser, Device, Dimension, Page, Source, System};

/// A value of a dimension. One of a newer version stands as it is, and so does a country.
pub fn in_words(dimension: Dimension, value: &str) -> String {
    let word = match dimension {
        Dimension::Page => Page::from_name(value).map(page),
        Dimension::Source => Source::from_name(value).map(source),
        Dimension::Device => Device::from_name(value).map(device),
        Dimension::Browser => Browser::from_name(value).map(browser),
        Dimension::System => System::from_name(value).map(system),
        Dimension::Country | Dimension::All => None,
    };
    word.map_or_else(|| value.to_owned(), str::to_owned)
}

fn page(page: Page) -> &'static str {
    match page {
        Page::Pay => "The pay link",
        Page::Return => "Back from paying",
        Page::Unsubscribe => "No more mail",
    }
}

fn source(source: Source) -> &'static str {
    match source {
        Source::Blast => "A mailing",
        Source::Reminder => "A reminder",
        Source::Link => "A mail of one order",
        Source::Letter => "A letter, or by hand",
    }
}

fn device(device: Device) -> &'static str {
    match device {
        Device::Phone => "Phone",
        Device::Tablet => "Tablet",
        Device::Computer => "Computer",
        Device::Other => "Not told",
    }
}

fn browser(browser: Browser) -> &'static str {
    match browser {
        Browser::Chrome => "Chrome",
        Browser::Safari => "Safari",
        Browser::Firefox => "Firefox",
        Browser::Edge => "Edge",
        Browser::Samsung => "Samsung",
        Browser::Opera => "Opera",
        Browser::InApp => "Inside of an app",
        Browser::Other => "Not told",
    }
}

fn system(system: System) -> &'static str {
    match system {
        System::Android => "Android",
        System::Ios => "iPhone or iPad",
        System::Windows => "Windows",
        System::Mac => "Mac",
        System::Linux => "Linux",
        System::ChromeOs => "ChromeOS",
        System::Other => "Not told",
    }
}
