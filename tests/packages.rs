//! What is released: the workflow, the packages, the addresses and the claimed minimum Rust version.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use cargo_metadata::{Metadata, MetadataCommand};
use connlint_tests::files::{files_below, repository, shown, text};
use serde_json::Value;

/// The workspace with what this platform needs: what others need may not be at hand.
fn metadata() -> Metadata {
    let version = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let version = String::from_utf8(version.stdout).expect("it is UTF-8");
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host");
    let options = ["--offline", "--filter-platform", host].map(str::to_owned).to_vec();
    let mut command = MetadataCommand::new();
    command.manifest_path(repository().join("Cargo.toml")).other_options(options);
    command.exec().expect("cargo knows its own workspace")
}

fn repository_address() -> String {
    let manifest: toml::Table = text(&repository().join("Cargo.toml")).parse().unwrap();
    manifest["workspace"]["package"]["repository"].as_str().unwrap().to_owned()
}

#[test]
fn the_release_is_built_for_all_targets() {
    let targets: Value = serde_json::from_str(&text(&repository().join("packaging/targets.json"))).unwrap();
    let of_list = targets.as_array().unwrap().iter().map(|row| (row["target"].as_str(), row["runner"].as_str()));
    let of_list: BTreeSet<(String, String)> =
        of_list.map(|(target, runner)| (target.unwrap().to_owned(), runner.unwrap().to_owned())).collect();
    let workflow = text(&repository().join(".github/workflows/release.yml"));
    let rows = workflow.lines().filter_map(|line| line.trim().strip_prefix("- { target: "));
    let rows = rows.map(|row| row.trim_end_matches(" }").split_once(", runner: ").unwrap());
    let built: BTreeSet<(String, String)> =
        rows.map(|(target, runner)| (target.to_owned(), runner.to_owned())).collect();
    assert_eq!(built, of_list);
    for part in ["linux-musl", "linux-gnu", "apple-darwin", "windows"] {
        assert!(built.iter().any(|(target, _)| target.contains(part)), "nothing is built for {part}");
    }
}

#[test]
fn the_job_that_builds_a_release_cannot_write_and_the_one_that_publishes_builds_nothing() {
    let workflow = text(&repository().join(".github/workflows/release.yml"));
    let (build, publish) = workflow.split_once("\n  publish:\n").expect("there are two jobs");
    assert!(build.contains("\npermissions: {}\n") && !build.contains(": write") && !build.contains("secrets."));
    assert!(publish.contains("attest-build-provenance") && publish.contains("SHA256SUMS"));
    assert!(!publish.contains("cargo "), "what is published was built by the other job");
}

#[test]
fn actions_are_pinned_by_commit() {
    let root = repository();
    let mut files = files_below(&root.join(".github"), &["yml"]);
    files.extend(files_below(&root.join("action"), &["yml"]));
    files.push(root.join("action.yml"));
    let mut pinned = 0;
    for file in files {
        for line in text(&file).lines().filter_map(|line| line.trim().strip_prefix("- uses: ")) {
            let Some((_, rest)) = line.split_once('@') else {
                assert!(line.starts_with("$/") || line.starts_with("./"), "{}: {line}", shown(&file));
                continue;
            };
            let sha = rest.split(' ').next().unwrap_or_default();
            let is_sha = sha.len() == 40 && sha.chars().all(|c| c.is_ascii_hexdigit());
            assert!(is_sha && rest.contains(" # v"), "{}: {line}", shown(&file));
            pinned += 1;
        }
    }
    assert!(pinned > 5, "the actions were not found");
}

#[test]
fn the_minimum_rust_version_is_that_of_all_dependencies() {
    let metadata = metadata();
    let of = |name: &str| metadata.packages.iter().find(|package| package.name.as_str() == name).unwrap();
    let claimed = of("cargo-connlint").rust_version.clone().expect("a minimum is claimed");
    let resolve = metadata.resolve.as_ref().unwrap();
    let nodes: BTreeMap<_, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let (mut queue, mut seen) = (vec![&of("cargo-connlint").id], BTreeSet::new());
    let mut wrong = Vec::new();
    while let Some(id) = queue.pop() {
        if !seen.insert(id) {
            continue;
        }
        let package = &metadata[id];
        if package.rust_version.as_ref().is_some_and(|needed| *needed > claimed) {
            wrong.push(format!("{} {} needs {:?}", package.name, package.version, package.rust_version));
        }
        let normal = |kind: &cargo_metadata::DepKindInfo| kind.kind != cargo_metadata::DependencyKind::Development;
        queue.extend(nodes[id].deps.iter().filter(|dep| dep.dep_kinds.iter().any(normal)).map(|dep| &dep.pkg));
    }
    assert!(seen.len() > 50, "the dependencies were not found");
    assert!(wrong.is_empty(), "the manifest claims {claimed}: {}", wrong.join(", "));
}

