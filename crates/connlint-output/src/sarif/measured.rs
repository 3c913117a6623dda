//! Written by `cargo xtask measure --write-docs`: of each lint the findings on fresh services that were true, and all.

/// Lint, true findings, all findings.
pub(super) const MEASURED: &[(&str, u32, u32)] = &[
    ("blocking-in-async", 448, 490),
    ("client-per-request", 231, 278),
    ("client-without-timeout", 246, 280),
    ("connection-in-loop", 70, 93),
    ("connection-per-request", 101, 121),
    ("held-across-await", 70, 73),
    ("nested-acquire", 54, 70),
    ("pool-per-request", 3, 4),
    ("pool-without-timeout", 10, 10),
    ("query-in-loop", 275, 286),
    ("shared-connection-mutex", 9, 10),
    ("transaction-not-committed", 2, 3),
];
