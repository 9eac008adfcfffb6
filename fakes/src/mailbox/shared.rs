//! What the handle, the SMTP server and the page share.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use super::{mail::Mail, report::ReportsTo, rules::Rules, settings::Settings};

pub struct Shared {
    pub settings: Settings,
    pub rules: Mutex<Rules>,
    pub mails: Mutex<Vec<Mail>>,
    pub commands: Mutex<Vec<&'static str>>,
    /// What was answered to the unsubscribing of a mail, by its number.
    pub unsubscribed: Mutex<BTreeMap<usize, String>>,
    /// Where a mail that comes back is reported.
    pub reports_to: Mutex<Option<ReportsTo>>,
    /// What was answered to the report of a mail, by its number.
    pub bounced: Mutex<BTreeMap<usize, String>>,
    pub connections: AtomicUsize,
    pub unfinished: AtomicUsize,
    pub received: AtomicUsize,
    pub endless: AtomicUsize,
    pub only_counts: AtomicBool,
}

impl Shared {
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            rules: Mutex::default(),
            mails: Mutex::default(),
            commands: Mutex::default(),
            unsubscribed: Mutex::default(),
            reports_to: Mutex::default(),
            bounced: Mutex::default(),
            connections: AtomicUsize::new(0),
            unfinished: AtomicUsize::new(0),
            received: AtomicUsize::new(0),
            endless: AtomicUsize::new(0),
            only_counts: AtomicBool::new(false),
        }
    }

    /// Takes in an accepted mail.
    pub fn keep(&self, from: String, to: Vec<String>, raw: Vec<u8>) {
        let received_at = self.settings.clock.now();
        // Under the lock, so that mails lie in the order of their numbers.
        let mut mails = lock(&self.mails);
        let number = self.received.fetch_add(1, Ordering::SeqCst) + 1;
        if !self.only_counts.load(Ordering::SeqCst) {
            mails.push(Mail {
                number,
                from,
                to,
                raw,
                received_at,
            });
        }
    }

    pub fn note(&self, command: &'static str) {
        if !self.only_counts.load(Ordering::SeqCst) {
            lock(&self.commands).push(command);
        }
    }
}

/// A lock whose holder panicked is taken over: a test's failure shall not hide behind another.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
