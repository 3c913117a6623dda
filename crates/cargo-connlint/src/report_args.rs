//! Options for which findings a report has, and in which groups.

use clap::Args;

use crate::baseline::BaselineArgs;
use crate::change::ChangeArgs;
use crate::grouping::GroupArgs;

/// Which findings a report has, and in which groups.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    pub(crate) baseline: BaselineArgs,
    #[command(flatten)]
    pub(crate) change: ChangeArgs,
    #[command(flatten)]
    pub(crate) groups: GroupArgs,
}
