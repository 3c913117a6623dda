//! Written by `cargo xtask measure --write-docs`: of each lint the findings on fresh services that were true, and all.

/// Lint, true findings, all findings.
pub(super) const MEASURED: &[(&str, u32, u32)] = &[
    ("blocking-in-async", 87, 93),
    ("client-per-request", 43, 50),
    ("client-without-timeout", 23, 28),
    ("connection-in-loop", 28, 32),
    ("connection-per-request", 43, 59),
    ("held-across-await", 31, 34),
    ("nested-acquire", 8, 8),
    ("pool-per-request", 1, 2),
    ("pool-without-timeout", 2, 2),
    ("query-in-loop", 60, 62),
    ("shared-connection-mutex", 3, 3),
    ("transaction-not-committed", 2, 2),
];
