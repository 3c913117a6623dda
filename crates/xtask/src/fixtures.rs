//! Type-checks fixtures against the real crates. A fixture names its group in its manifest:
//! `[package.metadata.fixture] group = "sqlx-0.8"`. Groups are driver families, by major version.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::TaskResult;
use crate::process::{cargo, repository, run as finish, target};

/// Groups that are not checked unless they are named: they need system libraries or take many minutes to build.
const BY_HAND: [&str; 3] = ["aws", "bots", "tauri"];

/// The group of the folders of `fixtures/incidents`, each a workspace of its own.
const INCIDENTS: &str = "incidents";

pub(crate) fn run(wanted: &[String], list: bool) -> TaskResult {
    let groups = groups()?;
    if list {
        for (group, packages) in &groups {
            println!("{group}{}", if BY_HAND.contains(&group.as_str()) { " (by hand)" } else { "" });
            packages.iter().for_each(|package| println!("  {package}"));
        }
        return Ok(());
    }
    for group in wanted.iter().filter(|g| *g != "all" && *g != INCIDENTS) {
        if !groups.contains_key(group) {
            return Err(format!("no fixture is of the group `{group}`; `--list` tells which there are").into());
        }
    }
    let is_wanted = |group: &str| match wanted {
        [] => !BY_HAND.contains(&group),
        some => some.iter().any(|w| w == group || w == "all"),
    };
    let packages: Vec<&String> = groups.iter().filter(|(g, _)| is_wanted(g)).flat_map(|(_, p)| p).collect();
    if !packages.is_empty() {
        let chosen: Vec<&str> = packages.iter().flat_map(|package| ["-p", package.as_str()]).collect();
        check(&repository().join("fixtures"), &chosen)?;
    }
    if is_wanted(INCIDENTS) {
        for incident in folders(&repository().join("fixtures").join(INCIDENTS)) {
            check(&incident, &["--workspace"])?;
        }
    }
    Ok(())
}

/// `cargo check` of a workspace. `PQ_LIB_DIR` keeps pq-sys from looking for libpq: nothing is linked.
fn check(workspace: &Path, chosen: &[&str]) -> TaskResult {
    let mut command = cargo(&["check", "--quiet", "--locked", "--all-targets", "--keep-going"]);
    command.args(chosen).current_dir(workspace).env("CARGO_TARGET_DIR", target().join("fixtures"));
    finish(command.env("PQ_LIB_DIR", target()).env("RUSTFLAGS", "--cap-lints allow"))
}

/// The packages of each group, by the names in their manifests.
fn groups() -> Result<BTreeMap<String, Vec<String>>, Box<dyn std::error::Error>> {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for manifest in manifests(&repository().join("fixtures")) {
        let table: toml::Table = fs::read_to_string(&manifest)?.parse()?;
        let Some(package) = table.get("package") else { continue };
        let name = package.get("name").and_then(|name| name.as_str());
        let group = package.get("metadata").and_then(|m| m.get("fixture")).and_then(|f| f.get("group"));
        let (Some(name), Some(group)) = (name, group.and_then(|group| group.as_str())) else {
            return Err(format!("{}: no `[package.metadata.fixture] group`", manifest.display()).into());
        };
        groups.entry(group.to_owned()).or_default().push(name.to_owned());
    }
    Ok(groups)
}

/// Manifests of the members: two levels below the root, and of the crates within them.
fn manifests(root: &Path) -> Vec<PathBuf> {
    let lints = folders(root).into_iter().filter(|f| !["hostile", INCIDENTS, "target"].iter().any(|n| f.ends_with(n)));
    let members: Vec<PathBuf> = lints.flat_map(|lint| folders(&lint)).collect();
    let nested: Vec<PathBuf> = members.iter().flat_map(|member| folders(member)).collect();
    let all = members.into_iter().chain(nested).map(|folder| folder.join("Cargo.toml"));
    all.filter(|manifest| manifest.is_file()).collect()
}

/// The folders in a folder, sorted.
fn folders(of: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(of).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    found.sort();
    found
}
