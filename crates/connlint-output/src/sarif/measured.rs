//! Written by `cargo xtask measure --write-docs`: of each lint the findings on fresh services that were true, and all.

/// Lint, true findings, all findings.
pub(super) const MEASURED: &[(&str, u32, u32)] = &[
    ("blocking-in-async", 547, 589),
    ("client-per-request", 310, 359),
    ("client-without-timeout", 344, 379),
    ("connection-in-loop", 73, 99),
    ("connection-per-request", 104, 125),
    ("held-across-await", 88, 92),
    ("nested-acquire", 56, 72),
    ("pool-per-request", 3, 4),
    ("pool-without-timeout", 13, 13),
    ("query-in-loop", 293, 305),
    ("shared-connection-mutex", 10, 11),
    ("transaction-not-committed", 2, 5),
];
