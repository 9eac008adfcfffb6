//! The way of one API call: key, idempotency, fault, endpoint, answer. Knows time, but no HTTP.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::auth;
use super::endpoints::{self, Endpoint};
use super::event::Cause;
use super::faults::Fault;
use super::form;
use super::idempotency::{Begin, Stored};
use super::ids;
use super::journal::Asked;
use super::refusal::Refusal;
use super::shared::{Shared, lock};
use super::ticket::Ticket;

/// A call as it came over the wire.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub query: String,
    pub body: String,
    pub content_type: String,
    pub authorization: Option<String>,
    pub idempotency_key: Option<String>,
    pub version: Option<String>,
    pub connection: u64,
}

#[derive(Debug)]
pub enum Outcome {
    Answer(Answer),
    /// Close the connection without a word.
    Reset,
    /// Keep the connection open without a word.
    Hang,
    /// Bytes that do not end, with so long between two pieces.
    Endless(Duration),
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
    pub request_id: String,
    pub replayed: bool,
    /// An error page of something in front of Stripe, not Stripe's own JSON.
    pub html: bool,
}

/// Lets one call in and says how it ends.
pub async fn serve(shared: Arc<Shared>, request: Request) -> Outcome {
    let params = form::parse(&request.body);
    let line = lock(&shared.journal).asked(asked(&request, params.as_ref().ok()));
    let request_id = ids::short("req");
    let visit = Visit {
        shared: &shared,
        request: &request,
        request_id: &request_id,
    };
    let end = match visit.admit(params) {
        Ok((endpoint, params)) => visit.answer(&endpoint, params).await,
        Err(refusal) => End::refused(&refusal),
    };
    let End::Says {
        stored,
        replayed,
        html,
    } = end
    else {
        return match end {
            End::Hangs => Outcome::Hang,
            End::Streams(pause) => Outcome::Endless(pause),
            _ => Outcome::Reset,
        };
    };
    lock(&shared.journal).answered(line, stored.status, replayed);
    Outcome::Answer(Answer {
        status: stored.status,
        body: stored.body,
        request_id,
        replayed,
        html,
    })
}

fn asked(request: &Request, params: Option<&Value>) -> Asked {
    Asked {
        method: request.method.clone(),
        path: request.path.clone(),
        query: form::parse(&request.query).unwrap_or_default(),
        params: params.cloned().unwrap_or_default(),
        idempotency_key: request.idempotency_key.clone(),
        version: request.version.clone(),
        status: None,
        replayed: false,
        connection: request.connection,
    }
}

struct Visit<'a> {
    shared: &'a Arc<Shared>,
    request: &'a Request,
    request_id: &'a str,
}

enum End {
    Says {
        stored: Stored,
        replayed: bool,
        html: bool,
    },
    Hangs,
    Resets,
    Streams(Duration),
}

