//! Written by `cargo xtask measure --write-docs`: of each lint the findings on fresh services that were true, and all.

/// Lint, true findings, all findings.
pub(super) const MEASURED: &[(&str, u32, u32)] = &[
    ("blocking-in-async", 65, 69),
    ("client-per-request", 32, 38),
    ("connection-in-loop", 24, 26),
    ("connection-per-request", 29, 42),
    ("held-across-await", 25, 28),
    ("nested-acquire", 3, 3),
    ("pool-per-request", 0, 1),
    ("shared-connection-mutex", 1, 1),
];
