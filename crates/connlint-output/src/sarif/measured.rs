//! Written by `cargo xtask measure --write-docs`: of each lint the findings on fresh services that were true, and all.

/// Lint, true findings, all findings.
pub(super) const MEASURED: &[(&str, u32, u32)] = &[
    ("blocking-in-async", 1639, 1715),
    ("client-per-request", 683, 776),
    ("client-without-timeout", 883, 936),
    ("connection-in-loop", 146, 209),
    ("connection-per-request", 172, 202),
    ("duplicate-pools", 1, 1),
    ("held-across-await", 281, 316),
    ("nested-acquire", 159, 187),
    ("pool-misconfigured", 1, 2),
    ("pool-per-request", 6, 8),
    ("pool-per-worker", 6, 6),
    ("pool-without-timeout", 51, 60),
    ("query-in-loop", 499, 522),
    ("reconnect-without-backoff", 5, 11),
    ("shared-connection-mutex", 24, 30),
    ("transaction-not-committed", 6, 35),
    ("unbounded-acquire", 9, 10),
];
