//! Written by `cargo xtask measure --write-docs`: of each lint the findings on fresh services that were true, and all.

/// Lint, true findings, all findings.
pub(super) const MEASURED: &[(&str, u32, u32)] = &[
    ("blocking-in-async", 340, 351),
    ("client-per-request", 144, 153),
    ("client-without-timeout", 141, 146),
    ("connection-in-loop", 52, 69),
    ("connection-per-request", 65, 82),
    ("held-across-await", 46, 49),
    ("nested-acquire", 44, 60),
    ("pool-per-request", 3, 4),
    ("pool-without-timeout", 6, 6),
    ("query-in-loop", 275, 286),
    ("shared-connection-mutex", 4, 4),
    ("transaction-not-committed", 2, 3),
];