/// Syntax that the claimed Rust refuses: the minor version of Rust that has it, its name, and how a line shows it. What std
/// has only since a later version is refused by Clippy (`incompatible_msrv`).
type NewSyntax = (u64, &'static str, fn(&str) -> bool);
const NEW_SYNTAX: [NewSyntax; 3] = [
    (89, "a length that is inferred", |line| line.contains("; _]")),
    (95, "a pattern in a guard", |line| line.split_once("if let ").is_some_and(|(_, rest)| rest.contains(" =>"))),
    (95, "`cfg_select!`", |line| line.trim_start().starts_with("cfg_select!")),
];

#[test]
fn no_syntax_is_newer_than_the_minimum_rust_version() {
    let manifest: toml::Table = text(&repository().join("Cargo.toml")).parse().unwrap();
    let claimed = manifest["workspace"]["package"]["rust-version"].as_str().unwrap();
    let claimed: u64 = claimed.strip_prefix("1.").unwrap().parse().unwrap();
    let files = ["crates", "lints"].map(|folder| files_below(&repository().join(folder), &["rs"])).concat();
    let sources: Vec<_> =
        files.iter().filter(|file| !file.components().any(|part| part.as_os_str() == "tests")).collect();
    assert!(sources.len() > 100, "the sources were not found");
    for file in sources {
        for (at, line) in text(file).lines().enumerate() {
            for (since, name, shows) in NEW_SYNTAX.iter().filter(|(since, ..)| *since > claimed) {
                // What comes after a quote may be text.
                let code = line.split('"').next().unwrap_or_default();
                assert!(!shows(code), "{}:{}: {name} needs Rust 1.{since}", shown(file), at + 1);
            }
        }
    }
}

#[test]
fn the_minimum_rust_version_builds_each_change() {
    let workflow = text(&repository().join(".github/workflows/checks.yml"));
    let (_, job) = workflow.split_once("\n  minimum-rust:\n").expect("there is a job");
    for part in ["'s/^rust-version", "rustup default \"$version\"", "cargo build --locked -p cargo-connlint --bins"] {
        assert!(job.contains(part), "{part}");
    }
}

#[test]
fn published_crates_describe_themselves_and_hold_their_files() {
    let metadata = metadata();
    let published = metadata.workspace_packages().into_iter().filter(|package| package.publish.is_none());
    let mut count = 0;
    for package in published {
        count += 1;
        let address = repository_address();
        assert_eq!(package.repository.as_deref(), Some(address.as_str()), "{}", package.name);
        let is_described = package.description.is_some() && package.license.is_some() && package.rust_version.is_some();
        assert!(is_described, "{} lacks a description, a license or a rust-version", package.name);
        for dependency in package.dependencies.iter().filter(|dependency| dependency.path.is_some()) {
            let has_version = dependency.req != cargo_metadata::semver::VersionReq::STAR;
            assert!(has_version, "{} depends on {} without a version", package.name, dependency.name);
        }
        let folder = package.manifest_path.parent().unwrap();
        for file in files_below(Path::new(folder.join("src").as_str()), &["rs"]) {
            let escapes = text(&file).lines().any(|line| {
                let includes = line.contains("include_str!(\"") || line.contains("include_bytes!(\"");
                includes && line.contains("../")
            });
            assert!(!escapes, "{} includes a file that its package does not hold", shown(&file));
        }
    }
    assert_eq!(count, 9);
}

#[test]
fn every_address_of_the_project_is_that_of_the_manifest() {
    let address = repository_address();
    let (host, owner) = address.rsplit_once('/').map(|(owner, _)| owner.rsplit_once('/').unwrap()).unwrap();
    let owner_address = format!("{}/{owner}/", host.trim_start_matches("https://"));
    let root = repository();
    let mut files: Vec<_> = ["README.md", "CONTRIBUTING.md", "action.yml", "Dockerfile"].map(|f| root.join(f)).into();
    for (folder, endings) in [
        ("docs", &["md", "toml", "json"][..]),
        ("ci", &["yml"]),
        (".github", &["yml"]),
        ("packaging", &["py", "sh", "js", "json"]),
        ("crates", &["rs", "toml"]),
        ("lints", &["rs", "toml"]),
    ] {
        files.extend(files_below(&root.join(folder), endings));
    }
    for file in files {
        let text = text(&file);
        for (at, _) in text.match_indices(&owner_address) {
            let rest = &text[at + owner_address.len()..];
            let name = rest.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_').next().unwrap_or_default();
            assert!(address.ends_with(&format!("/{name}")), "{} names {owner}/{name}", shown(&file));
        }
        // What is made has the address from the manifest.
        let is_made =
            file.strip_prefix(&root).is_ok_and(|file| file.starts_with("packaging") || file.starts_with("crates"));
        let is_manifest = file.ends_with("Cargo.toml");
        assert!(!is_made || is_manifest || !text.contains(&owner_address), "{} has the address itself", shown(&file));
    }
}
