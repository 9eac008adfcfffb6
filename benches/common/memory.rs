//! How much memory this process takes at most. Linux tells it; elsewhere nothing is measured.

use std::fs;

/// Begins anew: what was taken before is forgotten, but for what is held. Tells how many MiB that is.
pub fn begin() -> f64 {
    // "Reset the peak resident set size", proc(5).
    let _ = fs::write("/proc/self/clear_refs", "5");
    peak()
}

/// MiB since then, at most.
pub fn peak() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = peak.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
    kib.unwrap_or(0.0) / 1024.0
}
