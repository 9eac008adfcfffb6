//! Whom a new mailing is begun for: orders that were picked in their list, all that the list shows, those of an
//! import, or those of an earlier mailing who still owe.
//!
//! What a mailing's filter can say is said by it, so that it is asked anew when the mails are drawn. For the rest,
//! such as a search by name, the orders that fit now are named.

use actix_web::web::Query;
use diesel::PgConnection;
use serde::Deserialize;
use uuid::Uuid;

use super::typed::Typed;
use crate::{
    blast::{self, Blast},
    listing::{self, Only},
    news::List,
    order::{Kind, Status},
    people::Person,
    web::ops::{
        desk::Desk,
        orders::{Asked, picked},
        refusal::Refusal,
    },
};

/// Orders that are named at most: somebody is to read the list.
const MOST: usize = 1_000;
/// What stands there before somebody writes.
const TEXT: &str = "Hello {{ name }},\n\nthis is what is owed for {{ reference }}:\n\n{{ lines }}\n\nPay here: {{ pay_url }}\n\nThank you,\n{{ shop_name }}";

/// What links from other pages say.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Said {
    /// Those who were never mailed.
    never: String,
}

/// The form as it stands first.
pub async fn begun(person: &Person, desk: &Desk) -> Result<Typed, Refusal> {
    let ids = picked(&desk.request);
    if !ids.is_empty() {
        return these(person, desk, ids).await;
    }
    let query = desk.request.query_string();
    let said = Query::<Said>::from_query(query).map(Query::into_inner);
    let mut asked = Asked::of(person, desk)?;
    if said.is_ok_and(|said| !said.never.is_empty()) {
        asked.only = Some(Only::NeverMailed);
    }
    let Some(status) = status(asked.list) else {
        return Err(Refusal::not_now(person, NO_BILLS));
    };
    if is_a_filter(&asked) {
        return by_filter(person, desk, asked, status).await;
    }
    named(person, desk, asked).await
}

const NO_BILLS: &str = "Left carts are no bills: nobody is mailed about them.";

/// The status that a list holds; empty: any.
fn status(list: Option<List>) -> Option<&'static str> {
    match list {
        None => Some(""),
        Some(List::Standing(status)) => Some(status.name()),
        Some(List::Cart) => None,
    }
}

/// Whether a mailing's filter can say it.
fn is_a_filter(asked: &Asked) -> bool {
    asked.q.is_empty() && matches!(asked.only, None | Some(Only::NeverMailed))
}

async fn by_filter(
    person: &Person,
    desk: &Desk,
    asked: Asked,
    status: &str,
) -> Result<Typed, Refusal> {
    let typed = Typed {
        whom: "filter".to_owned(),
        status: status.to_owned(),
        never: if asked.only.is_some() { "yes" } else { "" }.to_owned(),
        import: asked.import.unwrap_or_default(),
        ..fresh()
    };
    Ok(match asked.blast {
        Some(id) => Typed {
            blast: id.to_string(),
            ..after(&earlier(person, desk, id).await?, typed)
        },
        None => typed,
    })
}

/// A follow-up to a mailing begins with its words.
fn after(earlier: &Blast, typed: Typed) -> Typed {
    Typed {
        name: blast::name_after(&earlier.name, "still owed"),
        subject: earlier.subject.clone(),
        body: earlier.body.clone(),
        ..typed
    }
}

async fn earlier(person: &Person, desk: &Desk, id: Uuid) -> Result<Blast, Refusal> {
    let found = desk.read(move |connection| blast::find(connection, id));
    found.await?.ok_or_else(|| Refusal::no_page(person))
}

/// Those that were picked.
async fn these(person: &Person, desk: &Desk, ids: Vec<Uuid>) -> Result<Typed, Refusal> {
    if ids.len() > MOST {
        return Err(Refusal::not_now(person, &too_many()));
    }
    let orders = desk.read(move |connection| listing::these(connection, &ids));
    let bills = orders.await?.into_iter();
    let bills = bills.filter(|order| order.kind == Kind::Billed);
    let mut references: Vec<String> = bills.map(|order| order.reference).collect();
    references.sort();
    with_references(person, references)
}

/// Those that a search finds now.
async fn named(person: &Person, desk: &Desk, asked: Asked) -> Result<Typed, Refusal> {
    let now = desk.app.clock.now();
    let read = move |connection: &mut PgConnection| {
        let filter = asked.search().filter(connection, now)?;
        listing::references(connection, &filter, MOST)
    };
    match desk.read(read).await? {
        Some(references) => with_references(person, references),
        None => Err(Refusal::not_now(person, &too_many())),
    }
}

fn with_references(person: &Person, references: Vec<String>) -> Result<Typed, Refusal> {
    if references.is_empty() {
        return Err(Refusal::not_now(person, "None of these is a bill."));
    }
    Ok(Typed {
        whom: "these".to_owned(),
        status: Status::Open.name().to_owned(),
        references: references.join("\n"),
        ..fresh()
    })
}

fn too_many() -> String {
    format!(
        "At most {MOST} orders are named one by one, and these are more, or took too long to find. Narrow them, or say in the new mailing which orders fit."
    )
}

fn fresh() -> Typed {
    Typed {
        first_wave: "10".to_owned(),
        body: TEXT.to_owned(),
        ..Typed::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_filter_can_say_is_no_list_of_names() {
        let is = |query: &str| is_a_filter(&Asked::read(query));
        for query in ["", "status=all", "only=never_mailed&import=a.csv"] {
            assert!(is(query), "{query}");
        }
        for query in ["q=miller", "only=came_back", "stranded=true"] {
            assert!(!is(query), "{query}");
        }
        assert_eq!(status(Asked::read("status=paid").list), Some("paid"));
        assert_eq!(status(Asked::read("status=all").list), Some(""));
        assert_eq!(status(Asked::read("status=cart").list), None);
    }
}
