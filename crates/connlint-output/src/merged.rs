//! Reports on many repositories in one document.
//!
//! JSON has a list of reports, SARIF a run for each repository: whatever a report holds, its notices too, stays as it is.
//! The order is that of names, so that it does not matter which machine reported what.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};

use connlint_diagnostics::Report;
use serde_json::{Value, json};

use crate::Format;
use crate::json_text::write_json;
use crate::names::{REPOSITORY, VERSION};

/// Version of the JSON document.
const FORMAT_VERSION: u32 = 1;
/// What the JSON document is, beside those of single reports.
const DOCUMENT: &str = "repositories";

/// Reports on many repositories.
#[derive(Debug)]
pub struct Merged {
    form: Form,
    /// The connlint that wrote the reports, once there is one.
    version: Option<String>,
    /// By name: of the repository in JSON, of the category in SARIF.
    reports: BTreeMap<String, Value>,
}

/// The form of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Json,
    Sarif,
}

/// Why documents are not merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MergeError {
    /// It is no document of connlint in JSON or SARIF.
    Foreign,
    /// JSON and SARIF.
    OtherForm,
    /// They are of different versions of connlint: the other ones, and this one.
    OtherVersion(String, String),
    /// Two of them report on this repository.
    Twice(String),
}

impl fmt::Display for MergeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign => f.write_str("it is neither a JSON nor a SARIF report of connlint"),
            Self::OtherForm => f.write_str("JSON and SARIF are merged into documents of their own"),
            Self::OtherVersion(others, this) => {
                write!(
                    f,
                    "it is of connlint {this}, and those before it of {others}: reports are merged of one version"
                )
            }
            Self::Twice(name) => write!(f, "there are two reports on `{name}`"),
        }
    }
}

impl std::error::Error for MergeError {}

impl Merged {
    /// No reports yet, in a format that is one of these.
    pub fn of_format(format: &Format<Report>) -> Option<Self> {
        match format.name {
            "json" => Some(Self::of_form(Form::Json)),
            "sarif" => Some(Self::of_form(Form::Sarif)),
            _ => None,
        }
    }

    fn of_form(form: Form) -> Self {
        Self { form, version: None, reports: BTreeMap::new() }
    }

    /// No reports yet, in the form of a document.
    ///
    /// # Errors
    ///
    /// Where it is no document of connlint.
    pub fn like(document: &[u8]) -> Result<Self, MergeError> {
        Ok(Self::of_form(form(&parse(document)?)?))
    }

    /// Takes in a document: a single report, which is named, or reports on many repositories.
    ///
    /// # Errors
    ///
    /// Where it does not fit those before it.
    pub fn add(&mut self, name: &str, document: &[u8]) -> Result<(), MergeError> {
        let mut document = parse(document)?;
        if form(&document)? != self.form {
            return Err(MergeError::OtherForm);
        }
        let list = match self.form {
            Form::Sarif => "runs",
            Form::Json if document["document"] == DOCUMENT => "repositories",
            Form::Json => {
                let entry = json!({ "repository": name, "report": document });
                return self.add_entry(name.to_owned(), entry);
            }
        };
        let Value::Array(entries) = document[list].take() else { return Err(MergeError::Foreign) };
        for entry in entries {
            let name = match self.form {
                Form::Json => &entry["repository"],
                Form::Sarif => &entry["automationDetails"]["id"],
            };
            let name = name.as_str().ok_or(MergeError::Foreign)?.to_owned();
            self.add_entry(name, entry)?;
        }
        Ok(())
    }

    fn add_entry(&mut self, name: String, entry: Value) -> Result<(), MergeError> {
        let version = match self.form {
            Form::Json if entry.get("error").is_some() => &entry["version"],
            Form::Json => &entry["report"]["tool"]["version"],
            Form::Sarif => &entry["tool"]["driver"]["semanticVersion"],
        };
        let version = version.as_str().ok_or(MergeError::Foreign)?;
        let others = self.version.get_or_insert_with(|| version.to_owned());
        if others != version {
            return Err(MergeError::OtherVersion(others.clone(), version.to_owned()));
        }
        match self.reports.insert(name.clone(), entry) {
            Some(_) => Err(MergeError::Twice(name)),
            None => Ok(()),
        }
    }

    /// Notes why there is no report on a repository, whose SARIF results have a category.
    ///
    /// # Errors
    ///
    /// Where there is one already.
    pub fn add_failure(&mut self, repository: &str, category: &str, why: &str) -> Result<(), MergeError> {
        let id = format!("{category}/");
        let driver = json!({ "name": "connlint", "semanticVersion": VERSION, "informationUri": REPOSITORY });
        let notification = json!({ "level": "error", "message": { "text": why } });
        match self.form {
            Form::Json => self.add_entry(
                repository.to_owned(),
                json!({ "repository": repository, "version": VERSION, "error": why }),
            ),
            Form::Sarif => self.add_entry(
                id.clone(),
                json!({
                    "tool": { "driver": driver },
                    "automationDetails": { "id": id },
                    "invocations": [{ "executionSuccessful": false, "toolExecutionNotifications": [notification] }],
                    "results": [],
                }),
            ),
        }
    }

