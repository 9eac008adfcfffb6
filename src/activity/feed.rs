//! The log as a feed, newest first: each list is read from an index, as far as a page goes.

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::{Category, Level, search};
use crate::{
    column::column_enum,
    schema::{activity, activity_dismissals, activity_open, orders},
};

column_enum! {
    /// A part of the feed.
    pub enum Tab {
        /// All of it.
        All = "all",
        /// What needs somebody, and nobody has dealt with.
        Attention = "attention",
        /// What is owed, and what came.
        Money = "money",
        /// What was written to whom.
        Mail = "mail",
        /// The machinery, switches and people.
        System = "system",
    }
}

impl Tab {
    /// The categories that are in it; none: all.
    pub fn categories(self) -> &'static [Category] {
        match self {
            Self::All | Self::Attention => &[],
            Self::Money => &[
                Category::Order,
                Category::Checkout,
                Category::Payment,
                Category::Case,
            ],
            Self::Mail => &[
                Category::Mail,
                Category::Reminder,
                Category::Blast,
                Category::Suppression,
            ],
            Self::System => &[
                Category::Webhook,
                Category::Settings,
                Category::People,
                Category::Retention,
            ],
        }
    }
}

/// What is looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of these categories; none: of all.
    pub categories: Vec<Category>,
    /// Of this weight.
    pub level: Option<Level>,
    /// About this order.
    pub order: Option<Uuid>,
    /// Needs somebody, and nobody has dealt with it.
    pub open: bool,
    /// With these words, or about an order with this in its reference, name or address.
    pub q: Option<String>,
    /// From before this moment.
    pub until: Option<DateTime<Utc>>,
    /// Before this line, where the page before ended.
    pub before: Option<i64>,
}

impl Filter {
    /// Whether a line belongs into it, but for its words.
    pub fn fits(&self, entry: &Entry) -> bool {
        let categories = &self.categories;
        let is_of_them = |name: &str| categories.iter().any(|category| category.name() == name);
        (categories.is_empty() || is_of_them(&entry.category))
            && self.level.is_none_or(|level| level == entry.level)
            && self.order.is_none_or(|order| Some(order) == entry.order_id)
            && (!self.open || entry.is_open())
    }

    /// What is in a tab.
    pub fn of(tab: Tab) -> Self {
        Self {
            categories: tab.categories().to_vec(),
            open: tab == Tab::Attention,
            ..Self::default()
        }
    }
}

/// A line as it is shown.
#[derive(Debug, Clone, Serialize, Queryable)]
pub struct Entry {
    /// Its number in the log.
    pub id: i64,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// What it is about: the name of a [`Category`], or of one that only a newer version knows.
    pub category: String,
    /// How much it matters.
    pub level: Level,
    /// Who did it.
    pub actor: String,
    /// A sentence for people.
    pub what: String,
    /// Figures for machines.
    pub detail: Value,
    /// The order it is about, if one.
    pub order_id: Option<Uuid>,
    /// Its reference.
    pub reference: Option<String>,
    /// Whose order it is: for pages alone.
    #[serde(skip)]
    pub name: Option<String>,
    /// Who has dealt with it.
    pub dismissed_by: Option<String>,
    /// When.
    pub dismissed_at: Option<DateTime<Utc>>,
}

impl Entry {
    /// Whether it needs somebody still.
    pub fn is_open(&self) -> bool {
        self.level == Level::Attention && self.dismissed_at.is_none()
    }
}

/// A page of the feed.
pub fn list(connection: &mut PgConnection, filter: &Filter, limit: i64) -> QueryResult<Vec<Entry>> {
    let ids = ids(connection, filter, limit)?;
    these(connection, &ids)
}

/// These lines, newest first.
pub fn these(connection: &mut PgConnection, ids: &[i64]) -> QueryResult<Vec<Entry>> {
    activity::table
        .left_join(orders::table)
        .left_join(activity_dismissals::table)
        .filter(activity::id.eq_any(ids))
        .order(activity::id.desc())
        .select((
            activity::id,
            activity::at,
            activity::category,
            activity::level,
            activity::actor,
            activity::what,
            activity::detail,
            activity::order_id,
            orders::reference.nullable(),
            orders::name.nullable(),
            activity_dismissals::actor.nullable(),
            activity_dismissals::at.nullable(),
        ))
        .load(connection)
}

/// Which of these lines the filter lets through, newest first.
pub fn among(connection: &mut PgConnection, filter: &Filter, ids: &[i64]) -> QueryResult<Vec<i64>> {
    let Some(lowest) = ids.iter().min() else {
        return Ok(Vec::new());
    };
    let found = within(connection, filter, (*lowest, i64::MAX), 10_000)?;
    Ok(found.into_iter().filter(|id| ids.contains(id)).collect())
}

