//! Written by `cargo xtask measure --write-docs`: of each lint the findings on fresh services that were true, and all.

/// Lint, true findings, all findings.
pub(super) const MEASURED: &[(&str, u32, u32)] = &[
    ("blocking-in-async", 853, 906),
    ("client-per-request", 421, 489),
    ("client-without-timeout", 533, 572),
    ("connection-in-loop", 101, 136),
    ("connection-per-request", 114, 139),
    ("held-across-await", 139, 146),
    ("nested-acquire", 85, 107),
    ("pool-misconfigured", 0, 1),
    ("pool-per-request", 3, 4),
    ("pool-per-worker", 1, 1),
    ("pool-without-timeout", 22, 25),
    ("query-in-loop", 366, 385),
    ("reconnect-without-backoff", 2, 2),
    ("shared-connection-mutex", 11, 14),
    ("transaction-not-committed", 2, 31),
];
