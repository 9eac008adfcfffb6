//! One stream: what its reader has missed, and then what comes.

use std::{collections::VecDeque, sync::Arc};

use actix_web::web::{Bytes, Data};
use diesel::PgConnection;
use serde::Serialize;
use tokio::{
    sync::{OwnedSemaphorePermit, broadcast},
    time::Instant,
};

use super::{
    OpsSite,
    activity::PAGE,
    blasts::Watched,
    line::{Day, Line, Reader},
    stream::{LINES, Live, News, entries},
};
use crate::{
    activity::{
        feed::{self, Entry, Filter},
        live::{self, Place},
    },
    app::App,
    people::session,
    web::{
        event_stream::{self, Admitted, BEAT},
        leaving::Leaving,
    },
};

/// What a stream is made of.
pub struct Parts {
    /// What the looks bring.
    pub news: broadcast::Receiver<Arc<News>>,
    /// Which lines, and how; none: the badge alone.
    pub view: Option<View>,
    /// How far a mailing is.
    pub watched: Option<Watched>,
    /// The cookie of whoever reads.
    pub session: String,
    pub live: Data<Live>,
    pub site: Data<OpsSite>,
    pub leaving: Data<Leaving>,
    /// Its place among those of this process.
    pub turn: OwnedSemaphorePermit,
}

/// What a stream shows, and to whom.
pub struct View {
    /// Which lines.
    pub filter: Filter,
    /// How they are written.
    pub reader: Reader,
}

/// One stream.
pub struct Follower {
    news: broadcast::Receiver<Arc<News>>,
    queue: VecDeque<Bytes>,
    place: Option<Place>,
    badge: Option<i64>,
    view: Option<View>,
    watched: Option<Watched>,
    beat: Instant,
    admitted: Admitted,
    session: String,
    live: Data<Live>,
    site: Data<OpsSite>,
    leaving: Data<Leaving>,
    _turn: OwnedSemaphorePermit,
}

impl Follower {
    /// A stream that has sent nothing yet.
    pub fn new(parts: Parts) -> Self {
        Self {
            news: parts.news,
            queue: VecDeque::from([event_stream::head()]),
            place: None,
            badge: None,
            view: parts.view,
            watched: parts.watched,
            beat: Instant::now() + BEAT,
            admitted: Admitted::now(),
            session: parts.session,
            live: parts.live,
            site: parts.site,
            leaving: parts.leaving,
            _turn: parts.turn,
        }
    }

    /// What was missed since a line: each of it, or the whole list where that is more than a page.
    pub async fn catch_up(&mut self, last: Option<i64>) -> Result<(), crate::db::DbError> {
        let filter = self.view.as_ref().map(|view| view.filter.clone());
        let read = move |connection: &mut PgConnection| {
            let missed = match (&filter, last) {
                (Some(_), Some(last)) => {
                    let place = live::place_of(connection, last)?;
                    entries(connection, place, LINES)?
                }
                _ => Vec::new(),
            };
            let badge = feed::open_count(connection)?;
            if i64::try_from(missed.len()).unwrap_or(LINES) <= PAGE {
                return Ok((missed, None, badge));
            }
            // What is written between the two is read again by the looks, and stands there once.
            let (place, settled) = (live::newest(connection)?, live::settled(connection)?);
            let whole = match &filter {
                Some(filter) => feed::list(connection, filter, PAGE)?,
                None => Vec::new(),
            };
            Ok((Vec::new(), Some((whole, place, settled)), badge))
        };
        let (missed, whole, badge) = self.live.app.db.run(read).await?;
        if let Some((whole, place, settled)) = whole {
            self.show_all(&whole, settled);
            self.place = Some(place);
        }
        self.take(&News {
            lines: missed,
            badge,
        })
        .await;
        Ok(())
    }

