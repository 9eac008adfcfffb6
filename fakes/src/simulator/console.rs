//! The simulator's own page: sessions, switches, the last calls.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use minijinja::context;

use super::event::{Cause, Event};
use super::faults::{Call, Fault};
use super::journal::Asked;
use super::money;
use super::refund::RefundStatus;
use super::session::{Session, State};
use super::shared::{Shared, lock};
use super::templates::{self, done};
use super::world::World;

/// How many sessions, events and calls are shown.
const SHOWN: usize = 30;

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/", web::get().to(show))
        .route("/_sim/session/{id}/{action}", web::post().to(session))
        .route("/_sim/switch", web::post().to(switch))
        .route("/_sim/fault", web::post().to(fault));
}

async fn show(shared: web::Data<Shared>) -> HttpResponse {
    let (sessions, events, held, dropping, url) = shared.with(|world, _| {
        let sessions: Vec<_> = world
            .sessions()
            .rev()
            .take(SHOWN)
            .map(session_row)
            .collect();
        let events: Vec<_> = world
            .events()
            .iter()
            .rev()
            .take(SHOWN)
            .map(event_row)
            .collect();
        let endpoint = &world.endpoint;
        let url = endpoint.url.clone();
        (sessions, events, endpoint.held, endpoint.dropping, url)
    });
    let calls = lock(&shared.journal).last(SHOWN);
    let context = context! {
        account => &shared.settings.account_name,
        now => shared.clock.now().format("%Y-%m-%d %H:%M:%S UTC").to_string(),
        sessions => sessions,
        events => events,
        calls => calls.iter().map(call_row).collect::<Vec<_>>(),
        faults => lock(&shared.faults).describe(),
        latency_ms => u64::try_from(lock(&shared.latency).as_millis()).unwrap_or(u64::MAX),
        held => held,
        dropping => dropping,
        webhook_url => url,
    };
    templates::page(StatusCode::OK, "console.html", context)
}

fn session_row(session: &Session) -> minijinja::Value {
    context! {
        id => &session.id,
        total => (!session.is_setup()).then(|| money::written(session.total, &session.currency)),
        reference => reference(session),
        status => session.status(),
        payment => session.payment_status(),
        open => session.state == State::Open,
        awaiting => session.state == State::Awaiting,
        refundable => session.state == State::Paid && session.payment_intent.is_some(),
    }
}

/// What the shop calls it, if it says so.
fn reference(session: &Session) -> Option<&str> {
    let metadata = session.params["metadata"]["reference"].as_str();
    metadata.or_else(|| session.params["client_reference_id"].as_str())
}

fn event_row(event: &Event) -> minijinja::Value {
    context! {
        id => &event.id,
        kind => event.kind,
        delivery => format!("{:?}", event.delivery),
    }
}

fn call_row(asked: &Asked) -> minijinja::Value {
    context! {
        what => format!("{} {}", asked.method, asked.path),
        status => asked.status.map_or("no answer".to_owned(), |status| status.to_string()),
        replayed => asked.replayed,
        connection => asked.connection,
        key => asked.idempotency_key.as_deref(),
    }
}

async fn session(path: web::Path<(String, String)>, shared: web::Data<Shared>) -> HttpResponse {
    let (id, action) = path.into_inner();
    let result = shared.with(|world, now| match action.as_str() {
        "expire" => world.expire(&id, now, Cause::default()),
        "settle" => world.settle(&id, true, now),
        "bounce" => world.settle(&id, false, now),
        other => {
            let intent = world.session(&id).and_then(|s| s.payment_intent.clone());
            paid(world, &intent.ok_or("nothing was paid")?, other, now)
        }
    });
    done(result)
}

/// What the shop, the bank and time do about a payment.
fn paid(world: &mut World, intent: &str, action: &str, now: i64) -> Result<(), String> {
    match action {
        "dispute" => world.dispute(intent, now),
        "refund" => refund(world, intent, now),
        "refund-later" => {
            world.next_refunds.push_front(RefundStatus::Pending);
            let made = refund(world, intent, now);
            if made.is_err() {
                world.next_refunds.pop_front();
            }
            made
        }
        "refund-arrives" => move_refund(world, intent, RefundStatus::Succeeded, now),
        "refund-fails" => move_refund(world, intent, RefundStatus::Failed, now),
        other => Err(format!("there is no {other}")),
    }
}

fn refund(world: &mut World, intent: &str, now: i64) -> Result<(), String> {
    let params = serde_json::json!({ "payment_intent": intent });
    let made = world.refund(&params, now, Cause::default());
    made.map(drop).map_err(|refusal| refusal.message)
}

/// The newest that can.
fn move_refund(
    world: &mut World,
    intent: &str,
    status: RefundStatus,
    now: i64,
) -> Result<(), String> {
    let its_own = world.refunds().iter().rev();
    let ids: Vec<String> = its_own
        .filter(|refund| refund.intent == intent)
        .map(|refund| refund.id.clone())
        .collect();
    let moved = ids
        .iter()
        .any(|id| world.move_refund(id, status, now).is_ok());
    moved
        .then_some(())
        .ok_or_else(|| format!("{intent} has no such refund"))
}

#[derive(Debug, serde::Deserialize)]
struct Switch {
    name: String,
    #[serde(default)]
    value: u64,
}

async fn switch(form: web::Form<Switch>, shared: web::Data<Shared>) -> HttpResponse {
    let on = form.value != 0;
    let result = match form.name.as_str() {
        "latency" => {
            *lock(&shared.latency) = Duration::from_millis(form.value);
            Ok(())
        }
        "hold" => {
            shared.with(|world, _| world.endpoint.held = on);
            Ok(())
        }
        "drop" => {
            shared.with(|world, _| world.endpoint.dropping = on);
            Ok(())
        }
        "advance" => {
            // A year is further than anything here looks.
            let minutes = i64::try_from(form.value.min(366 * 24 * 60)).unwrap_or(0);
            shared.clock.advance(chrono::Duration::minutes(minutes));
            shared.with(|_, _| ());
            Ok(())
        }
        "clear" => {
            lock(&shared.faults).clear();
            Ok(())
        }
        other => Err(format!("there is no switch {other}")),
    };
    done(result)
}

#[derive(Debug, serde::Deserialize)]
struct Wanted {
    call: String,
    fault: String,
    /// 0 is for ever.
    times: usize,
}

async fn fault(form: web::Form<Wanted>, shared: web::Data<Shared>) -> HttpResponse {
    let call = match form.call.as_str() {
        "create" => Call::CreateSession,
        "retrieve" => Call::RetrieveSession,
        "expire" => Call::ExpireSession,
        "list" => Call::ListSessions,
        "events" => Call::Events,
        _ => Call::Any,
    };
    let fault = match form.fault.as_str() {
        "slow" => Fault::Latency(Duration::from_secs(5)),
        "429" => Fault::TooManyRequests,
        "500" => Fault::ErrorBefore,
        "500-made" => Fault::ErrorAfter,
        "502" => Fault::Html502,
        "hang" => Fault::HangBefore,
        "hang-made" => Fault::HangAfter,
        "reset" => Fault::ResetBefore,
        "reset-made" => Fault::ResetAfter,
        other => return done(Err(format!("there is no fault {other}"))),
    };
    let times = if form.times == 0 {
        usize::MAX
    } else {
        form.times
    };
    lock(&shared.faults).inject(call, fault, times);
    done(Ok(()))
}
