//! `/ops/activity/stream`: new lines and the badge, as server-sent events.
//!
//! A process looks once a second, however many streams are open, and not at all while none is. Each stream
//! first reads what it has missed, then takes what the looks bring.

use std::{sync::Arc, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    rt::time::sleep,
    web::{Data, Query},
};
use diesel::{PgConnection, QueryResult};
use futures::stream;
use serde::Deserialize;
use tokio::sync::{Mutex, Semaphore, broadcast};

use super::{
    OpsSite,
    activity::{Asked, reader_of},
    blasts::Watched,
    cookie::Cookies,
    follower::{Follower, Parts, View},
    guard::Viewer,
    refusal::Refusal,
};
use crate::{
    activity::{
        feed::{self, Entry},
        live::{self, Place},
    },
    app::App,
    web::{event_stream, leaving::Leaving},
};

/// Between two looks.
const LOOK: Duration = Duration::from_secs(1);
/// Lines of one look; with more there is another one at once.
pub const LINES: i64 = 200;
/// Streams of one process: a tab each, of the few people of a shop.
const STREAMS: usize = 100;
/// Looks that a slow reader may be behind; then it begins anew, from its last line.
const BEHIND: usize = 64;

/// The looks of one process.
pub struct Live {
    pub app: App,
    news: broadcast::Sender<Arc<News>>,
    runs: Mutex<bool>,
    room: Arc<Semaphore>,
}

/// What one look brought.
pub struct News {
    pub lines: Vec<(Entry, Place)>,
    pub badge: i64,
}

impl Live {
    /// `app` has the connections of the pages.
    pub fn new(app: App) -> Self {
        Self {
            app,
            news: broadcast::Sender::new(BEHIND),
            runs: Mutex::new(false),
            room: Arc::new(Semaphore::new(STREAMS)),
        }
    }

    /// From here on looks bring what comes. They begin before the reader asks what it has missed, so that
    /// nothing lies between the two.
    async fn join(live: &Data<Self>) -> Result<broadcast::Receiver<Arc<News>>, crate::db::DbError> {
        let receiver = live.news.subscribe();
        let mut runs = live.runs.lock().await;
        if !*runs {
            let place = live.app.db.run(live::newest).await?;
            *runs = true;
            actix_web::rt::spawn(look_on(live.clone(), place));
        }
        Ok(receiver)
    }
}

/// Looks until nobody reads.
async fn look_on(live: Data<Live>, mut place: Place) {
    let mut badge = None;
    loop {
        sleep(LOOK).await;
        let mut runs = live.runs.lock().await;
        if live.news.receiver_count() == 0 {
            *runs = false;
            return;
        }
        drop(runs);
        loop {
            let looked = live.app.db.run(move |connection| look(connection, place));
            // While the database is away there is no news; the next look reads on from here.
            let Ok(news) = looked.await else { break };
            let (count, is_new) = (news.lines.len(), badge != Some(news.badge));
            place = news.lines.last().map_or(place, |(_, place)| *place);
            badge = Some(news.badge);
            if count > 0 || is_new {
                // Nobody who reads any more is no trouble.
                let _ = live.news.send(Arc::new(news));
            }
            if i64::try_from(count).unwrap_or(0) < LINES {
                break;
            }
        }
    }
}

fn look(connection: &mut PgConnection, place: Place) -> QueryResult<News> {
    Ok(News {
        lines: entries(connection, place, LINES)?,
        badge: feed::open_count(connection)?,
    })
}

/// Lines after a place, in the order in which they came.
pub fn entries(
    connection: &mut PgConnection,
    place: Place,
    most: i64,
) -> QueryResult<Vec<(Entry, Place)>> {
    let new = live::after(connection, place, most)?;
    let ids: Vec<i64> = new.iter().map(|line| line.id).collect();
    let mut entries = match ids.is_empty() {
        true => Vec::new(),
        false => feed::these(connection, &ids)?,
    };
    let in_order = new.iter().filter_map(|line| {
        let at = entries.iter().position(|entry| entry.id == line.id)?;
        Some((entries.swap_remove(at), line.place))
    });
    Ok(in_order.collect())
}

/// Which stream it is.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    only: Option<String>,
    after: Option<String>,
}

/// `GET /ops/activity/stream`
pub async fn follow(
    Viewer(person): Viewer,
    request: HttpRequest,
    live: Data<Live>,
    site: Data<OpsSite>,
    leaving: Data<Leaving>,
    (wanted, asked): (Query<Wanted>, Query<Asked>),
) -> Result<HttpResponse, Refusal> {
    let view = wanted.only.is_none().then(|| View {
        filter: asked.filter(site.zone),
        reader: reader_of(&request, site.zone, &person),
    });
    let opened = Opened {
        view,
        watched: None,
        last: last_line(&request, wanted.after.as_deref()),
    };
    open(&request, (live, site.clone(), leaving), opened).await
}

/// What a stream shows beside the badge.
pub struct Opened {
    /// Lines of the log.
    pub view: Option<View>,
    /// How far a mailing is.
    pub watched: Option<Watched>,
    /// The last line that the browser has.
    pub last: Option<i64>,
}

/// A stream, if there is room for one more.
pub async fn open(
    request: &HttpRequest,
    (live, site, leaving): (Data<Live>, Data<OpsSite>, Data<Leaving>),
    opened: Opened,
) -> Result<HttpResponse, Refusal> {
    let Ok(turn) = Arc::clone(&live.room).try_acquire_owned() else {
        return Ok(HttpResponse::ServiceUnavailable()
            .insert_header((header::RETRY_AFTER, "30"))
            .finish());
    };
    if leaving.streams_have_ended() {
        return Ok(HttpResponse::build(StatusCode::SERVICE_UNAVAILABLE).finish());
    }
    let refused = |error| Refusal::database(&site, &error);
    let news = Live::join(&live).await.map_err(refused)?;
    let mut follower = Follower::new(Parts {
        news,
        view: opened.view,
        watched: opened.watched,
        session: request.session().unwrap_or_default(),
        live,
        site: site.clone(),
        leaving,
        turn,
    });
    follower.catch_up(opened.last).await.map_err(refused)?;
    Ok(
        event_stream::answer().streaming(stream::unfold(follower, |follower| async {
            let next = follower.next().await;
            next.map(|(bytes, follower)| (Ok::<_, actix_web::Error>(bytes), follower))
        })),
    )
}

/// The last line that the browser has. What it says itself counts more than what the page said.
fn last_line(request: &HttpRequest, after: Option<&str>) -> Option<i64> {
    let header = request.headers().get("last-event-id");
    let header = header.and_then(|id| id.to_str().ok()?.parse().ok());
    header.or_else(|| after?.parse().ok())
}
