//! Written by `cargo xtask measure --write-docs`: of each lint the findings on fresh services that were true, and all.

/// Lint, true findings, all findings.
pub(super) const MEASURED: &[(&str, u32, u32)] = &[
    ("blocking-in-async", 865, 919),
    ("client-per-request", 427, 495),
    ("client-without-timeout", 548, 587),
    ("connection-in-loop", 102, 139),
    ("connection-per-request", 119, 144),
    ("held-across-await", 140, 147),
    ("nested-acquire", 85, 107),
    ("pool-misconfigured", 0, 1),
    ("pool-per-request", 4, 5),
    ("pool-per-worker", 1, 1),
    ("pool-without-timeout", 24, 27),
    ("query-in-loop", 376, 396),
    ("reconnect-without-backoff", 2, 2),
    ("shared-connection-mutex", 11, 14),
    ("transaction-not-committed", 2, 31),
];