    /// What is sent next; `None`: the stream ends.
    pub async fn next(mut self) -> Option<(Bytes, Self)> {
        loop {
            if let Some(bytes) = self.queue.pop_front() {
                return Some((bytes, self));
            }
            let leaving = self.leaving.clone();
            tokio::select! {
                news = self.news.recv() => {
                    // Too far behind: the browser comes back with its last line.
                    let news = news.ok()?;
                    if !self.is_still_in().await {
                        return None;
                    }
                    self.take(&news).await;
                }
                () = tokio::time::sleep_until(self.beat) => {
                    self.beat = Instant::now() + BEAT;
                    if !self.is_still_in().await {
                        return None;
                    }
                    self.queue.push_back(event_stream::still_here());
                }
                html = part(self.watched.as_mut(), &self.live.app, &self.site) => {
                    if !self.is_still_in().await {
                        return None;
                    }
                    self.queue.push_back(event("part", None, &html));
                }
                () = leaving.end_of_streams() => return None,
            }
        }
    }

    /// Whether the session goes on.
    async fn is_still_in(&mut self) -> bool {
        let (token, now) = (self.session.clone(), self.live.app.clock.now());
        let db = &self.live.app.db;
        let found = db.run(move |connection| Ok(session::find(connection, &token, now)?.is_some()));
        self.admitted.still(found).await
    }

    async fn take(&mut self, news: &News) {
        if self.badge != Some(news.badge) {
            self.badge = Some(news.badge);
            let count = feed::count_in_words(news.badge);
            self.queue.push_back(event("badge", None, &count));
        }
        let Some(view) = &self.view else {
            return;
        };
        let new = news
            .lines
            .iter()
            .filter(|(_, place)| self.place.is_none_or(|mine| *place > mine));
        let new: Vec<&(Entry, Place)> = new.collect();
        let shown = self.let_through(view, &new).await;
        for (entry, _) in new.iter().filter(|(entry, _)| shown.contains(&entry.id)) {
            #[derive(Serialize)]
            struct Row {
                line: Line,
            }
            let now = self.live.app.clock.now();
            let line = view.reader.line_of_a_day(entry, now);
            let html = self.site.render("row.html", &Row { line });
            self.queue.push_back(event("line", Some(entry.id), &html));
        }
        if let Some((_, place)) = new.last() {
            self.place = self.place.max(Some(*place));
        }
    }

    /// The lines that belong into this feed. Words are looked for where they are kept.
    async fn let_through(&self, view: &View, new: &[&(Entry, Place)]) -> Vec<i64> {
        let fit = new.iter().filter(|(entry, _)| view.filter.fits(entry));
        let ids: Vec<i64> = fit.map(|(entry, _)| entry.id).collect();
        if view.filter.q.is_none() || ids.is_empty() {
            return ids;
        }
        let filter = view.filter.clone();
        let found = self
            .live
            .app
            .db
            .run(move |connection| feed::among(connection, &filter, &ids));
        found.await.unwrap_or_default()
    }

    fn show_all(&mut self, entries: &[Entry], settled: i64) {
        #[derive(Serialize)]
        struct Part {
            page: Days,
        }
        #[derive(Serialize)]
        struct Days {
            days: Vec<Day>,
        }
        let Some(view) = &self.view else {
            return;
        };
        let days = view.reader.days(entries, self.live.app.clock.now());
        let html = self.site.render(
            "lines.html",
            &Part {
                page: Days { days },
            },
        );
        self.queue.push_back(event("part", Some(settled), &html));
    }
}

/// How far the mailing is, when it is otherwise than it was; never where none is watched.
async fn part(watched: Option<&mut Watched>, app: &App, site: &OpsSite) -> String {
    match watched {
        Some(watched) => watched.next(app, site).await,
        None => std::future::pending().await,
    }
}

/// One event; each of its lines is a `data` line.
fn event(name: &str, id: Option<i64>, data: &str) -> Bytes {
    let mut text = String::new();
    if let Some(id) = id {
        text += &format!("id: {id}\n");
    }
    text += &format!("event: {name}\n");
    for line in data.lines() {
        text += &format!("data: {line}\n");
    }
    Bytes::from(text + "\n")
}
