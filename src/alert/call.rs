//! Telling by `POST` to `ALERT_URL`: at least once, from a leased row, past the mail.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use diesel::{
    dsl::sql,
    prelude::*,
    sql_types::{Array, BigInt, Bool, Double, Text, Timestamptz},
};
use serde_json::json;
use url::Url;
use uuid::Uuid;

use super::{
    kind::{Channel, Kind, Rank, State},
    words::Matter,
};
use crate::{
    app::App,
    db::{DbError, from_now},
    outside::CallError,
    random,
    schema::alert_messages,
};

/// Longer than a call takes: whoever has a message whose lease ran out has died with it.
const LEASE: Duration = Duration::from_secs(30);
/// More of one kind at once are one message: three hundred clicks with a broken key are no three hundred
/// posts.
const ONE_BY_ONE: usize = 5;
/// The first wait for a place that is away; doubles.
const FIRST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_secs(10 * 60);
/// A place that is away for so long is not told any more.
const GIVEN_UP_AFTER: chrono::Duration = chrono::Duration::hours(48);
/// A place that refuses a message so often will refuse it again.
const REFUSALS: i32 = 3;

/// What one call tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Which cause: our own ids and words.
    pub cause: String,
    /// Its beginning or its end.
    pub state: State,
    /// What it is, without the shop's name.
    pub what: String,
    /// What to do next; nothing when it is over.
    pub next: &'static str,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Where more is said.
    pub link: String,
}

impl Told {
    /// The body of the call, as chat programs understand it. Nobody is called by it, whatever it says.
    pub fn json(&self, shop: &str) -> String {
        let text = match self.state {
            State::Begins => format!("{shop}: {}. {}", self.what, self.next),
            State::Over => format!("{shop}: over: {}.", self.what),
        };
        json!({
            "text": text,
            "content": text,
            "cause": self.cause,
            "state": self.state,
            "what": self.what,
            "since": self.since.to_rfc3339_opts(SecondsFormat::Secs, true),
            "link": self.link,
            "allowed_mentions": { "parse": [] },
        })
        .to_string()
    }
}

/// Tells the next message; `true` if there may be more.
///
/// # Errors
/// The database's. A place that does not take a message is no error: it is told later.
pub async fn call_out(app: &App) -> Result<bool, DbError> {
    let Some(place) = app.alert_url.clone() else {
        return Ok(false);
    };
    let claim = random::row_id(app.clock.now());
    let claimed = app
        .db
        .transaction(move |connection| take(connection, claim))
        .await?;
    let Some(first) = claimed.first() else {
        return Ok(false);
    };
    let told = told(first, claimed.len(), &app.public_url);
    let answer = place.post(told.json(&app.shop.shop_name)).await;
    let (ids, now): (Vec<i64>, _) = (claimed.iter().map(|it| it.id).collect(), app.clock.now());
    match answer {
        Ok(()) => app
            .db
            .run(move |connection| end(connection, claim, &ids))
            .await
            .map(|()| true),
        Err(error) => {
            ::log::warn!("ALERT_URL does not take an alert: {error}");
            let later = app
                .db
                .transaction(move |connection| put_off(connection, claim, error, now));
            later.await.map(|()| false)
        }
    }
}

/// A message that is due.
#[derive(Debug, Clone, QueryableByName)]
struct Due {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    kind: Kind,
    #[diesel(sql_type = Text)]
    state: State,
    #[diesel(sql_type = Text)]
    key: String,
    #[diesel(sql_type = diesel::sql_types::Nullable<Text>)]
    detail: Option<String>,
    #[diesel(sql_type = BigInt)]
    count: i64,
    #[diesel(sql_type = Timestamptz)]
    since: DateTime<Utc>,
}

/// Claims the first message that is due, money first, with the others of its kind if they are many. An end
/// waits for its beginning, also while another replica has that in hand.
fn take(connection: &mut PgConnection, claim: Uuid) -> QueryResult<Vec<Due>> {
    let due: Vec<Due> = diesel::sql_query(format!(
        "SELECT id, kind, state, key, detail, count, since FROM alert_messages told \
         WHERE channel = '{url}' AND kind = ANY($1) AND not_before <= clock_timestamp() \
           AND (claimed_until IS NULL OR claimed_until < clock_timestamp()) \
           AND NOT EXISTS (SELECT FROM alert_messages earlier WHERE earlier.key = told.key \
                AND earlier.channel = told.channel AND earlier.id < told.id) \
         ORDER BY kind = ANY($2) DESC, id LIMIT 1000 FOR UPDATE SKIP LOCKED",
        url = Channel::Url
    ))
    .bind::<Array<Text>, _>(&Kind::ALL[..])
    .bind::<Array<Text>, _>(Kind::of_rank(Rank::Money))
    .load(connection)?;
    let taken = one_message(due);
    let ids: Vec<i64> = taken.iter().map(|told| told.id).collect();
    diesel::update(alert_messages::table.filter(alert_messages::id.eq_any(ids)))
        .set((
            alert_messages::claim_id.eq(claim),
            alert_messages::claimed_until.eq(from_now(LEASE).nullable()),
        ))
        .execute(connection)?;
    Ok(taken)
}

