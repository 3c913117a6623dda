//! Written by `cargo xtask measure --write-docs`: of each lint the findings on fresh services that were true, and all.

/// Lint, true findings, all findings.
pub(super) const MEASURED: &[(&str, u32, u32)] = &[
    ("blocking-in-async", 1471, 1535),
    ("client-per-request", 621, 705),
    ("client-without-timeout", 777, 825),
    ("connection-in-loop", 140, 187),
    ("connection-per-request", 162, 190),
    ("duplicate-pools", 1, 1),
    ("held-across-await", 256, 289),
    ("nested-acquire", 142, 170),
    ("pool-misconfigured", 1, 2),
    ("pool-per-request", 5, 7),
    ("pool-per-worker", 3, 3),
    ("pool-without-timeout", 45, 54),
    ("query-in-loop", 459, 480),
    ("reconnect-without-backoff", 5, 11),
    ("shared-connection-mutex", 20, 25),
    ("transaction-not-committed", 4, 33),
    ("unbounded-acquire", 3, 4),
];