impl Visit<'_> {
    /// What comes before everything else: who asks, and for which endpoint.
    fn admit(&self, params: Result<Value, Refusal>) -> Result<(Endpoint, Value), Refusal> {
        let request = self.request;
        auth::check(
            request.authorization.as_deref(),
            &self.shared.settings.secret_key,
        )?;
        let endpoint = endpoints::find(&request.method, &request.path)?;
        if request.method == "GET" {
            return Ok((endpoint, form::parse(&request.query)?));
        }
        if !request.body.is_empty()
            && !request
                .content_type
                .starts_with("application/x-www-form-urlencoded")
        {
            return Err(Refusal::plain(
                400,
                "Invalid request (check that your POST content type is \
                 application/x-www-form-urlencoded).",
            ));
        }
        Ok((endpoint, params?))
    }

    async fn answer(&self, endpoint: &Endpoint, params: Value) -> End {
        let key = self.request.idempotency_key.clone();
        let key = key.filter(|_| self.request.method == "POST");
        let mut ticket = Ticket::new(self.shared, key);
        let replay = match ticket.begin(&self.request.path, &params) {
            Begin::Execute => None,
            Begin::Replay(stored) => Some(stored),
            Begin::Refuse(refusal) => return End::refused(&refusal),
        };
        let latency = *lock(&self.shared.latency);
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        let fault = lock(&self.shared.faults).take(endpoint.call(), replay.is_some());
        if let Some(Fault::Latency(more)) = fault {
            tokio::time::sleep(more).await;
        }
        if let Some(end) = fault.as_ref().and_then(before) {
            if let (Some(Fault::ErrorBefore), End::Says { stored, .. }) = (&fault, &end) {
                ticket.finish(stored.clone());
            }
            return end;
        }
        let replayed = replay.is_some();
        let stored = match replay {
            Some(stored) => stored,
            None => match self.execute(endpoint, params, &mut ticket, fault.as_ref()) {
                Ok(stored) => stored,
                Err(refusal) => return End::refused(&refusal),
            },
        };
        match fault {
            Some(Fault::HangAfter) => End::Hangs,
            Some(Fault::ResetAfter) => End::Resets,
            Some(Fault::Endless { pause }) => End::Streams(pause),
            _ => End::Says {
                stored,
                replayed,
                html: false,
            },
        }
    }

    /// Checks and carries out; the error is that of a check, which no key keeps.
    fn execute(
        &self,
        endpoint: &Endpoint,
        params: Value,
        ticket: &mut Ticket,
        fault: Option<&Fault>,
    ) -> Result<Stored, Refusal> {
        let now = self.shared.clock.now().timestamp();
        let params = endpoint.check(params, now)?;
        let cause = Cause {
            request: Some(self.request_id.to_owned()),
            idempotency_key: ticket.key().map(str::to_owned),
        };
        let result = self
            .shared
            .with(|world, now| endpoint.execute(world, params, now, cause));
        let stored = match (result, fault) {
            (Ok(_), Some(Fault::ErrorAfter)) => refused(&Refusal::server_error()),
            (Ok(mut made), Some(Fault::MissingField(name))) => {
                remove(&mut made, name);
                said(&made)
            }
            (Ok(made), _) => said(&made),
            (Err(refusal), _) => refused(&refusal),
        };
        ticket.finish(stored.clone());
        Ok(stored)
    }
}

/// How a call ends that a fault keeps from its endpoint.
fn before(fault: &Fault) -> Option<End> {
    match fault {
        Fault::TooManyRequests => Some(End::refused(&Refusal::too_many_requests())),
        Fault::ErrorBefore => Some(End::refused(&Refusal::server_error())),
        Fault::Refuse {
            status,
            code,
            message,
        } => Some(End::refused(&Refusal::of_status(
            *status,
            Some(code),
            message.clone(),
        ))),
        Fault::Html502 => Some(End::Says {
            stored: Stored {
                status: 502,
                body: "<html><head><title>502 Bad Gateway</title></head>\
                       <body><h1>502 Bad Gateway</h1></body></html>"
                    .to_owned(),
            },
            replayed: false,
            html: true,
        }),
        Fault::HangBefore => Some(End::Hangs),
        Fault::ResetBefore => Some(End::Resets),
        Fault::Latency(_)
        | Fault::ErrorAfter
        | Fault::HangAfter
        | Fault::ResetAfter
        | Fault::Endless { .. }
        | Fault::MissingField(_) => None,
    }
}

impl End {
    fn refused(refusal: &Refusal) -> End {
        End::Says {
            stored: refused(refusal),
            replayed: false,
            html: false,
        }
    }
}

fn refused(refusal: &Refusal) -> Stored {
    Stored {
        status: refusal.status,
        body: format!("{:#}", refusal.body()),
    }
}

fn said(value: &Value) -> Stored {
    Stored {
        status: 200,
        body: format!("{value:#}"),
    }
}

/// Takes a field from an object, or from each entry of a list.
fn remove(value: &mut Value, name: &str) {
    let removed = value.as_object_mut().and_then(|object| object.remove(name));
    if removed.is_none()
        && let Some(entries) = value["data"].as_array_mut()
    {
        let objects = entries.iter_mut().filter_map(Value::as_object_mut);
        objects.for_each(|entry| drop(entry.remove(name)));
    }
}
