//! What can be done about a case: pure.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Kind;
use crate::column::column_enum;

/// How a person resolves a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// A payment that does not fit is taken for what was owed; else, somebody has taken note.
    Accept,
    /// What is left of the payment goes back, through Stripe.
    Refund,
    /// The payment is counted for another order.
    Move,
    /// A payment without an order is counted for one.
    Adopt,
}

impl How {
    /// In the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Adopt, Self::Move, Self::Refund, Self::Accept];

    /// The word that is shown.
    pub fn name(self) -> &'static str {
        self.ending().name()
    }

    /// How a case that was resolved so has ended.
    pub fn ending(self) -> Ending {
        match self {
            Self::Accept => Ending::Accept,
            Self::Refund => Ending::Refund,
            Self::Move => Ending::Move,
            Self::Adopt => Ending::Adopt,
        }
    }

    /// Whether it takes an order to say where to.
    pub fn takes_an_order(self) -> bool {
        match self {
            Self::Move | Self::Adopt => true,
            Self::Accept | Self::Refund => false,
        }
    }
}

column_enum! {
    /// How a case ended: as a person wished, or by Stripe's word.
    pub enum Ending {
        /// [`How::Accept`]
        Accept = "accept",
        /// [`How::Refund`], also in Stripe's dashboard.
        Refund = "refund",
        /// [`How::Move`]
        Move = "move",
        /// [`How::Adopt`]
        Adopt = "adopt",
        /// The dispute was decided for the shop.
        Won = "won",
    }
}

impl Ending {
    /// The same in a sentence.
    fn sentence(self) -> &'static str {
        match self {
            Self::Accept => "it was accepted",
            Self::Refund => "it was refunded",
            Self::Move => "it was moved to another order",
            Self::Adopt => "it was adopted by an order",
            Self::Won => "the dispute was decided for the shop",
        }
    }
}

/// What a person asks for, with what it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// [`How::Accept`]
    Accept,
    /// [`How::Refund`]
    Refund,
    /// [`How::Move`], to this order.
    Move(Uuid),
    /// [`How::Adopt`], by this order.
    Adopt(Uuid),
}

impl Wish {
    /// The wish to do `how`; `None` if an order is missing or is one too many.
    pub fn new(how: How, order: Option<Uuid>) -> Option<Self> {
        match (how, order) {
            (How::Accept, None) => Some(Self::Accept),
            (How::Refund, None) => Some(Self::Refund),
            (How::Move, Some(order)) => Some(Self::Move(order)),
            (How::Adopt, Some(order)) => Some(Self::Adopt(order)),
            (How::Accept | How::Refund, Some(_)) | (How::Move | How::Adopt, None) => None,
        }
    }

    /// Its word.
    pub fn how(self) -> How {
        match self {
            Self::Accept => How::Accept,
            Self::Refund => How::Refund,
            Self::Move(_) => How::Move,
            Self::Adopt(_) => How::Adopt,
        }
    }

    fn order(self) -> Option<Uuid> {
        match self {
            Self::Accept | Self::Refund => None,
            Self::Move(order) | Self::Adopt(order) => Some(order),
        }
    }
}

/// How far a case is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has decided.
    Open,
    /// A refund was asked of Stripe; its answer is not written down yet.
    Refunding,
    /// Stripe has a refund under way: it is waited for.
    RefundUnderWay,
    /// Somebody has decided, here or at Stripe.
    Resolved {
        /// In what way.
        how: Ending,
        /// Which order the payment was moved to.
        moved_to: Option<Uuid>,
    },
}

/// All of a case that decides of what can be done.
#[derive(Debug, Clone)]
pub struct Matter {
    /// What does not add up.
    pub kind: Kind,
    /// How far it is.
    pub standing: Standing,
    /// Whether Stripe has a payment intent to refund.
    pub has_intent: bool,
    /// Whether the payment is counted for several orders.
    pub shared: bool,
}

/// What follows from a wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Follows {
    /// It can be done.
    Do,
    /// It was done already.
    IsDone,
    /// It cannot, and why.
    Refuse(String),
}

impl Matter {
    /// What can be done now.
    pub fn actions(&self) -> Vec<How> {
        if matches!(self.standing, Standing::Resolved { .. }) {
            return Vec::new();
        }
        let can = |how: &How| self.obstacle(*how).is_none();
        How::ALL.into_iter().filter(can).collect()
    }

    /// What follows from a wish.
    pub fn ask(&self, wish: Wish) -> Follows {
        let how = wish.how();
        if let Standing::Resolved {
            how: ending,
            moved_to,
        } = self.standing
        {
            return if ending == how.ending() && moved_to == wish.order() {
                Follows::IsDone
            } else {
                let sentence = ending.sentence();
                Follows::Refuse(format!(
                    "the case is resolved already: {sentence} ({ending})"
                ))
            };
        }
        match self.obstacle(how) {
            None => Follows::Do,
            Some(why) => Follows::Refuse(why.to_owned()),
        }
    }

