//! Written by `cargo xtask measure --write-docs`: of each lint the findings on fresh services that were true, and all.

/// Lint, true findings, all findings.
pub(super) const MEASURED: &[(&str, u32, u32)] = &[
    ("blocking-in-async", 401, 443),
    ("client-per-request", 227, 273),
    ("client-without-timeout", 231, 265),
    ("connection-in-loop", 70, 93),
    ("connection-per-request", 82, 102),
    ("held-across-await", 68, 71),
    ("nested-acquire", 53, 69),
    ("pool-per-request", 3, 4),
    ("pool-without-timeout", 10, 10),
    ("query-in-loop", 275, 286),
    ("shared-connection-mutex", 7, 7),
    ("transaction-not-committed", 2, 3),
];
