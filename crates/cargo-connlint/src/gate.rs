//! What of a report makes the run fail.

use clap::{Args, ValueEnum};
use connlint_diagnostics::{Level, Report};

use crate::exit::Exit;

/// Conditions of the command line.
#[derive(Debug, Args)]
pub(crate) struct GateArgs {
    /// Exit with 1 for findings of at least this level
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t = FailOn::Warning)]
    fail_on: FailOn,
    /// Exit with 1 only for more findings than this
    #[arg(long, value_name = "N", default_value_t = 0)]
    max_findings: usize,
    /// Exit with 3 if code was not analysed, or if there is no entry point
    #[arg(long)]
    strict: bool,
    /// Exit with 0 even if there are findings, as `--fail-on never`
    #[arg(long, conflicts_with = "fail_on")]
    pub(crate) exit_zero: bool,
}

/// The level from which on findings make the run fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Never,
}

impl GateArgs {
    /// How the run ends, and why where no output says so.
    pub(crate) fn exit(&self, report: &Report) -> (Exit, Option<String>) {
        if report.stats.files == 0 {
            return (Exit::NothingAnalysed, Some("nothing to analyse: no Rust source file was found".to_owned()));
        }
        if self.counted(report) > self.max_findings {
            return (Exit::Findings, None);
        }
        let unread = report.notices.iter().filter(|notice| notice.kind.is_unread()).count();
        if self.strict && unread > 0 {
            let notices = if unread == 1 { "1 notice".to_owned() } else { format!("{unread} notices") };
            return (Exit::NothingAnalysed, Some(format!("not all was analysed: {notices}, and `--strict` is set")));
        }
        (Exit::Clean, None)
    }

    /// The findings that count.
    fn counted(&self, report: &Report) -> usize {
        match self.fail_on {
            FailOn::Never => 0,
            _ if self.exit_zero => 0,
            FailOn::Error => report.count(Level::Error),
            FailOn::Warning => report.findings.len(),
        }
    }
}
