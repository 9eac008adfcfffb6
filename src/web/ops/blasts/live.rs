//! `/ops/blasts/{id}/stream`: how far a mailing is, as parts of its page.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use serde::Serialize;

use super::progress::Progress;
use crate::{
    app::App,
    blast::state::State,
    web::{
        blast_live::{self, BlastLive, Following},
        leaving::Leaving,
        ops::{
            OpsSite,
            desk::Desk,
            guard::Viewer,
            refusal::Refusal,
            stream::{Live, Opened, open},
        },
    },
};

/// A mailing that a page follows.
pub struct Watched {
    following: Following,
    last: Option<Progress>,
}

impl Watched {
    /// The next part that is not what was sent last. Nothing is lost if the wait is given up.
    pub async fn next(&mut self, app: &App, site: &OpsSite) -> String {
        #[derive(Serialize)]
        struct Part<'a> {
            page: Page<'a>,
        }
        #[derive(Serialize)]
        struct Page<'a> {
            progress: &'a Progress,
        }
        loop {
            let facts = self.following.next().await;
            // A page follows while a mailing is being sent.
            let now = Progress::of(&facts, app, site.zone, State::Sending);
            if self.last.as_ref() == Some(&now) {
                continue;
            }
            let part = Part {
                page: Page { progress: &now },
            };
            let html = site.render("blast-progress.html", &part);
            self.last = Some(now);
            return html;
        }
    }
}

/// `GET /ops/blasts/{id}/stream`
pub async fn follow(
    Viewer(person): Viewer,
    request: HttpRequest,
    (live, blasts): (Data<Live>, Data<BlastLive>),
    site: Data<OpsSite>,
    leaving: Data<Leaving>,
    id: Path<String>,
) -> Result<HttpResponse, Refusal> {
    let id = Desk::id(&person, &id)?;
    let following = blast_live::follow(&blasts, id).await;
    let following = following.map_err(|error| Refusal::database(&site, &error))?;
    let following = following.ok_or_else(|| Refusal::no_page(&person))?;
    let opened = Opened {
        view: None,
        watched: Some(Watched {
            following,
            last: None,
        }),
        last: None,
    };
    open(&request, (live, site.clone(), leaving), opened).await
}
