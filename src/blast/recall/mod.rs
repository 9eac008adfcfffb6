//! Recalling a mailing that should not have gone: nothing more of it is sent, whoever has it reads why, and the
//! right one can be sent to just those.
//!
//! State and queue come first, in one transaction ([`recall()`]); then, order by order, an open checkout is closed
//! and the link withdrawn ([`carry_out()`]), by whichever replica, however often one dies meanwhile.

mod begin;
mod carry_out;
mod progress;

pub(super) use self::{
    begin::may_have_it,
    carry_out::carry_out,
    progress::{of, to_go},
};
pub use self::{
    begin::{Correction, Recall, RecallDraft, recall},
    progress::Progress,
};
