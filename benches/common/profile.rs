//! Where this process's time goes while it is under load, by function (feature `profile`).

/// With the feature, samples the stacks of all threads until what it gives is dropped, and leaves them then beside
/// the benches' sections.
#[cfg(not(feature = "profile"))]
pub fn begin() -> impl Sized {}

#[cfg(feature = "profile")]
pub use self::sampled::begin;

#[cfg(feature = "profile")]
mod sampled {
    use std::{
        fmt::Write,
        fs,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use pprof::{Frames, ProfilerGuard, ProfilerGuardBuilder, Report};

    use crate::bench;

    /// Samples a second of processor time, of which the kernel takes a quarter; a prime, so that nothing regular
    /// is met each time.
    const FREQUENCY: i32 = 997;

    /// The loads of this process so far.
    static LOADS: AtomicUsize = AtomicUsize::new(0);

    pub struct Sampling(ProfilerGuard<'static>);

    pub fn begin() -> Sampling {
        // The kernel's own page of code has no tables by which a stack could be walked.
        let profiler = ProfilerGuardBuilder::default()
            .frequency(FREQUENCY)
            .blocklist(&["vdso"]);
        Sampling(profiler.build().expect("a profiler"))
    }

    impl Drop for Sampling {
        fn drop(&mut self) {
            let report = self.0.report().build().expect("a report");
            let left = bench::left();
            fs::create_dir_all(&left).expect("a folder");
            let load = LOADS.fetch_add(1, Ordering::Relaxed);
            let file = left.join(format!("load-{load}.folded"));
            fs::write(file, folded(&report)).expect("it is written");
        }
    }

    /// A line a stack, outermost function first, with its samples: what tools for flame graphs read.
    fn folded(report: &Report) -> String {
        let mut lines = String::new();
        for (stack, samples) in &report.data {
            let _ = writeln!(lines, "{} {samples}", line(stack));
        }
        lines
    }

    fn line(stack: &Frames) -> String {
        let functions = stack.frames.iter().rev().flatten();
        let functions = functions.map(|function| function.name().replace(';', ","));
        let mut all = vec![stack.thread_name.clone()];
        all.extend(functions);
        all.join(";")
    }
}
