//! Labels of a batch: services, and what a reader says of their lines.

use std::fs;
use std::path::Path;

use serde::Deserialize;

/// One line of a batch's file.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum Row {
    /// A service at a commit.
    Service(Service),
    /// A line that was judged before the first run.
    Label(Label),
    /// A true defect that a label counts already: right where it is reported, not counted where it is missed.
    Repeat(Label),
    /// A finding that no label covered, judged after the run that showed it.
    Finding(Label),
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Service {
    /// `owner/name`.
    pub(crate) repo: String,
    pub(crate) commit: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Label {
    pub(crate) repo: String,
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: u64,
    /// Absent for repeats, which are defects.
    #[serde(default)]
    pub(crate) verdict: Verdict,
    /// The lint that the defect belongs to; absent for harmless lines.
    #[serde(default)]
    pub(crate) lint: Option<String>,
    /// Other lines that name the same defect: the call in the holder, a second arm.
    #[serde(default)]
    pub(crate) also: Option<Vec<Place>>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Place {
    pub(crate) file: String,
    pub(crate) line: u64,
}

/// What a maintainer would say.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// To be acted on.
    #[default]
    #[serde(alias = "right")]
    Defect,
    /// True, and a good engineer may leave it.
    Disputable,
    /// Not what a finding would say.
    #[serde(alias = "wrong")]
    Fine,
}

impl Label {
    /// All lines that name it.
    pub(crate) fn places(&self) -> impl Iterator<Item = (&str, u64)> {
        let also = self.also.iter().flatten().map(|place| (place.file.as_str(), place.line));
        std::iter::once((self.file.as_str(), self.line)).chain(also)
    }
}

/// Reads a batch; an error names the line.
pub(crate) fn read(path: &Path) -> Result<Vec<Row>, Box<dyn std::error::Error>> {
    let text = fs::read_to_string(path)?;
    let rows = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    rows.map(|(number, line)| {
        serde_json::from_str(line).map_err(|error| format!("{}:{}: {error}", path.display(), number + 1).into())
    })
    .collect()
}
