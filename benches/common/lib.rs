//! What the benches share: a world to measure, load from another process, and one form for figures.
//!
//! Each bench is a program of its own, which starts all that it needs, takes less than two minutes and
//! asserts no time. It prints its [`line::Line`]s beside those of the last run in `docs/performance.md`,
//! and leaves them in `target/bench` for the program `summary`.

pub mod bare;
pub mod bench;
pub mod browser;
mod builtin;
pub mod compare;
pub mod counts;
pub mod document;
pub mod fill;
pub mod given;
pub mod grown;
pub mod line;
pub mod load;
pub mod memory;
pub mod profile;
pub mod reads;
pub mod statements;
pub mod world;

pub use self::{bench::Bench, line::Line};