    /// Why something cannot be done about a case that is not resolved.
    fn obstacle(&self, how: How) -> Option<&'static str> {
        use Kind::{Dispute, Mismatch, Orphan, Refund, SecondPayment};
        let kind_refuses = match (self.kind, how) {
            (_, How::Accept)
            | (Mismatch | SecondPayment, How::Refund | How::Move)
            | (Orphan, How::Refund | How::Adopt) => None,
            (Orphan, How::Move) => {
                Some("the payment belongs to no order yet; adopt says whose it is")
            }
            (Mismatch | SecondPayment, How::Adopt) => {
                Some("the payment is counted for an order already; move says whose it is")
            }
            (Dispute, How::Refund | How::Move | How::Adopt) => {
                Some("a dispute is answered in Stripe's dashboard; accept says that it was seen")
            }
            (Refund, How::Refund | How::Move | How::Adopt) => {
                Some("the refund was made already; accept says that somebody knows whose it is")
            }
        };
        let refund_cannot = match (how, self.has_intent, self.shared) {
            (How::Refund, false, _) => Some(
                "the payment has no payment intent, as a subscription's; refund it in Stripe's dashboard, then accept",
            ),
            (How::Refund, true, true) => Some(
                "the payment is for several orders; refund this part in Stripe's dashboard, then accept",
            ),
            (How::Refund, true, false) | (How::Accept | How::Move | How::Adopt, _, _) => None,
        };
        let under_way = match (&self.standing, how) {
            (Standing::Refunding, How::Accept | How::Move | How::Adopt) => Some(
                "a refund has been asked for, and Stripe's answer is not known; ask for the refund again, or wait for Stripe's webhook",
            ),
            (Standing::RefundUnderWay, _) => Some(
                "Stripe has the refund under way; wait until it has succeeded or failed: the case says which",
            ),
            (Standing::Refunding, How::Refund)
            | (Standing::Open | Standing::Resolved { .. }, _) => None,
        };
        kind_refuses.or(under_way).or(refund_cannot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(kind: Kind) -> Matter {
        Matter {
            kind,
            standing: Standing::Open,
            has_intent: true,
            shared: false,
        }
    }

    fn resolved(kind: Kind, how: How, moved_to: Option<Uuid>) -> Matter {
        let standing = Standing::Resolved {
            how: how.ending(),
            moved_to,
        };
        Matter {
            standing,
            ..open(kind)
        }
    }

    fn every_wish(order: Uuid) -> [Wish; 4] {
        [
            Wish::Adopt(order),
            Wish::Move(order),
            Wish::Refund,
            Wish::Accept,
        ]
    }

    #[test]
    fn the_whole_table_reads_like_this() {
        let mut table = String::new();
        for kind in Kind::ALL {
            for wish in every_wish(Uuid::nil()) {
                let asked = match open(kind).ask(wish) {
                    Follows::Do => "can be done".to_owned(),
                    Follows::IsDone => "is done".to_owned(),
                    Follows::Refuse(why) => format!("refused: {why}"),
                };
                let name = wish.how().name();
                table += &format!("{:<15} {name:<7} {asked}\n", kind.name());
            }
        }
        insta::assert_snapshot!(table);
    }

    #[test]
    fn while_a_refund_is_asked_for_nothing_else_can_be_done() {
        for kind in [Kind::Mismatch, Kind::SecondPayment, Kind::Orphan] {
            let matter = Matter {
                standing: Standing::Refunding,
                ..open(kind)
            };
            assert_eq!(matter.actions(), [How::Refund]);
            for wish in every_wish(Uuid::nil()) {
                let goes = matter.ask(wish) == Follows::Do;
                assert_eq!(goes, wish == Wish::Refund, "{kind:?} {wish:?}");
            }
        }
    }

    #[test]
    fn while_stripe_has_a_refund_under_way_nothing_can_be_done() {
        let matter = Matter {
            standing: Standing::RefundUnderWay,
            ..open(Kind::Mismatch)
        };
        assert!(matter.actions().is_empty());
        for wish in every_wish(Uuid::nil()) {
            assert!(matches!(matter.ask(wish), Follows::Refuse(_)), "{wish:?}");
        }
    }

    #[test]
    fn what_stripe_cannot_refund_for_us_is_not_offered_and_the_sentence_says_where() {
        for (has_intent, shared) in [(false, false), (true, true)] {
            let matter = Matter {
                has_intent,
                shared,
                ..open(Kind::Mismatch)
            };
            assert_eq!(matter.actions(), [How::Move, How::Accept]);
            let Follows::Refuse(why) = matter.ask(Wish::Refund) else {
                panic!("{matter:?} is refunded")
            };
            assert!(why.contains("Stripe's dashboard"), "{why}");
        }
    }

    #[test]
    fn what_is_resolved_is_done_in_that_way_and_refused_in_any_other() {
        let (here, there) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let moved = resolved(Kind::Mismatch, How::Move, Some(here));
        assert!(moved.actions().is_empty());
        assert_eq!(moved.ask(Wish::Move(here)), Follows::IsDone);
        for other in [Wish::Move(there), Wish::Accept, Wish::Refund] {
            let Follows::Refuse(why) = moved.ask(other) else {
                panic!("{other:?} is not refused")
            };
            assert!(why.contains("moved to another order"), "{why}");
        }
        let accepted = resolved(Kind::Dispute, How::Accept, None);
        assert_eq!(accepted.ask(Wish::Accept), Follows::IsDone);
    }
}
