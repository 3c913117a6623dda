//! Command line arguments of `capacity`.

use std::path::PathBuf;

use clap::Args;
use connlint_output::{CAPACITY_FORMATS, CapacityView, Format};

use crate::args::{ReadingArgs, format_value, one_of};

/// Arguments of `capacity`.
#[derive(Debug, Args)]
pub(crate) struct CapacityArgs {
    /// Workspace, package or folder whose programs are counted [default: .]
    #[arg(value_name = "PATH")]
    pub(crate) path: Option<PathBuf>,
    /// How many processes run: of each program that serves, or of one program (may be repeated)
    #[arg(long, value_name = "[PROGRAM=]N", value_parser = named_number)]
    pub(crate) replicas: Vec<NamedNumber>,
    /// How many connections a server allows: each server, or one of them (may be repeated)
    #[arg(long, value_name = "[SERVER=]M", value_parser = named_number)]
    pub(crate) server_limit: Vec<NamedNumber>,
    /// The value of something that the output names because the code does not show it (may be repeated)
    #[arg(long, value_name = "NAME=N", value_parser = assumed)]
    pub(crate) value: Vec<NamedNumber>,
    /// How many tasks of one process run at once, for the smallest maximum that cannot deadlock
    #[arg(long, value_name = "T")]
    pub(crate) tasks: Option<u64>,
    /// CSV or JSON of the service's traffic: route, requests per second, mean and p99 in seconds
    #[arg(long, value_name = "FILE")]
    pub(crate) traffic: Option<PathBuf>,
    /// Output format
    #[arg(long, visible_alias = "format", value_name = "FORMAT", value_parser = one_of(CAPACITY_FORMATS, format_value), default_value = CAPACITY_FORMATS[0].name)]
    pub(crate) output_format: &'static Format<CapacityView>,
    #[command(flatten)]
    pub(crate) reading: ReadingArgs,
}

/// A number, of something or of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedNumber {
    /// Of what; `None`: of all.
    pub(crate) name: Option<String>,
    /// The number.
    pub(crate) number: u64,
}

/// `3`, `api=3`. A name may contain `=`.
fn named_number(text: &str) -> Result<NamedNumber, String> {
    let (name, number) = match text.rsplit_once('=') {
        Some((name, number)) => (Some(name.trim().to_owned()), number),
        None => (None, text),
    };
    let number = number.trim().parse().map_err(|_| "expected a number, or NAME=NUMBER".to_owned())?;
    Ok(NamedNumber { name: name.filter(|name| !name.is_empty()), number })
}

fn assumed(text: &str) -> Result<NamedNumber, String> {
    named_number(text).and_then(|named| match named.name {
        Some(_) => Ok(named),
        None => Err("expected NAME=NUMBER, as in `workers=8`".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_contain_the_sign_before_the_number() {
        let of = |name: Option<&str>, number| Ok(NamedNumber { name: name.map(str::to_owned), number });
        assert_eq!(named_number("3"), of(None, 3));
        assert_eq!(named_number("host=db=100"), of(Some("host=db"), 100));
        assert!(named_number("many").is_err());
        assert!(assumed("3").is_err());
    }
}
