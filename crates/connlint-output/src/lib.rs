//! Output formats of connlint: one file per format, all from the same
//! [`Report`](connlint_diagnostics::Report).
//!
//! Nothing here reads files, knows a lint by name or asks the environment: texts come from [`Sources`], and colour, width
//! and links from [`EmitOptions`].

mod agent;
mod azure;
mod budget_json;
mod budget_text;
mod capacity;
mod checkstyle;
mod concise;
mod config_json;
mod config_text;
mod draw;
mod finding;
mod fingerprint;
mod format;
mod formats;
mod full;
mod github;
mod github_review;
mod gitlab;
mod groups;
mod json;
mod json_change;
mod json_fix;
mod json_groups;
mod json_parts;
mod json_text;
mod junit;
mod map;
mod markdown;
mod markdown_text;
mod merged;
mod mistake;
mod names;
mod place;
mod prose;
mod rdjson;
mod remark;
mod rustc_json;
mod sarif;
mod sources;
mod stored;
mod stored_parts;
mod suggestion;
mod summary;
mod view_json;
mod view_text;
mod views;
mod visible;
mod wording;
mod xml;

pub use capacity::{
    AmountView, CAPACITY_FORMATS, CapacityView, LimitView, OpenerView, PoolLoadView, PoolView, ProgramView,
    RouteLoadView, ServerView, TrafficView,
};
pub use format::Format;
pub use formats::{DEFAULT_FORMAT, FORMATS, VIEW_FORMATS};
pub use json::{JsonLint, json_lint};
pub use json_parts::{TOOL, Tool};
pub use json_text::write_json;
pub use map::{MAP_FORMATS, MapCall, MapEntry, MapFinding, MapHold, MapPool, MapReached, MapSite, MapView, MapWait};
pub use merged::{MergeError, Merged};
pub use mistake::{Mistake, draw_mistake};
pub use names::{lint_url, notice_kind_name, notice_kind_summary};
pub use prose::{narrowed, wrapped_markdown};
pub use sources::Sources;
pub use stored::{StoredReport, Vocabulary};
pub use summary::counted;
pub use views::*;
pub use visible::visible;

/// How to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmitOptions {
    /// Whether to write ANSI colours.
    pub color: bool,
    /// Whether to write OSC 8 hyperlinks (with colour only).
    pub links: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// `-1` findings only; `0` usual; `1` with all notices and figures; `2` with suppressed findings and counts of the work
    /// done too.
    pub verbosity: i8,
    /// Where the analysed root lies within its repository, as `services/api`; empty if it is the repository's root. Paths
    /// begin with it in formats that are read together with the repository.
    pub root_in_repository: String,
    /// The absolute path of the analysed root, with `/` between its parts, for formats whose paths are absolute; empty
    /// makes them relative to it.
    pub root: String,
    /// Whether a check that ran before, and whose messages precede these, failed.
    pub failed_before: bool,
    /// The category under which SARIF results are filed, without a trailing `/`.
    pub category: String,
    /// Where the code comes from, if it is known.
    pub provenance: Option<Provenance>,
    /// The pipeline of Azure that runs connlint, if one does.
    pub azure_pipeline: Option<AzurePipeline>,
}

/// Where code comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// The address of the repository, without secrets.
    pub repository: String,
    /// The commit that is checked out.
    pub revision: Option<String>,
    /// The branch that is checked out.
    pub branch: Option<String>,
}

/// A pipeline of Azure, as GitHub Advanced Security for Azure DevOps wants to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AzurePipeline {
    /// `System.DefinitionId`.
    pub definition_id: String,
    /// `Build.DefinitionName`.
    pub definition_name: String,
    /// `System.PhaseId`.
    pub phase_id: String,
    /// `System.PhaseName`.
    pub phase_name: String,
}

impl EmitOptions {
    /// The path of an analysed file from the root of its repository.
    pub(crate) fn in_repository(&self, file: &connlint_facts::RelPath) -> String {
        let prefix = self.root_in_repository.trim_matches('/');
        let separator = if prefix.is_empty() { "" } else { "/" };
        format!("{prefix}{separator}{file}")
    }
}

impl Default for EmitOptions {
    fn default() -> Self {
        Self {
            color: false,
            links: false,
            width: 100,
            verbosity: 0,
            root_in_repository: String::new(),
            root: String::new(),
            failed_before: false,
            category: "connlint".to_owned(),
            provenance: None,
            azure_pipeline: None,
        }
    }
}
