//! SPF: who may send in the domain's name (RFC 7208). Pure: [`Walk`] says what to look up next, and is told the
//! answers.
//!
//! Whether our mail server is among them is not asked: its address towards the world is not known here.

use std::collections::VecDeque;

use super::{
    super::Finding,
    record::{Answer, LONGEST, beginning_with, quoted, unheard},
    term::{Final, Term, terms},
};

const VERSION: &str = "v=spf1";
/// Terms that ask the DNS, over all records; with more, receivers read the record as broken (RFC 7208, 4.6.4).
const MOST_LOOKUPS: usize = 10;

/// A record with those that it names, as far as they are known.
#[derive(Debug)]
pub struct Walk {
    domain: String,
    open: VecDeque<Visit>,
    lookups: usize,
    /// What the record says of everybody else.
    of_others: Option<Final>,
    end: Option<Finding>,
}

/// A record that is to be looked up.
#[derive(Debug, Clone)]
struct Visit {
    name: String,
    /// It is the domain's own, or stands in its place.
    is_main: bool,
    /// Whom it lets in may send in the domain's name.
    lets_in: bool,
}

impl Walk {
    /// Of the domain's record.
    pub fn of(domain: &str) -> Self {
        let own = Visit {
            name: domain.to_owned(),
            is_main: true,
            lets_in: true,
        };
        Self {
            domain: domain.to_owned(),
            open: VecDeque::from([own]),
            lookups: 0,
            of_others: None,
            end: None,
        }
    }

    /// The name whose texts have to be looked up next, if any has. At most eleven in all.
    pub fn next(&self) -> Option<&str> {
        let next = self.open.front().filter(|_| self.end.is_none());
        next.map(|visit| visit.name.as_str())
    }

    /// Takes the answer about [`next`](Self::next).
    pub fn told(&mut self, answer: &Answer) {
        let Some(visit) = self.open.pop_front() else {
            return;
        };
        let is_own = visit.is_main && visit.name == self.domain;
        let found = match answer {
            Answer::Unheard => {
                self.end = Some(unheard(&visit.name));
                return;
            }
            Answer::Nothing => Vec::new(),
            Answer::Found(texts) => beginning_with(texts, VERSION),
        };
        match found[..] {
            [record] => self.read(&visit, record),
            // Said with the record to publish.
            [] if is_own => {}
            [] => self.broken(&format!("it names {}, which has none", quoted(&visit.name))),
            [..] => self.broken(&format!(
                "{} has several, and may have one",
                quoted(&visit.name)
            )),
        }
    }

    /// How it stands, after all was told. `to_publish` is for a domain that has none.
    pub fn finding(self, to_publish: &str) -> Finding {
        let domain = self.domain;
        if let Some(end) = self.end {
            return end;
        }
        match self.of_others {
            None => Finding::Remark(format!(
                "{domain} has none, so that receivers cannot know who may send for it: publish the TXT record \
                 {domain}: \"{to_publish}\""
            )),
            Some(Final::Refused) => Finding::Fine(format!(
                "{domain} says who may send for it, and nobody else (-all)"
            )),
            Some(Final::Suspected) => Finding::Fine(format!(
                "{domain} says who may send for it, and that others are suspicious (~all)"
            )),
            Some(Final::Unsaid | Final::LetIn) => Finding::Remark(format!(
                "{domain} says who may send for it and nothing of others: end its record with ~all"
            )),
        }
    }

    fn read(&mut self, visit: &Visit, record: &str) {
        if record.len() > LONGEST {
            return self.broken("it is too long");
        }
        let terms = match terms(&record[VERSION.len()..]) {
            Ok(terms) => terms,
            Err(wrong) => return self.broken(&format!("{} is no part of one", quoted(wrong))),
        };
        // What follows `all` is never looked at, and a redirect beside it neither (RFC 7208, 5.1).
        let has_all = terms.iter().any(|term| matches!(term, Term::All(_)));
        if visit.is_main {
            self.of_others = Some(Final::Unsaid);
        }
        for term in terms {
            match term {
                Term::All(others) => return self.ends(visit, others),
                Term::Redirect(_) if has_all => {}
                Term::Redirect(name) => self.asks(name.map(|name| Visit {
                    name: name.to_owned(),
                    ..visit.clone()
                })),
                Term::Include { name, passes } => self.asks(name.map(|name| Visit {
                    name: name.to_owned(),
                    is_main: false,
                    lets_in: visit.lets_in && passes,
                })),
                Term::Asks => self.asks(None),
                Term::Nothing => {}
            }
        }
    }

    fn ends(&mut self, visit: &Visit, others: Final) {
        if others == Final::LetIn && visit.lets_in {
            self.end = Some(Finding::Wrong(format!(
                "{} ends with +all, so that anybody in the world may send for {}: end it with ~all",
                visit.name, self.domain
            )));
        } else if visit.is_main {
            self.of_others = Some(others);
        }
    }

    /// A name with letters to be put in (`%{i}`) is counted and not followed.
    fn asks(&mut self, visit: Option<Visit>) {
        self.lookups += 1;
        if self.lookups > MOST_LOOKUPS {
            return self.broken(
                "it asks the DNS more than 10 times, with all that it includes; take out what you do not send by",
            );
        }
        self.open.extend(visit);
    }

    fn broken(&mut self, why: &str) {
        if self.end.is_none() {
            self.end = Some(Finding::Wrong(format!(
                "receivers read the record of {} as none: {why}",
                self.domain
            )));
        }
    }
}

#[cfg(test)]
mod tests;
