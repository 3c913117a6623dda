//! Written by `cargo xtask measure --write-docs`: of each lint the findings on fresh services that were true, and all.

/// Lint, true findings, all findings.
pub(super) const MEASURED: &[(&str, u32, u32)] = &[
    ("blocking-in-async", 771, 824),
    ("client-per-request", 385, 448),
    ("client-without-timeout", 490, 529),
    ("connection-in-loop", 96, 129),
    ("connection-per-request", 111, 136),
    ("held-across-await", 126, 133),
    ("nested-acquire", 76, 96),
    ("pool-misconfigured", 0, 1),
    ("pool-per-request", 3, 4),
    ("pool-without-timeout", 21, 24),
    ("query-in-loop", 347, 366),
    ("reconnect-without-backoff", 2, 2),
    ("shared-connection-mutex", 11, 14),
    ("transaction-not-committed", 2, 27),
];