/// The first of them, or all that say the same as the first if they are many.
fn one_message(due: Vec<Due>) -> Vec<Due> {
    let Some(first) = due.first().map(|first| (first.kind, first.state)) else {
        return Vec::new();
    };
    let mut alike: Vec<Due> = due
        .into_iter()
        .filter(|told| (told.kind, told.state) == first)
        .collect();
    if alike.len() <= ONE_BY_ONE {
        alike.truncate(1);
    }
    alike
}

/// What is said of messages that were claimed together; `first` is the oldest.
fn told(first: &Due, messages: usize, public_url: &Url) -> Told {
    let is_one = messages == 1;
    let matter = Matter {
        kind: first.kind,
        count: if is_one {
            first.count
        } else {
            i64::try_from(messages).unwrap_or(i64::MAX)
        },
        detail: first.detail.clone(),
        reference: None,
        mailing: None,
    };
    Told {
        cause: if is_one {
            first.key.clone()
        } else {
            first.kind.name().to_owned()
        },
        state: first.state,
        what: matter.plain(),
        next: matter.next(),
        since: first.since,
        link: link(first, is_one, public_url),
    }
}

/// The place of the API that says more.
fn link(told: &Due, is_one: bool, public_url: &Url) -> String {
    let part = told
        .key
        .split_once(':')
        .map(|(_, part)| part)
        .filter(|_| is_one);
    let path = match (told.kind, part) {
        (Kind::Case | Kind::LostDispute, Some(case)) => format!("cases/{case}"),
        (Kind::Case | Kind::LostDispute, None) => "cases?state=open".to_owned(),
        (Kind::Debit | Kind::RefusedCheckout, Some(order)) => format!("orders/{order}"),
        (Kind::Debit | Kind::RefusedCheckout, None) => "orders?status=open".to_owned(),
        (Kind::UnknownMail, _) => "outbox?state=unknown".to_owned(),
        (Kind::FailedMail, _) => "outbox?state=failed".to_owned(),
        (Kind::StoppedMailing, Some(blast)) => format!("blasts/{blast}"),
        (Kind::StoppedMailing, None) => "blasts".to_owned(),
        (Kind::Bounces, _) => "outbox?state=bounced".to_owned(),
        (Kind::Pause | Kind::Stuck | Kind::NewerMail, _) => "outbox?state=queued".to_owned(),
        (Kind::FailedEvent, _) => "events?state=failed".to_owned(),
        (Kind::SilentWebhook, _) => "events".to_owned(),
        (Kind::DeadLinks, _) => "orders?stranded=true".to_owned(),
        (Kind::OverdueChore | Kind::Entry, _) => "orders".to_owned(),
    };
    format!(
        "{}/api/v1/{path}",
        public_url.as_str().trim_end_matches('/')
    )
}

/// They were told. Under our claim: whose lease ran out meanwhile is told again by another.
fn end(connection: &mut PgConnection, claim: Uuid, ids: &[i64]) -> QueryResult<()> {
    let ours = alert_messages::table
        .filter(alert_messages::id.eq_any(ids))
        .filter(alert_messages::claim_id.eq(claim));
    diesel::delete(ours).execute(connection).map(drop)
}

/// They are told later, and so is everything else: the place is asked once, not once a message. What it
/// refuses again and again, and what it did not take for two days, is dropped.
fn put_off(
    connection: &mut PgConnection,
    claim: Uuid,
    why: CallError,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let ours = alert_messages::table.filter(alert_messages::claim_id.eq(claim));
    let attempts: Option<i32> = diesel::update(ours)
        .set((
            alert_messages::attempts.eq(alert_messages::attempts + 1),
            alert_messages::claimed_until.eq(None::<DateTime<Utc>>),
        ))
        .returning(alert_messages::attempts)
        .get_results(connection)?
        .into_iter()
        .max();
    let attempts = attempts.unwrap_or(1);
    let wait = FIRST_WAIT
        .mul_f64(2_f64.powi(attempts.clamp(1, 20) - 1))
        .min(LONGEST_WAIT);
    diesel::sql_query(format!(
        "UPDATE alert_messages SET not_before = greatest(not_before, clock_timestamp() + make_interval(secs => $1)) \
         WHERE channel = '{}'",
        Channel::Url
    ))
    .bind::<Double, _>(wait.as_secs_f64())
    .execute(connection)?;
    let refused = sql::<Bool>(if why.is_for_good() { "true" } else { "false" });
    let hopeless = alert_messages::noted_at
        .lt(now - GIVEN_UP_AFTER)
        .or(refused.and(alert_messages::attempts.ge(REFUSALS)));
    let dropped = diesel::delete(ours.filter(hopeless)).execute(connection)?;
    if dropped > 0 {
        ::log::error!(
            "ALERT_URL did not take {dropped} alert(s), which are dropped: {why}. Check the address"
        );
    }
    Ok(())
}
