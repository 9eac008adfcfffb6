//! The demo as somebody meets it who has never seen it: started, read, paid in, and stopped.

use std::{
    fs::Permissions,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    time::{Duration, Instant},
};

use reqwest::{Method, Response, header::LOCATION, redirect::Policy};
use serde_json::Value;

/// For everything that should take a second or two; machines that test are busy.
const PATIENCE: Duration = Duration::from_secs(60);
const BETWEEN: Duration = Duration::from_millis(100);

#[test]
fn its_first_link_can_be_paid_and_sigterm_ends_it_with_nothing_left() {
    // As on a network with a proxy, which knows nothing of this machine's own addresses.
    let mut demo = Demo::start(&[("http_proxy", "http://127.0.0.1:9")]);
    let link = demo.wait_for_a_link("CUP-2026-001");
    let curl = demo.wait_for("the curl line", |line| {
        line.trim().strip_prefix("curl -H '").map(str::to_owned)
    });
    let (_, token) = curl.split_once("Bearer ").expect("a token");
    let token = token.split('\'').next().expect("a token").to_owned();
    let service = link.split("/pay/").next().expect("an address").to_owned();

    let checkout = location(&send(Method::GET, &link, None));
    let back = location(&send(Method::POST, &format!("{checkout}/pay"), None));
    assert_eq!(back, format!("{link}/return"));
    let orders = format!("{service}/api/v1/orders?reference=CUP-2026-001");
    wait_until("the order is paid", || {
        let order = &json(send(Method::GET, &orders, Some(&token)))["data"][0];
        order["status"] == "paid" && order["payments"][0]["found_by"] == "webhook"
    });

    demo.signal("TERM");
    assert_eq!(demo.wait().code(), Some(0));
    assert!(!demo.database.exists(), "its database is still there");
}

#[test]
fn its_mailing_is_in_the_mailbox_and_a_checkout_that_expires_is_reminded_of_once() {
    let mut demo = Demo::start(&[]);
    let mailbox = demo.wait_for("the mailbox", |line| {
        let line = line
            .trim()
            .strip_suffix("the fees have been mailed to every family")?;
        line.split_whitespace().next().map(str::to_owned)
    });
    let link = demo.wait_for_a_link("CUP-2026-002");
    let service = link.split("/pay/").next().expect("an address").to_owned();
    let token = demo.wait_for("the curl line", |line| {
        let line = line
            .trim()
            .strip_prefix("curl -H 'Authorization: Bearer ")?;
        line.split('\'').next().map(str::to_owned)
    });
    let page = || send(Method::GET, &format!("{mailbox}/"), None).body;
    assert_eq!(
        page().matches("the fee for the Summer Cup 2026").count(),
        12
    );

    // One comes back, as reported hours later.
    let subject = "fee for the Summer Cup 2026 (CUP-2026-003)";
    let bounces = format!("{mailbox}{}", mail_of(&page(), subject));
    let shown = send(Method::GET, &bounces, None).body;
    assert!(shown.contains("Bounce this one"), "{shown}");
    let pressed = send(Method::POST, &format!("{bounces}/bounce"), None);
    assert_eq!(pressed.status, 303, "{}", pressed.body);
    let shown = send(Method::GET, &bounces, None).body;
    assert!(shown.contains("The answer was 200 OK."), "{shown}");
    let bounced = format!("{service}/api/v1/outbox?state=bounced");
    let came_back = json(send(Method::GET, &bounced, Some(&token)))["data"].to_string();
    assert!(came_back.contains("CUP-2026-003"), "{came_back}");

    // Mail, link, checkout; nobody pays, and it expires.
    let first = pay_link_in(
        &mailbox,
        &page(),
        "fee for the Summer Cup 2026 (CUP-2026-002)",
    );
    let checkout = location(&send(Method::GET, &first, None));
    send(Method::POST, &format!("{checkout}/expire"), None);
    wait_until("the reminder is there", || {
        page().contains("still open (CUP-2026-002)")
    });

    // Reminder, link, a fresh checkout, paid.
    let again = pay_link_in(&mailbox, &page(), "still open (CUP-2026-002)");
    let fresh = location(&send(Method::GET, &again, None));
    assert_ne!(fresh, checkout);
    let back = location(&send(Method::POST, &format!("{fresh}/pay"), None));
    assert!(send(Method::GET, &back, None).body.contains("Thank you"));
    assert_eq!(page().matches("still open (CUP-2026-002)").count(), 1);
}