    /// Writes one document.
    ///
    /// # Errors
    ///
    /// Where `to` cannot be written to.
    pub fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        let entries: Vec<&Value> = self.reports.values().collect();
        let document = match self.form {
            Form::Json => json!({
                "version": FORMAT_VERSION,
                "document": DOCUMENT,
                "tool": { "name": "connlint", "version": self.version.as_deref().unwrap_or(VERSION) },
                "repositories": entries,
            }),
            Form::Sarif => json!({ "$schema": crate::sarif::SCHEMA, "version": "2.1.0", "runs": entries }),
        };
        write_json(to, &document)
    }
}

fn parse(document: &[u8]) -> Result<Value, MergeError> {
    serde_json::from_slice(document).map_err(|_| MergeError::Foreign)
}

fn form(document: &Value) -> Result<Form, MergeError> {
    match (&document["tool"]["name"], &document["runs"]) {
        (Value::String(name), _) if name == "connlint" && document["version"] == FORMAT_VERSION => Ok(Form::Json),
        (_, Value::Array(runs)) if runs.iter().all(|run| run["tool"]["driver"]["name"] == "connlint") => {
            Ok(Form::Sarif)
        }
        _ => Err(MergeError::Foreign),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(version: &str, notice: &str) -> Vec<u8> {
        let document = json!({
            "version": 1, "tool": { "name": "connlint", "version": version }, "notices": [{ "message": notice }],
        });
        document.to_string().into_bytes()
    }

    fn log(version: &str, category: &str) -> Vec<u8> {
        let driver = json!({ "name": "connlint", "semanticVersion": version });
        let run = json!({ "tool": { "driver": driver }, "automationDetails": { "id": category } });
        json!({ "version": "2.1.0", "runs": [run] }).to_string().into_bytes()
    }

    fn merged(documents: &[(&str, Vec<u8>)]) -> Result<Vec<u8>, MergeError> {
        let mut merged = Merged::like(&documents[0].1)?;
        documents.iter().try_for_each(|(name, document)| merged.add(name, document))?;
        let mut bytes = Vec::new();
        merged.write(&mut bytes).unwrap();
        Ok(bytes)
    }

    #[test]
    fn all_reports_are_kept_whole_in_the_order_of_names() {
        let (a, b, c) = (("a", report("1", "of a")), ("b", report("1", "of b")), ("c", report("1", "of c")));
        let all = merged(&[a.clone(), b.clone(), c.clone()]).unwrap();
        assert_eq!(merged(&[c.clone(), a.clone(), b.clone()]).unwrap(), all);
        let some = ("shard", merged(&[c, a]).unwrap());
        assert_eq!(merged(&[some, b.clone()]).unwrap(), all);
        let all: Value = serde_json::from_slice(&all).unwrap();
        assert_eq!(all["repositories"][1]["report"], serde_json::from_slice::<Value>(&b.1).unwrap());
        let runs = merged(&[("x", log("1", "b/")), ("y", log("1", "a/"))]).unwrap();
        let runs: Value = serde_json::from_slice(&runs).unwrap();
        assert_eq!(
            (&runs["runs"][0]["automationDetails"]["id"], runs["runs"].as_array().unwrap().len()),
            (&json!("a/"), 2)
        );
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let (one, two) = (report("1", ""), report("2", ""));
        let other = MergeError::OtherVersion("1".to_owned(), "2".to_owned());
        assert_eq!(merged(&[("a", one.clone()), ("b", two)]), Err(other.clone()));
        assert_eq!(merged(&[("a", log("1", "a/")), ("b", log("2", "b/"))]), Err(other));
        assert_eq!(merged(&[("a", one.clone()), ("a", one.clone())]), Err(MergeError::Twice("a".to_owned())));
        assert_eq!(merged(&[("a", log("1", "x/")), ("b", log("1", "x/"))]), Err(MergeError::Twice("x/".to_owned())));
        assert_eq!(merged(&[("a", one.clone()), ("b", log("1", "x/"))]), Err(MergeError::OtherForm));
        for foreign in ["", "{}", "[]", r#"{"runs":[{}]}"#, r#"{"version":1,"tool":{"name":"other"}}"#] {
            assert_eq!(merged(&[("a", one.clone()), ("b", foreign.into())]), Err(MergeError::Foreign), "{foreign}");
        }
    }

    #[test]
    fn failures_are_reports_too() {
        for form in [Form::Json, Form::Sarif] {
            let mut first = Merged::of_form(form);
            first.add_failure("gone", "connlint/gone", "no such folder").unwrap();
            let mut bytes = Vec::new();
            first.write(&mut bytes).unwrap();
            assert!(String::from_utf8_lossy(&bytes).contains("no such folder"));
            let mut again = Merged::like(&bytes).unwrap();
            again.add("x", &bytes).unwrap();
            assert!(again.add_failure("gone", "connlint/gone", "again").is_err());
        }
    }
}
