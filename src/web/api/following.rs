//! `/api/v1/blasts/{id}/stream`: how far a mailing is, as server-sent events.

use actix_web::{
    HttpResponse,
    http::Method,
    web::{Bytes, Data, Path},
};
use futures::stream;
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, sleep_until},
};
use uuid::Uuid;

use super::{
    blasts::parse_id,
    caller::{Caller, Viewer},
    problem::Problem,
};
use crate::{
    app::App,
    blast::Standing,
    token,
    web::{
        blast_live::{BlastLive, Following, follow},
        event_stream::{self, Admitted, BEAT},
        leaving::Leaving,
    },
};

/// `GET /blasts/{id}/stream`: the counts as they are, then whenever they have changed, until the caller goes.
/// Each event is the whole of it, so that nothing has to be resumed.
pub async fn counts(
    caller: Viewer,
    method: Method,
    (app, live, leaving): (Data<App>, Data<BlastLive>, Data<Leaving>),
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = parse_id(&id)?;
    if leaving.streams_have_ended() {
        return Err(Problem::busy("this process stops; ask again"));
    }
    let Some(turn) = live.turn() else {
        return Err(Problem::busy(
            "as many streams are open as may be; try again",
        ));
    };
    let following = follow(&live, id).await?;
    let following = following.ok_or_else(|| Problem::not_found("mailing"))?;
    let mut response = event_stream::answer();
    if method == Method::HEAD {
        return Ok(response.finish());
    }
    let follower = Follower {
        following,
        last: None,
        head: true,
        beat: Instant::now() + BEAT,
        admitted: Admitted::now(),
        token: caller.token(),
        app,
        leaving,
        _turn: turn,
    };
    Ok(
        response.streaming(stream::unfold(follower, |mut follower| async {
            let next = follower.next().await?;
            Some((Ok::<_, actix_web::Error>(next), follower))
        })),
    )
}

/// One stream.
struct Follower {
    following: Following,
    last: Option<Standing>,
    head: bool,
    beat: Instant,
    admitted: Admitted,
    token: Uuid,
    app: Data<App>,
    leaving: Data<Leaving>,
    _turn: OwnedSemaphorePermit,
}

impl Follower {
    /// What is sent next; `None`: the stream ends.
    async fn next(&mut self) -> Option<Bytes> {
        if std::mem::take(&mut self.head) {
            return Some(event_stream::head());
        }
        let leaving = self.leaving.clone();
        loop {
            tokio::select! {
                facts = self.following.next() => {
                    if !self.may_still_read().await {
                        return None;
                    }
                    let now = Standing::from(&facts.blast);
                    if self.last.as_ref() == Some(&now) {
                        continue;
                    }
                    let json = serde_json::to_string(&now).ok()?;
                    self.last = Some(now);
                    return Some(Bytes::from(format!("data: {json}\n\n")));
                }
                () = sleep_until(self.beat) => {
                    self.beat = Instant::now() + BEAT;
                    let is_in = self.may_still_read().await;
                    return is_in.then(event_stream::still_here);
                }
                () = leaving.end_of_streams() => return None,
            }
        }
    }

    /// Whether its token is still there.
    async fn may_still_read(&mut self) -> bool {
        let (db, token) = (&self.app.db, self.token);
        let found = db.run(move |connection| Ok(token::by_id(connection, token)?.is_some()));
        self.admitted.still(found).await
    }
}
