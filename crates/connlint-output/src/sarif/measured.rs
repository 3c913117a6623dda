//! Written by `cargo xtask measure --write-docs`: of each lint the findings on fresh services that were true, and all.

/// Lint, true findings, all findings.
pub(super) const MEASURED: &[(&str, u32, u32)] = &[
    ("blocking-in-async", 1026, 1081),
    ("client-per-request", 492, 561),
    ("client-without-timeout", 633, 674),
    ("connection-in-loop", 112, 149),
    ("connection-per-request", 129, 154),
    ("held-across-await", 181, 191),
    ("nested-acquire", 104, 129),
    ("pool-misconfigured", 0, 1),
    ("pool-per-request", 4, 5),
    ("pool-per-worker", 1, 1),
    ("pool-without-timeout", 31, 40),
    ("query-in-loop", 407, 427),
    ("reconnect-without-backoff", 2, 2),
    ("shared-connection-mutex", 15, 18),
    ("transaction-not-committed", 2, 31),
];