#[test]
fn its_pages_let_somebody_in_and_have_something_to_do_in_each_list() {
    let mut demo = Demo::start(&[]);
    let (service, email, password) = demo.wait_for("the sign-in", |line| {
        let (service, rest) = line
            .trim()
            .split_once("/ops  what needs somebody: sign in as ")?;
        let (email, rest) = rest.split_once(" with the password «")?;
        let password = rest.strip_suffix('»')?;
        Some((service.to_owned(), email.to_owned(), password.to_owned()))
    });
    demo.wait_for_a_link("CUP-2026-012");
    let token = demo.wait_for("the curl line", |line| {
        let line = line
            .trim()
            .strip_prefix("curl -H 'Authorization: Bearer ")?;
        line.split('\'').next().map(str::to_owned)
    });
    let list = |path: &str| {
        let list = send(
            Method::GET,
            &format!("{service}/api/v1{path}"),
            Some(&token),
        );
        let list = json(list)["data"].as_array().cloned().expect("a list");
        list.len()
    };
    for path in [
        "/cases?state=open",
        "/cases?state=resolved",
        "/orders?kind=recovered&status=open",
        "/orders?kind=recovered&status=paid",
        "/outbox?state=unknown",
        "/outbox?state=bounced",
        "/events?state=failed",
        "/suppressions",
        "/orders?status=open",
        "/orders?status=processing",
        "/orders?status=in_review",
        "/orders?status=paid",
        "/orders?status=settled_offline",
        "/orders?status=partially_refunded",
        "/orders?status=refunded",
        "/orders?status=cancelled",
    ] {
        assert!(list(path) > 0, "{path} is empty");
    }
    wait_until("one is reminded, another is not", || {
        let path = format!("{service}/api/v1/reminders");
        let reminders = json(send(Method::GET, &path, Some(&token)))["data"].to_string();
        reminders.contains("\"sent\"") && reminders.contains("reminder_disabled")
    });
    let blasts = send(
        Method::GET,
        &format!("{service}/api/v1/blasts"),
        Some(&token),
    );
    let stopped = json(blasts)["data"].to_string();
    assert!(
        stopped.contains("2 of the first 5 mails came back"),
        "no mailing stopped itself: {stopped}"
    );
    let today = sign_in(&service, &email, &password);
    for said in [
        "things need somebody",
        "paid another amount than was owed",
        "The bank debit of",
        "The mail to",
        "We cannot tell whether a mail to",
        "could not be worked through",
        "still owes, and is not written to",
        "waits for an approval",
        "are paused",
        "Still owed:",
        "From mail to money",
        "1 of 2, 50 %",
        "Why 1 was not reminded",
    ] {
        assert!(today.contains(said), "{said} is not in {today}");
    }
}

/// Today, as somebody sees it who has signed in.
fn sign_in(service: &str, email: &str, password: &str) -> String {
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    runtime.block_on(async {
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .timeout(PATIENCE);
        let client = client.build().expect("a client");
        let at = format!("{service}/ops/sign-in");
        let door = client.get(&at).send().await.expect("an answer");
        let cookies = cookies(&door);
        let door = door.text().await.expect("a page");
        let field = |name: &str| {
            let at = door.split(&format!("name=\"{name}\" value=\"")).nth(1);
            let value = at.and_then(|rest| rest.split('"').next());
            value.expect("a hidden field").to_owned()
        };
        let form = |value: &str| value.replace('@', "%40").replace(' ', "+");
        let body = format!(
            "csrf={}&once={}&email={}&password={}",
            field("csrf"),
            field("once"),
            form(email),
            form(password)
        );
        let entered = client
            .post(&at)
            .header("Cookie", cookies)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(body);
        let entered = entered.send().await.expect("an answer");
        assert_eq!(entered.status(), 303);
        let today = client
            .get(format!("{service}/ops"))
            .header("Cookie", self::cookies(&entered));
        let today = today.send().await.expect("an answer");
        assert_eq!(today.status(), 200);
        today.text().await.expect("a page")
    })
}

/// What an answer sets, to be sent with the next request.
fn cookies(answer: &Response) -> String {
    let set = answer.headers().get_all("set-cookie").iter();
    let pairs = set.filter_map(|cookie| cookie.to_str().ok()?.split(';').next());
    pairs.collect::<Vec<_>>().join("; ")
}

/// Where the mailbox shows the mail with this subject.
fn mail_of<'a>(page: &'a str, subject: &str) -> &'a str {
    let (before, _) = page.split_once(subject).expect("the mail's line");
    let (_, address) = before.rsplit_once("href=\"").expect("a link to the mail");
    address.split('"').next().expect("an address")
}

/// The pay link in the mail with this subject.
fn pay_link_in(mailbox: &str, page: &str, subject: &str) -> String {
    let mail = mail_of(page, subject);
    let mail = send(Method::GET, &format!("{mailbox}{mail}"), None);
    let mail = mail.body.replace("&#x2f;", "/");
    let (_, link) = mail
        .split_once("href=\"http://127.0.0.1:")
        .expect("a link in the mail");
    let link = link.split('"').next().expect("an address");
    format!("http://127.0.0.1:{link}")
}

#[test]
fn killed_outright_it_leaves_no_database_server_behind() {
    let mut demo = Demo::start(&[]);
    demo.wait_for_a_link("CUP-2026-012");
    let postmaster = demo.database.join("data/postmaster.pid");
    let pid = std::fs::read_to_string(postmaster).expect("the server's pid");
    let pid = pid.lines().next().expect("the server's pid").to_owned();
    assert!(runs(&pid), "{pid} does not run");

    demo.child.kill().expect("it can be killed");
    demo.wait();
    wait_until("the database server is gone", || {
        !runs(&pid) && !demo.database.exists()
    });
}

