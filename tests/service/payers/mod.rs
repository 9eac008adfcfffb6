//! Every page of payers through the real service, in every language.

mod looks;
mod mails;
mod states;
mod times;

use crate::support::{World, chromium::Chromium};

/// A page of payers.
struct Stop {
    /// Its name, as the samples of the pages have it.
    name: &'static str,
    /// The way there.
    path: String,
    /// The first page has a button, and this is the one behind it.
    presses: bool,
}

impl Stop {
    fn at(name: &'static str, path: impl Into<String>) -> Self {
        Self {
            name,
            path: path.into(),
            presses: false,
        }
    }

    fn behind(name: &'static str, path: impl Into<String>) -> Self {
        Self {
            presses: true,
            ..Self::at(name, path)
        }
    }

    fn open(&self, world: &World, browser: &Chromium) {
        browser.goto(&format!("{}{}", world.url(), self.path));
        if self.presses {
            browser.run("window.isBefore = true");
            browser.click("main form button");
            browser.until("window.isBefore === undefined && document.querySelector('h1')");
        }
    }
}
