//! Where the findings are written, and in which formats.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser};
use connlint_diagnostics::Report;
use connlint_output::{DEFAULT_FORMAT, FORMATS, Format};

use crate::args::{format_value, one_of};
use crate::exit::Failure;

/// Formats and files of the command line.
#[derive(Debug, Args)]
pub(crate) struct OutputArgs {
    /// Output format [default: full]
    #[arg(long, visible_alias = "format", value_name = "FORMAT", value_parser = one_of(FORMATS, format_value))]
    output_format: Option<&'static Format<Report>>,
    /// Output format by the names of cargo: `human` is `full`, `short` is `concise`, `json` is `cargo`
    #[arg(long, value_name = "FORMAT", conflicts_with = "output_format", value_parser = message_format)]
    message_format: Option<&'static Format<Report>>,
    /// Write to a file instead of standard output, which is `-`; `FORMAT:FILE` writes a format of its own (may be
    /// repeated)
    #[arg(short, long, value_name = "[FORMAT:]FILE", value_parser = OsStringValueParser::new().try_map(parse))]
    output: Vec<Output>,
}

/// One value of `--output`.
#[derive(Clone, Debug)]
struct Output {
    format: Option<&'static Format<Report>>,
    to: Target,
}

/// Where an output goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    /// Standard output.
    Stdout,
    /// A file.
    File(PathBuf),
}

impl OutputArgs {
    /// All outputs. `--output-format` is for the files without a format of their own; if there is none, for standard
    /// output.
    pub(crate) fn all(&self) -> Result<Vec<(&'static Format<Report>, Target)>, Failure> {
        let asked = self.output_format.or(self.message_format);
        let format = asked.unwrap_or(DEFAULT_FORMAT);
        let mut all: Vec<_> = self.output.iter().map(|out| (out.format.unwrap_or(format), out.to.clone())).collect();
        let is_used = self.output.iter().any(|out| out.format.is_none());
        if all.is_empty() || (asked.is_some() && !is_used) {
            all.push((format, Target::Stdout));
        }
        let mut seen = BTreeSet::new();
        match all.iter().find(|(_, to)| !seen.insert(to)) {
            Some((_, Target::Stdout)) => Err(Failure::new("two outputs go to standard output")),
            Some((_, Target::File(path))) => Err(Failure::new(format!("two outputs go to `{}`", path.display()))),
            None => Ok(all),
        }
    }
}

/// The format that cargo's names mean; it takes several, separated by commas, of which one is about JSON.
fn message_format(value: &str) -> Result<&'static Format<Report>, String> {
    let mut found = None;
    for part in value.split(',') {
        found = Some(match part {
            "human" => "full",
            "short" => "concise",
            "json" | "json-diagnostic-short" | "json-diagnostic-rendered-ansi" | "json-render-diagnostics" => "cargo",
            _ => return Err(format!("`{part}` is none of human, short, json")),
        });
    }
    let named = |name: &str| FORMATS.iter().copied().find(|format| format.name == name);
    found.and_then(named).ok_or_else(|| "no format".to_owned())
}

/// Reads `FORMAT:FILE` or `FILE`.
fn parse(value: OsString) -> Result<Output, String> {
    let Some((name, file)) = value.to_str().and_then(|text| text.split_once(':')) else {
        return Ok(Output { format: None, to: target(value) });
    };
    if let Some(format) = FORMATS.iter().copied().find(|format| format.name == name) {
        if file.is_empty() {
            return Err(format!("no file after `{name}:`; standard output is `{name}:-`"));
        }
        return Ok(Output { format: Some(format), to: target(file.into()) });
    }
    // A drive's name is one letter, and other paths with a colon have a separator or a dot before it.
    if name.len() > 1 && name.chars().all(|c| c.is_ascii_lowercase() || c == '-') {
        return Err(format!("there is no format `{name}`; a file of this name is `./{name}:{file}`"));
    }
    Ok(Output { format: None, to: target(value) })
}

/// Reads `FILE` or `-`.
pub(crate) fn target(file: OsString) -> Target {
    if file == "-" { Target::Stdout } else { Target::File(file.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(format: Option<&str>, outputs: &[&str]) -> Result<Vec<(&'static str, Target)>, String> {
        let output_format = format.and_then(|name| FORMATS.iter().copied().find(|format| format.name == name));
        let output = outputs.iter().map(|text| parse(text.into())).collect::<Result<_, _>>()?;
        let all =
            OutputArgs { output_format, message_format: None, output }.all().map_err(|failure| failure.to_string())?;
        Ok(all.into_iter().map(|(format, to)| (format.name, to)).collect())
    }

    fn file(path: &str) -> Target {
        Target::File(path.into())
    }

    #[test]
    fn format_without_a_file_is_for_standard_output() {
        assert_eq!(all(None, &[]).unwrap(), [("full", Target::Stdout)]);
        assert_eq!(all(Some("json"), &[]).unwrap(), [("json", Target::Stdout)]);
        assert_eq!(all(Some("json"), &["x.json"]).unwrap(), [("json", file("x.json"))]);
        assert_eq!(all(Some("json"), &["-"]).unwrap(), [("json", Target::Stdout)]);
        let both = [("sarif", file("x.sarif")), ("concise", Target::Stdout)];
        assert_eq!(all(Some("concise"), &["sarif:x.sarif"]).unwrap(), both);
    }

    #[test]
    fn outputs_have_formats_of_their_own() {
        let two = [("sarif", file("a:b")), ("github", Target::Stdout)];
        assert_eq!(all(None, &["sarif:a:b", "github:-"]).unwrap(), two);
        assert_eq!(all(None, &["C:\\x", "./json:x"]).unwrap(), [("full", file("C:\\x")), ("full", file("./json:x"))]);
    }

    #[test]
    fn formats_have_the_names_of_cargo_too() {
        let name = |value: &str| message_format(value).map(|format| format.name);
        assert_eq!(name("json"), Ok("cargo"));
        assert_eq!(name("json-diagnostic-rendered-ansi,json-render-diagnostics"), Ok("cargo"));
        assert_eq!((name("short"), name("human")), (Ok("concise"), Ok("full")));
        assert!(name("sarif").is_err());
    }

    #[test]
    fn mistakes_are_named() {
        assert!(all(None, &["srif:x"]).unwrap_err().contains("no format `srif`"));
        assert!(all(None, &["sarif:"]).unwrap_err().contains("no file"));
        assert!(all(None, &["sarif:-", "json:-"]).unwrap_err().contains("standard output"));
        assert!(all(None, &["sarif:x", "json:x"]).unwrap_err().contains("`x`"));
    }
}
