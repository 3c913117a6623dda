//! Written by `cargo xtask measure --write-docs`: of each lint the findings on fresh services that were true, and all.

/// Lint, true findings, all findings.
pub(super) const MEASURED: &[(&str, u32, u32)] = &[
    ("blocking-in-async", 91, 97),
    ("client-per-request", 63, 70),
    ("client-without-timeout", 42, 47),
    ("connection-in-loop", 31, 36),
    ("connection-per-request", 45, 61),
    ("held-across-await", 31, 34),
    ("nested-acquire", 12, 12),
    ("pool-per-request", 1, 2),
    ("pool-without-timeout", 3, 3),
    ("query-in-loop", 275, 286),
    ("shared-connection-mutex", 4, 4),
    ("transaction-not-committed", 2, 2),
];
