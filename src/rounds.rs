//! What clicks that arrive together ask the database is one statement, or one transaction, for all of them.
//!
//! After a mailing hundreds come in one second, each with another order. One by one most of the time would go
//! into round trips.

use diesel::{PgConnection, QueryResult};
use tokio::time::timeout;

use crate::{
    app::App,
    db::{Db, DbError, PATIENCE},
};

/// The answer to `question`, a type of its own for each thing that is asked. `answer_all` gives one for each
/// question, in their order, in a statement or a transaction that does no harm when repeated.
///
/// Where the database refuses the questions together, each is asked alone: a row that cannot be decoded is
/// the matter of its own click.
///
/// # Errors
/// The database's.
pub async fn ask<Q, A>(
    app: &App,
    question: Q,
    answer_all: fn(&mut PgConnection, &[Q]) -> QueryResult<Vec<A>>,
) -> Result<A, DbError>
where
    Q: Clone + Send + Sync + 'static,
    A: Send + 'static,
{
    let rounds = app.rounds.of::<Q, Result<A, DbError>>();
    let answer = rounds.ask(question, || {
        let db = app.db.clone();
        move |all| answered(db.clone(), all, answer_all)
    });
    // Whoever came while a round went on that the database does not answer waits for that one's end and then for
    // their own: in all no longer than for one.
    match timeout(PATIENCE, answer).await {
        Ok(Some(answered)) => answered,
        Ok(None) | Err(_) => Err(DbError::Late),
    }
}

async fn answered<Q, A>(
    db: Db,
    questions: Vec<Q>,
    answer_all: fn(&mut PgConnection, &[Q]) -> QueryResult<Vec<A>>,
) -> Vec<Result<A, DbError>>
where
    Q: Clone + Send + Sync + 'static,
    A: Send + 'static,
{
    let asked = questions.clone();
    match db
        .run(move |connection| answer_all(connection, &asked))
        .await
    {
        Ok(answers) => answers.into_iter().map(Ok).collect(),
        Err(error) if questions.len() == 1 => vec![Err(error)],
        Err(error) if error.is_away() => {
            error.log("clicks");
            questions.iter().map(|_| Err(DbError::Late)).collect()
        }
        Err(_) => {
            let mut answers = Vec::new();
            for question in questions {
                answers.extend(Box::pin(answered(db.clone(), vec![question], answer_all)).await);
            }
            answers
        }
    }
}
