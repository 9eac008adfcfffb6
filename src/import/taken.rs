//! What became of an order of a file: pure.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    compare::{Compared, Left, Why},
    difference::Difference,
};
use crate::order::{Order, change::Change, money::grouped};

/// What became of an order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It is new.
    New(Brought),
    /// It stands, and the file brought more of what an older system did.
    Updated(Brought),
    /// It stood with other content, and was changed.
    Changed(Box<Differs>, Brought),
    /// It stands as the file says.
    Unchanged,
    /// It says something else, and stays as it is.
    LeftAlone(Left, Box<Differs>),
    /// It cannot be taken, and why; nothing was written.
    Refused(Why),
}

/// An order, and in what the file differs from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differs {
    /// The order.
    pub order: Uuid,
    /// Their name as it stands, or the reference.
    pub who: String,
    /// In what, as it stood before.
    pub differences: Vec<Difference>,
}

/// What of an older system is new here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Brought {
    /// The order is paid.
    pub paid: bool,
    /// So many of its sessions are known.
    pub sessions: usize,
}

/// How many orders of a file came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// New ones.
    pub created: usize,
    /// Of which more was told that an older system did.
    pub updated: usize,
    /// Changed ones.
    pub changed: usize,
    /// Those that stand as the file says.
    pub unchanged: usize,
    /// Those that stay though the file says something else.
    pub left_alone: usize,
    /// Those that cannot be taken.
    pub refused: usize,
}

impl Differs {
    fn of(order: &Order, differences: Vec<Difference>) -> Box<Self> {
        Box::new(Self {
            order: order.id,
            who: order.name.as_ref().unwrap_or(&order.reference).clone(),
            differences,
        })
    }
}

impl Taken {
    /// What becomes of a file's order beside this one; and how this one is to be changed before that is so.
    pub(super) fn beside(order: &Order, compared: Compared) -> (Self, Option<Change>) {
        match compared {
            Compared::Unchanged => (Self::Unchanged, None),
            Compared::Changed(change, differences) => {
                let differs = Differs::of(order, differences);
                (Self::Changed(differs, Brought::default()), Some(change))
            }
            Compared::LeftAlone(left, differences) => {
                (Self::LeftAlone(left, Differs::of(order, differences)), None)
            }
            Compared::Refused(why) => (Self::Refused(why), None),
        }
    }

    /// What of an older system it brought.
    pub fn brought(&self) -> Brought {
        match self {
            Self::New(brought) | Self::Updated(brought) | Self::Changed(_, brought) => *brought,
            Self::Unchanged | Self::LeftAlone(..) | Self::Refused(_) => Brought::default(),
        }
    }
}

impl Counts {
    /// Counts them.
    pub fn of(taken: &[Taken]) -> Self {
        let mut counts = Self::default();
        for taken in taken {
            *match taken {
                Taken::New(_) => &mut counts.created,
                Taken::Updated(_) => &mut counts.updated,
                Taken::Changed(..) => &mut counts.changed,
                Taken::Unchanged => &mut counts.unchanged,
                Taken::LeftAlone(..) => &mut counts.left_alone,
                Taken::Refused(_) => &mut counts.refused,
            } += 1;
        }
        counts
    }

    /// What was written for them: `12 orders are new, 3 were changed`
    pub fn in_words(&self) -> String {
        let counted = |count: usize| grouped(&count.to_string(), ',');
        let new = match self.created {
            1 => "1 order is new".to_owned(),
            count => format!("{} orders are new", counted(count)),
        };
        let changed = match self.changed {
            0 => String::new(),
            1 => ", 1 was changed".to_owned(),
            count => format!(", {} were changed", counted(count)),
        };
        format!("{new}{changed}")
    }

    /// Whether anything is written for them.
    pub fn writes(&self) -> bool {
        self.created + self.updated + self.changed > 0
    }
}
