//! `connlint check --repositories`, its shards, and `connlint merge`: many repositories in one document.

use std::fs;
use std::path::Path;

use connlint_tests::command::{Run, connlint};
use connlint_tests::files::{fixtures, folders};
use serde_json::Value;
use tempfile::TempDir;

/// A list of the incidents and of a folder that is not there.
fn list() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let names = folders(&fixtures().join("incidents")).into_iter().map(|path| path.display().to_string());
    let lines: Vec<String> = names.take(6).chain(["gone".to_owned()]).collect();
    fs::write(dir.path().join("list"), format!("# services\n\n{}\n", lines.join("\n"))).unwrap();
    dir
}

fn check(dir: &Path, arguments: &[&str]) -> Run {
    connlint(dir, &[&["check", "--no-cache", "--repositories", "list"], arguments].concat())
}

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr))
}

#[test]
fn shards_merged_are_the_whole_with_all_notices_and_failures() {
    let dir = list();
    for format in ["json", "sarif"] {
        let whole = check(dir.path(), &["--output-format", format]);
        assert_eq!(whole.code, 2, "one repository is not there");
        let shards: Vec<String> = (1..=3)
            .map(|part| {
                let (shard, output) = (format!("{part}/3"), format!("{format}-{part}"));
                check(dir.path(), &["--shard", &shard, "--output-format", format, "-q", "--output", &output]);
                output
            })
            .collect();
        let mut arguments: Vec<&str> = shards.iter().rev().map(String::as_str).collect();
        arguments.insert(0, "merge");
        let merged = connlint(dir.path(), &arguments);
        assert_eq!((merged.code, &merged.stdout), (0, &whole.stdout), "{}", merged.stderr);
    }
}

#[test]
fn each_repository_is_reported_as_it_is_alone() {
    let dir = list();
    let run = check(dir.path(), &["--output-format", "json"]);
    let all = json(&run);
    let repositories = all["repositories"].as_array().unwrap();
    assert_eq!((repositories.len(), run.stderr.lines().count()), (7, 7), "{}", run.stderr);
    for entry in repositories {
        let name = entry["repository"].as_str().unwrap();
        if name == "gone" {
            assert!(entry["error"].as_str().unwrap().contains("there is no folder `gone`"));
            continue;
        }
        let alone = connlint(dir.path(), &["--no-cache", "--root", name, "--output-format", "json", name]);
        assert_eq!(entry["report"], json(&alone), "{name}");
    }
    let sarif = json(&check(dir.path(), &["--output-format", "sarif", "-q"]));
    let runs = sarif["runs"].as_array().unwrap();
    let failed = runs.iter().filter(|run| run["invocations"][0]["executionSuccessful"] == false);
    assert_eq!((runs.len(), failed.count()), (7, 1));
}

#[test]
fn single_reports_are_merged_under_the_names_of_their_files() {
    let dir = tempfile::tempdir().unwrap();
    for (name, root) in ["a", "b"].iter().zip(folders(&fixtures().join("incidents"))) {
        let output = dir.path().join(format!("{name}.json")).display().to_string();
        connlint(&root, &["--no-cache", "--output-format", "json", "--output", &output]);
    }
    let merged = connlint(dir.path(), &["merge", "b.json", "a.json", "-o", "all.json"]);
    assert_eq!((merged.code, merged.stdout.as_str()), (0, ""), "{}", merged.stderr);
    let all: Value = serde_json::from_str(&fs::read_to_string(dir.path().join("all.json")).unwrap()).unwrap();
    assert_eq!([&all["repositories"][0]["repository"], &all["repositories"][1]["repository"]], ["a", "b"]);
    fs::write(
        dir.path().join("c.json"),
        fs::read_to_string(dir.path().join("a.json")).unwrap().replacen(
            &format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION")),
            "\"version\": \"0.0.0\"",
            1,
        ),
    )
    .unwrap();
    let refused = connlint(dir.path(), &["merge", "a.json", "c.json"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""));
    assert!(refused.stderr.contains("`c.json`: it is of connlint 0.0.0"), "{}", refused.stderr);
}

#[test]
fn lists_and_options_that_make_no_sense_are_refused() {
    let dir = list();
    let refused = |arguments: &[&str], why: &str| {
        let run = check(dir.path(), arguments);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(run.stderr.contains(why), "{arguments:?}: {}", run.stderr);
    };
    refused(&[], "written as `json` or `sarif`");
    refused(&["--output-format", "json", "--fix"], "cannot be used with");
    refused(&["--output-format", "json", "src"], "cannot be used with");
    refused(&["--output-format", "json", "--shard", "4/3"], "`1/4` to `4/4`");
    fs::write(dir.path().join("list"), "a\nb\na\n").unwrap();
    refused(&["--output-format", "json"], "names `a` twice");
    assert_eq!(connlint(dir.path(), &["--shard", "1/2"]).code, 2, "a shard of no list");
}
