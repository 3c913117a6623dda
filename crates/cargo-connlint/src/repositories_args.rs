//! Arguments for many repositories: which a run takes, and what `merge` joins.

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser};

use crate::exit::Failure;
use crate::outputs::{Target, target};
use crate::text_file::read_text;

/// Largest list of repositories, in bytes.
const MAX_LIST_BYTES: u64 = 16 << 20;

/// Which repositories are analysed.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Many repositories")]
pub(crate) struct RepositoriesArgs {
    /// Analyse the repositories of a list, a folder on each line, one after the other, with the settings of each
    #[arg(long, value_name = "FILE", conflicts_with_all = [
        "paths", "package", "exclude", "manifest_path", "root", "stdin_filename", "with_check", "since", "merge_base",
        "staged", "diff", "fix", "fix_diff", "watch", "add_suppressions", "baseline", "config",
    ])]
    pub(crate) repositories: Option<PathBuf>,
    /// Of these, take the I-th of N parts: each is always in the same one
    #[arg(long, value_name = "I/N", requires = "repositories")]
    shard: Option<Shard>,
}

impl RepositoriesArgs {
    /// The names of the repositories that this run takes: the lines of the list.
    pub(crate) fn names(&self, list: &std::path::Path) -> Result<Vec<String>, Failure> {
        let text = read_text(list, &list.display().to_string(), MAX_LIST_BYTES)?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut names: Vec<&str> = lines.collect();
        names.sort_unstable();
        if let Some([name, ..]) = names.windows(2).find(|pair| pair.first() == pair.last()) {
            return Err(Failure::new(format!("`{}` names `{name}` twice", list.display())));
        }
        let is_taken = |name: &&str| self.shard.is_none_or(|shard| shard.takes(name));
        Ok(names.into_iter().filter(is_taken).map(str::to_owned).collect())
    }
}

/// One of several parts, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shard {
    part: u64,
    of: u64,
}

impl Shard {
    /// Whether a repository is in this part. That depends on its name and on nothing else, so that all machines agree.
    fn takes(self, name: &str) -> bool {
        let [a, b, c, d, e, f, g, h, ..] = *blake3::hash(name.as_bytes()).as_bytes();
        u64::from_le_bytes([a, b, c, d, e, f, g, h]) % self.of == self.part - 1
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
        match parts {
            Some((part, of)) if (1..=of).contains(&part) => Ok(Self { part, of }),
            _ => Err("it is no part of a whole, such as `1/4` to `4/4`".to_owned()),
        }
    }
}

/// Arguments of `merge`.
#[derive(Debug, Args)]
pub(crate) struct MergeArgs {
    /// Reports in JSON, or in SARIF
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Write to a file instead of standard output, which is `-`
    #[arg(short, long, value_name = "FILE", value_parser = OsStringValueParser::new().map(target))]
    output: Option<Target>,
}

impl MergeArgs {
    /// Where the merged report goes.
    pub(crate) fn output(&self) -> Target {
        self.output.clone().unwrap_or_else(|| target(OsString::from("-")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_repository_is_in_one_part_and_stays_there() {
        let names: Vec<String> = (0..1_000).map(|number| format!("team/service-{number}")).collect();
        for of in [1, 2, 7] {
            let shards: Vec<Shard> = (1..=of).map(|part| format!("{part}/{of}").parse().unwrap()).collect();
            let counts = shards.iter().map(|shard| names.iter().filter(|name| shard.takes(name)).count());
            let counts: Vec<usize> = counts.collect();
            assert_eq!(counts.iter().sum::<usize>(), names.len());
            assert!(counts.iter().all(|count| count * of > names.len() * 3 / 4), "{counts:?}");
        }
        let of_four = |name: &str| (1..=4).find(|&part| Shard { part, of: 4 }.takes(name)).unwrap();
        let parts = ["payments", "orders", "team/search", "gateway"].map(of_four);
        assert_eq!(parts, EXPECTED_PARTS, "machines of different versions agree");
    }

    /// Where four names are.
    const EXPECTED_PARTS: [u64; 4] = [2, 1, 4, 4];

    #[test]
    fn what_is_no_part_is_refused() {
        for text in ["", "1", "0/4", "5/4", "1/0", "a/b", "-1/4", "1/4/2"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
