//! Written by `cargo xtask measure --write-docs`: of each lint the findings on fresh services that were true, and all.

/// Lint, true findings, all findings.
pub(super) const MEASURED: &[(&str, u32, u32)] = &[
    ("blocking-in-async", 731, 784),
    ("client-per-request", 379, 437),
    ("client-without-timeout", 460, 499),
    ("connection-in-loop", 92, 120),
    ("connection-per-request", 108, 132),
    ("held-across-await", 124, 130),
    ("nested-acquire", 71, 91),
    ("pool-misconfigured", 0, 1),
    ("pool-per-request", 3, 4),
    ("pool-without-timeout", 19, 20),
    ("query-in-loop", 345, 364),
    ("reconnect-without-backoff", 2, 2),
    ("shared-connection-mutex", 11, 13),
    ("transaction-not-committed", 2, 27),
];