fn ids(connection: &mut PgConnection, filter: &Filter, limit: i64) -> QueryResult<Vec<i64>> {
    let mut before = filter.before.unwrap_or(i64::MAX);
    if let Some(until) = filter.until {
        // Where to begin: numbers follow the time, but for a line that tells of an earlier one.
        let last: Option<i64> = activity::table
            .filter(activity::at.lt(until))
            .order((activity::at.desc(), activity::id.desc()))
            .select(activity::id)
            .first(connection)
            .optional()?;
        let Some(last) = last else {
            return Ok(Vec::new());
        };
        before = before.min(last + 1);
    }
    within(connection, filter, (i64::MIN, before), limit)
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// What a search is about.
#[derive(Default)]
struct Wanted {
    words: Option<String>,
    orders: Vec<Uuid>,
    /// The lines with these words, where they are few.
    few: Option<Vec<i64>>,
}

/// The numbers of lines from one number on and before another.
fn within(
    connection: &mut PgConnection,
    filter: &Filter,
    (from, before): (i64, i64),
    limit: i64,
) -> QueryResult<Vec<i64>> {
    let mut wanted = Wanted::default();
    if let Some(said) = &filter.q {
        wanted.words = search::words(said);
        wanted.orders = search::orders(connection, said)?;
    }
    // Of the newest lines alone, each is looked at.
    if let Some(words) = wanted.words.clone()
        && from == i64::MIN
    {
        // Where many lines have a word, the newest of them are a page; by its index all of them would be read.
        let newest = search::newest_lines(connection, before)?;
        let page = read(connection, filter, (newest, before), limit, &wanted)?;
        if i64::try_from(page.len()) == Ok(limit) {
            return Ok(page);
        }
        wanted.few = search::few_lines(connection, &words)?;
    }
    read(connection, filter, (from, before), limit, &wanted)
}

fn read(
    connection: &mut PgConnection,
    filter: &Filter,
    (from, before): (i64, i64),
    limit: i64,
    wanted: &Wanted,
) -> QueryResult<Vec<i64>> {
    let rows: Vec<Id> = diesel::sql_query(statement(filter, wanted.few.is_some()))
        .bind::<BigInt, _>(from)
        .bind::<BigInt, _>(before)
        .bind::<BigInt, _>(limit)
        .bind::<Array<Text>, _>(&filter.categories)
        .bind::<Nullable<SqlUuid>, _>(filter.order)
        .bind::<Nullable<Text>, _>(&wanted.words)
        .bind::<Array<SqlUuid>, _>(&wanted.orders)
        .bind::<Nullable<Timestamptz>, _>(filter.until)
        .bind::<Array<BigInt>, _>(wanted.few.as_deref().unwrap_or_default())
        .load(connection)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// A search has two ways to find a line, and a list of some categories one for each: each is read from its
/// own index, newest first, and no further than a page. Levels are literals, for their partial index.
fn statement(filter: &Filter, words_are_in_few: bool) -> String {
    let mut and = String::new();
    if let Some(level) = filter.level {
        and += &format!(" AND level = '{level}'");
    }
    if filter.order.is_some() {
        and += " AND order_id = $5";
    }
    if filter.until.is_some() {
        and += " AND at < $8";
    }
    // However much is dealt with, what is open is a short table of its own; behind the OFFSET PostgreSQL begins
    // with it.
    let lines = match filter.open {
        true => {
            "activity_open open CROSS JOIN LATERAL \
             (SELECT * FROM activity WHERE id = open.activity_id OFFSET 0) line"
        }
        false => "activity line",
    };
    let newest = |condition: &str| {
        format!(
            "(SELECT line.id FROM {lines} WHERE line.id >= $1 AND line.id < $2{and}{condition} \
             ORDER BY line.id DESC LIMIT $3)"
        )
    };
    // As a range of the index that begins with the category. Were the category said to be equal, PostgreSQL
    // might read the whole log from its end instead, in vain for one that has few lines.
    let newest_of = |category: &str| {
        format!(
            "(SELECT line.id FROM {lines} WHERE (line.category, line.id) >= ({category}, $1) \
             AND (line.category, line.id) < ({category}, $2){and} \
             ORDER BY line.category DESC, line.id DESC LIMIT $3)"
        )
    };
    // What is open, of a level or of an order is found by an index of its own.
    let is_by_category = filter.order.is_none() && filter.level.is_none() && !filter.open;
    // Every parameter has its type, also where it is not asked for.
    let typed = "WITH said AS (SELECT $4::text[], $5::uuid, $6::text, $7::uuid[], $8::timestamptz, $9::bigint[]) ";
    let of_categories = match filter.categories.len() {
        0 => "",
        // In the order of its index, which no list of categories has.
        1 => " AND line.category = ($4)[1]",
        _ => " AND line.category = ANY($4)",
    };
    let rows = if filter.q.is_some() {
        let word = match words_are_in_few {
            true => format!("{of_categories} AND line.id = ANY($9)"),
            false => format!(
                "{of_categories} AND to_tsvector('simple', what || ' ' || actor) @@ to_tsquery('simple', $6)"
            ),
        };
        let about = format!("{of_categories} AND order_id = ANY($7)");
        format!("{} UNION {}", newest(&word), newest(&about))
    } else if filter.categories.len() == 1 && is_by_category {
        newest_of("($4)[1]")
    } else if filter.categories.len() > 1 && filter.order.is_none() && !filter.open {
        let each = match is_by_category {
            true => newest_of("wanted.category"),
            false => newest(" AND line.category = wanted.category"),
        };
        format!(
            "SELECT line.id FROM unnest($4) AS wanted (category) CROSS JOIN LATERAL {each} line"
        )
    } else {
        newest(of_categories)
    };
    format!("{typed}SELECT id FROM ({rows}) found ORDER BY id DESC LIMIT $3")
}

/// More than anybody counts.
pub const MANY: i64 = 100;

/// How many lines need somebody; a hundred and more are a hundred.
pub fn open_count(connection: &mut PgConnection) -> QueryResult<i64> {
    let open: Vec<i64> = activity_open::table
        .limit(MANY)
        .select(activity_open::activity_id)
        .load(connection)?;
    Ok(i64::try_from(open.len()).unwrap_or(MANY))
}

/// The same as a badge shows it.
pub fn count_in_words(count: i64) -> String {
    if count >= MANY {
        "99+".to_owned()
    } else {
        count.to_string()
    }
}
