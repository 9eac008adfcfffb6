//! Questions that arrive together are answered together: one statement, or one commit, for all of them.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

/// Questions that are answered at once.
const BATCH: usize = 256;
/// A round ends without an answer only where the thread that it ran on ends: the next one is another's.
const TRIES: usize = 2;

/// Gathers questions while earlier ones are being answered. Cheap to clone.
pub struct Together<Q, A>(Arc<Mutex<Gathered<Q, A>>>);

/// A [`Together`] for each kind of question, told by the types of question and answer: those are known where
/// it is asked, and nowhere else. Cheap to clone.
#[derive(Clone, Default)]
pub struct Rounds(Arc<Mutex<HashMap<TypeId, Box<dyn Any + Send>>>>);

impl Rounds {
    /// Where questions of this kind are gathered.
    pub fn of<Q: Clone + Send + 'static, A: Send + 'static>(&self) -> Together<Q, A> {
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kind = kinds
            .entry(TypeId::of::<(Q, A)>())
            .or_insert_with(|| Box::new(Together::<Q, A>::default()));
        // It is of the type that it was put in under.
        let kind = kind.downcast_ref::<Together<Q, A>>();
        kind.cloned().unwrap_or_default()
    }
}

struct Gathered<Q, A> {
    waiting: Vec<(Q, oneshot::Sender<A>)>,
    /// Somebody answers: whoever comes has only to wait.
    answering: bool,
}

impl<Q: Clone + Send + 'static, A: Send + 'static> Together<Q, A> {
    /// The answer to `question`. What `round` makes gives an answer for each question, in their order; it began
    /// after the question was asked, so that what it reads is not older. It is made by whoever begins the
    /// answering: the others pay for nothing but their question.
    ///
    /// `None`: no answer came.
    pub async fn ask<R, F>(&self, question: Q, round: impl Fn() -> R) -> Option<A>
    where
        R: Fn(Vec<Q>) -> F + Send + 'static,
        F: Future<Output = Vec<A>> + Send + 'static,
    {
        for _ in 0..TRIES {
            let (sender, answer) = oneshot::channel();
            let is_first = self.gathered().add(question.clone(), sender);
            if is_first {
                // In a task of its own: it answers others' questions too, and whoever asked may go.
                tokio::spawn(Round(self.clone()).answer(round()));
            }
            if let Ok(answer) = answer.await {
                return Some(answer);
            }
        }
        None
    }

    fn gathered(&self) -> MutexGuard<'_, Gathered<Q, A>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Q, A> Gathered<Q, A> {
    /// Whether nobody answers yet, so that the caller has to see to it.
    fn add(&mut self, question: Q, sender: oneshot::Sender<A>) -> bool {
        self.waiting.push((question, sender));
        !std::mem::replace(&mut self.answering, true)
    }

    fn next(&mut self) -> Option<(Vec<Q>, Vec<oneshot::Sender<A>>)> {
        let some = self.waiting.len().min(BATCH);
        self.answering = some > 0;
        self.answering.then(|| self.waiting.drain(..some).unzip())
    }
}

/// Answers until nobody asks.
struct Round<Q: Clone + Send + 'static, A: Send + 'static>(Together<Q, A>);

impl<Q: Clone + Send + 'static, A: Send + 'static> Round<Q, A> {
    async fn answer<F: Future<Output = Vec<A>>>(self, answer_all: impl Fn(Vec<Q>) -> F) {
        let next = || self.0.gathered().next();
        while let Some((questions, senders)) = next() {
            for (answer, sender) in answer_all(questions).await.into_iter().zip(senders) {
                // A caller that has gone needs no answer.
                let _ = sender.send(answer);
            }
        }
    }
}

impl<Q: Clone + Send + 'static, A: Send + 'static> Drop for Round<Q, A> {
    /// Also where its thread ends, or a panic ends it: those who wait ask again, and the first of them
    /// begins the next round.
    fn drop(&mut self) {
        let mut gathered = self.0.gathered();
        if gathered.answering {
            gathered.answering = false;
            gathered.waiting.clear();
        }
    }
}

impl<Q, A> Clone for Together<Q, A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<Q, A> Default for Together<Q, A> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Gathered {
            waiting: Vec::new(),
            answering: false,
        })))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::join_all;
    use tokio::sync::Semaphore;

    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime")
    }

    #[test]
    fn those_who_come_while_one_is_answered_are_answered_in_one_round() {
        let together = Together::<usize, usize>::default();
        let rounds = Arc::new(AtomicUsize::new(0));
        let gate = Arc::new(Semaphore::new(0));
        let answer_all = {
            let (rounds, gate) = (Arc::clone(&rounds), Arc::clone(&gate));
            move |questions: Vec<usize>| {
                let (rounds, gate) = (Arc::clone(&rounds), Arc::clone(&gate));
                async move {
                    rounds.fetch_add(1, Ordering::Relaxed);
                    let _turn = gate.acquire().await;
                    questions.into_iter().map(|question| question * 2).collect()
                }
            }
        };
        let answers = runtime().block_on(async {
            let first = tokio::spawn({
                let (together, answer_all) = (together.clone(), answer_all.clone());
                async move { together.ask(0, || answer_all.clone()).await }
            });
            while rounds.load(Ordering::Relaxed) == 0 {
                tokio::task::yield_now().await;
            }
            let others = (1..100).map(|one| together.ask(one, || answer_all.clone()));
            let (others, ()) = tokio::join!(join_all(others), async { gate.add_permits(1) });
            assert_eq!(first.await.expect("no panic"), Some(0));
            others
        });
        assert_eq!(
            answers,
            (1..100).map(|one| Some(one * 2)).collect::<Vec<_>>()
        );
        assert_eq!(rounds.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn each_kind_of_question_is_gathered_at_one_place() {
        let rounds = Rounds::default();
        let same = |one: &Together<u8, u8>, other: &Together<u8, u8>| Arc::ptr_eq(&one.0, &other.0);
        let (one, again) = (rounds.of::<u8, u8>(), rounds.clone().of::<u8, u8>());
        assert!(same(&one, &again));
        let other = rounds.of::<u8, u16>();
        assert!(other.gathered().waiting.is_empty());
        assert!(!same(&one, &Together::default()));
    }

    #[test]
    fn a_round_that_ends_without_an_answer_is_followed_by_another() {
        let together = Together::<usize, usize>::default();
        let rounds = Arc::new(AtomicUsize::new(0));
        let answer_all = move |questions: Vec<usize>| {
            let is_first = rounds.fetch_add(1, Ordering::Relaxed) == 0;
            async move {
                assert!(!is_first, "the first round fails");
                questions
            }
        };
        let answer = runtime().block_on(together.ask(7, || answer_all.clone()));
        assert_eq!(answer, Some(7));
    }

    #[test]
    fn where_no_round_answers_nobody_waits_for_ever() {
        let together = Together::<usize, usize>::default();
        let asked = together.ask(7, || |_: Vec<usize>| async { panic!("no round answers") });
        assert_eq!(runtime().block_on(asked), None);
    }
}
