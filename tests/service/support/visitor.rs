//! Somebody at the pages of the shop's people, with a browser that keeps cookies and runs no script.

use std::{cell::RefCell, collections::BTreeMap, sync::OnceLock};

use freshmint::{
    activity::Doing,
    order::{email::Email, text::Text},
    password::Password,
    people::{self, New, User},
    token::Role,
};
use reqwest::{Method, header};

use super::{
    World,
    browser::{Answer, client, runtime},
};

pub const PASSWORD: &str = "correct horse battery";

/// A browser.
pub struct Visitor {
    base: String,
    cookies: RefCell<BTreeMap<String, String>>,
    headers: Vec<(String, String)>,
}

impl Visitor {
    /// A browser that was never here.
    pub fn at(world: &World) -> Self {
        Self::at_url(world.url())
    }

    pub fn at_url(url: &str) -> Self {
        Self {
            base: url.to_owned(),
            cookies: RefCell::default(),
            headers: Vec::new(),
        }
    }

    /// The same, with a header on each request.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Somebody with this role who has signed in.
    pub fn signed_in(world: &World, name: &str, role: Role) -> Self {
        let user = world.user(name, role);
        let visitor = Self::at(world);
        let answer = visitor.sign_in(&user.email, PASSWORD);
        assert_eq!(
            (answer.status, answer.location()),
            (303, "/ops"),
            "{answer:?}"
        );
        visitor
    }

    pub fn sign_in(&self, email: &str, password: &str) -> Answer {
        let fields = [("email", email), ("password", password)];
        self.submit("/ops/sign-in", "/ops/sign-in", &fields)
    }

    pub fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, None)
    }

    /// Sends a form as a page has it.
    pub fn submit(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let page = self.get(page);
        assert_eq!(page.status, 200, "{page:?}");
        self.send(&page, action, fields)
    }

    /// The same with a page that stands there already.
    pub fn send(&self, page: &Answer, action: &str, fields: &[(&str, &str)]) -> Answer {
        let guard = guard(&page.body, action);
        let mut all = vec![("csrf", guard.0.as_str()), ("once", guard.1.as_str())];
        all.extend(fields);
        self.post(action, &all)
    }

    /// Sends just these fields.
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        self.ask(Method::POST, path, Some(body.finish()))
    }

    /// Sends a form with a file in it, as a page has it.
    pub fn send_file(
        &self,
        page: &Answer,
        action: &str,
        (name, content): (&str, &[u8]),
        fields: &[(&str, &str)],
    ) -> Answer {
        let guard = guard(&page.body, action);
        let mut all = vec![("csrf", guard.0.as_str()), ("once", guard.1.as_str())];
        all.extend(fields);
        self.post_file(action, (name, content), &all)
    }

    /// The same with just these fields.
    pub fn post_file(
        &self,
        action: &str,
        (name, content): (&str, &[u8]),
        fields: &[(&str, &str)],
    ) -> Answer {
        let head =
            |field: &str| format!("--XyZ\r\nContent-Disposition: form-data; name=\"{field}\"");
        let mut body = Vec::new();
        for (field, value) in fields {
            body.extend(format!("{}\r\n\r\n{value}\r\n", head(field)).into_bytes());
        }
        let file = format!("; filename=\"{name}\"\r\nContent-Type: text/csv\r\n\r\n");
        body.extend([head("file").as_bytes(), file.as_bytes(), content].concat());
        body.extend(b"\r\n--XyZ--\r\n");
        let kind = "multipart/form-data; boundary=XyZ";
        self.ask_with(Method::POST, action, Some((kind, body)))
    }

    pub fn ask(&self, method: Method, path: &str, body: Option<String>) -> Answer {
        let kind = "application/x-www-form-urlencoded";
        self.ask_with(method, path, body.map(|body| (kind, body.into_bytes())))
    }

    fn ask_with(&self, method: Method, path: &str, body: Option<(&str, Vec<u8>)>) -> Answer {
        let mut request = client().request(method, format!("{}{path}", self.base));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let cookies: Vec<String> = {
            let cookies = self.cookies.borrow();
            let pairs = cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"));
            pairs.collect()
        };
        request = request.header(header::COOKIE, cookies.join("; "));
        if let Some((kind, body)) = body {
            request = request.header(header::CONTENT_TYPE, kind).body(body);
        }
        let (answer, set) = runtime().block_on(async {
            let response = request.send().await.expect("the service answers");
            let headers = response.headers().clone();
            let text = |value: &header::HeaderValue| {
                String::from_utf8_lossy(value.as_bytes()).into_owned()
            };
            let set: Vec<String> = headers
                .get_all(header::SET_COOKIE)
                .iter()
                .map(text)
                .collect();
            let headers = headers
                .iter()
                .map(|(name, value)| (name.to_string(), text(value)));
            let answer = Answer {
                status: response.status().as_u16(),
                headers: headers.collect(),
                body: response.text().await.expect("a whole body"),
            };
            (answer, set)
        });
        for cookie in set {
            self.keep(&cookie);
        }
        answer
    }

    fn keep(&self, cookie: &str) {
        let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
        // One tells payers' pages that somebody is signed in, and nothing more.
        let is_for_its_path = match name {
            "freshmint_house" => cookie.contains("Path=/;") && matches!(value, "1" | ""),
            _ => cookie.contains("Path=/ops"),
        };
        assert!(
            cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && is_for_its_path,
            "{cookie}"
        );
        match value {
            "" => drop(self.cookies.borrow_mut().remove(name)),
            _ => self.set_cookie(name, value),
        }
    }

    /// What a cookie holds.
    pub fn cookie(&self, name: &str) -> String {
        self.cookies.borrow().get(name).cloned().unwrap_or_default()
    }

    pub fn set_cookie(&self, name: &str, value: &str) {
        let mut cookies = self.cookies.borrow_mut();
        match value {
            "" => cookies.remove(name),
            _ => cookies.insert(name.to_owned(), value.to_owned()),
        };
    }
}