#[test]
fn a_key_for_real_money_is_refused_in_a_sentence() {
    let mut demo = Demo::start(&[("STRIPE_SECRET_KEY", "sk_live_51Abc")]);
    assert_eq!(demo.wait().code(), Some(1));
    let said: String = demo.errors.iter().collect();
    assert!(
        said.starts_with("STRIPE_SECRET_KEY is a live key"),
        "{said}"
    );
    assert!(!said.contains("51Abc"), "{said}");
}

/// The running demo. It is killed with the value.
struct Demo {
    child: Child,
    lines: Receiver<String>,
    errors: Receiver<String>,
    /// The folder of its database server, known once a link was seen.
    database: PathBuf,
    home: tempfile::TempDir,
}

impl Demo {
    fn start(settings: &[(&str, &str)]) -> Self {
        // Its database goes where we can look for it. As in /tmp, anybody may make and remove things
        // there: root hands the server to another user.
        let home = tempfile::Builder::new()
            .prefix("fm-")
            .tempdir_in("/tmp")
            .expect("a folder");
        let like_tmp = Permissions::from_mode(0o1777);
        std::fs::set_permissions(home.path(), like_tmp).expect("a folder of ours");
        let mut child = Command::new(env!("CARGO_BIN_EXE_demo"))
            .env_remove("STRIPE_SECRET_KEY")
            .env_remove("STRIPE_WEBHOOK_SECRETS")
            .env_remove("RUST_LOG")
            .env("TMPDIR", home.path())
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let lines = read_in_background(child.stdout.take());
        let errors = read_in_background(child.stderr.take());
        Self {
            child,
            lines,
            errors,
            database: PathBuf::new(),
            home,
        }
    }

    /// The link under the line that names `reference`.
    fn wait_for_a_link(&mut self, reference: &str) -> String {
        self.wait_for(reference, |line| line.contains(reference).then_some(()));
        let link = self.wait_for("a pay link", |line| {
            let line = line.trim();
            line.starts_with("http").then(|| line.to_owned())
        });
        let mut folders = std::fs::read_dir(self.home.path()).expect("its folder");
        let folder = folders.next().expect("a database").expect("a folder");
        self.database = folder.path();
        link
    }

    fn wait_for<T>(&self, what: &str, find: impl Fn(&str) -> Option<T>) -> T {
        let started = Instant::now();
        while let Some(left) = PATIENCE.checked_sub(started.elapsed()) {
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    if let Some(found) = find(&line) {
                        return found;
                    }
                }
                Err(_) => break,
            }
        }
        let errors: Vec<_> = self.errors.try_iter().collect();
        panic!("the demo printed no line with {what}; its errors: {errors:?}");
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill")
            .args([format!("-{name}"), pid])
            .status();
        assert!(status.expect("kill runs").success());
    }

    fn wait(&mut self) -> std::process::ExitStatus {
        let mut status = None;
        wait_until("the demo ends", || {
            status = self.child.try_wait().expect("our child");
            status.is_some()
        });
        status.expect("it has ended")
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_in_background(pipe: Option<impl std::io::Read + Send + 'static>) -> Receiver<String> {
    let (sender, lines) = mpsc::channel();
    let reader = BufReader::new(pipe.expect("piped"));
    std::thread::spawn(move || {
        let lines = reader.lines().map_while(Result::ok);
        lines
            .take_while(|line| sender.send(line.clone()).is_ok())
            .for_each(drop);
    });
    lines
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(BETWEEN);
    }
}

/// Whether a process of that id runs. One that has ended and that nobody has waited for does not:
/// in a container it may stay so for ever.
fn runs(pid: &str) -> bool {
    let state = Command::new("ps").args(["-o", "stat=", "-p", pid]).output();
    let state = String::from_utf8(state.expect("ps runs").stdout).expect("letters");
    !matches!(state.trim().chars().next(), None | Some('Z'))
}

/// An answer: status, where it leads, body.
struct Answer {
    status: u16,
    location: String,
    body: String,
}

/// What a browser sends, whose form is empty where it posts.
fn send(method: Method, url: &str, token: Option<&str>) -> Answer {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    runtime.block_on(async {
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .timeout(PATIENCE);
        let client = client.build().expect("a client");
        let mut request = client.request(method.clone(), url).header(
            "User-Agent",
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        );
        if method == Method::POST {
            request = request
                .header("Content-Type", "application/x-www-form-urlencoded")
                .body("");
        }
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        read(request.send().await.expect("an answer")).await
    })
}

async fn read(response: Response) -> Answer {
    let location = response.headers().get(LOCATION);
    let location = location.map_or("", |url| url.to_str().expect("an address"));
    Answer {
        status: response.status().as_u16(),
        location: location.to_owned(),
        body: response.text().await.expect("a body"),
    }
}

fn location(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.location.clone()
}

fn json(answer: Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.body);
    serde_json::from_str(&answer.body).expect("JSON")
}
