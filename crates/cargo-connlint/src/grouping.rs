//! Options for groups of findings and their figures.

use clap::Args;
use clap::builder::PossibleValue;
use connlint_diagnostics::{GroupBy, Grouping};

use crate::args::one_of;

/// How findings are shown in groups.
#[derive(Debug, Args)]
pub(crate) struct GroupArgs {
    /// Show findings in groups (`full`, `concise`, `json`), those with most errors first
    #[arg(long, value_name = "WHAT", value_parser = one_of(GroupBy::ALL, |by: GroupBy| PossibleValue::new(by.name())))]
    group_by: Option<GroupBy>,
    /// Show only how many findings each group has, by lint unless `--group-by` says otherwise
    #[arg(long)]
    statistics: bool,
}

impl GroupArgs {
    /// How to group, if at all.
    pub(crate) fn grouping(&self) -> Option<Grouping> {
        let by = self.group_by.or(self.statistics.then_some(GroupBy::Lint))?;
        Some(Grouping { by, figures_only: self.statistics })
    }
}