/// What the form with this action carries, or any form of the page.
pub fn guard(html: &str, action: &str) -> (String, String) {
    let page = scraper::Html::parse_document(html);
    let find = |form: &str, name: &str| {
        let selector = format!("{form} input[name={name}]");
        let selector = scraper::Selector::parse(&selector).expect("a selector");
        let field = page.select(&selector).next()?;
        field.value().attr("value").map(str::to_owned)
    };
    let of = |name| find(&format!("form[action='{action}']"), name).or_else(|| find("form", name));
    (
        of("csrf").unwrap_or_default(),
        of("once").unwrap_or_default(),
    )
}

impl World {
    /// Somebody with an account and the usual password.
    pub fn user(&self, name: &str, role: Role) -> User {
        static HASH: OnceLock<String> = OnceLock::new();
        let hash = HASH.get_or_init(|| Password::parse(PASSWORD).expect("a password").hash());
        let letters = name.to_lowercase().replace(' ', ".");
        let letters: String = letters.chars().filter(char::is_ascii).collect();
        let email = format!("{letters}@rovers.example.org");
        let new = New {
            email: Email::parse(&email).expect("an address"),
            name: Text::parse(name).expect("a name"),
            role,
            password_hash: Some(hash.clone()),
        };
        let doing = Doing {
            actor: "test".to_owned(),
            at: self.now(),
            note: None,
        };
        let added = self
            .app
            .db
            .run_blocking(|connection| people::add(connection, &new, &doing));
        added.expect("the database answers").expect("a new address")
    }
}

impl World {
    /// Somebody with an odd name, who never signs in.
    pub fn user_named(&self, name: &str, email: &str) {
        let statement = "INSERT INTO ops_users (id, email, name, role, created_at) VALUES (gen_random_uuid(), $1, $2, 'viewer', now())";
        let done = diesel::RunQueryDsl::execute(
            diesel::sql_query(statement)
                .bind::<diesel::sql_types::Text, _>(email)
                .bind::<diesel::sql_types::Text, _>(name),
            &mut self.database.connect(),
        );
        done.expect("a row");
    }
}
