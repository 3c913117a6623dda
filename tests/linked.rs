//! `connlint facts` and `connlint link`: what is reported on the artifacts of all members is what `connlint check` reports
//! on the files, byte for byte but for the time that a run takes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use connlint_facts::{CrateFacts, FACTS_VERSION};
use connlint_parser::{FactsKey, KnownFacts, Limits, parse_recording, parse_workspace, record_members};
use connlint_tests::command::{Run, connlint};
use connlint_tests::files::{fixtures, folders};
use connlint_tests::project::Project;
use fastrand::Rng;
use tempfile::TempDir;

const INCIDENT: &str = "incidents/2023-10-15-connection-per-request";

/// A folder for artifacts.
struct Artifacts(TempDir);

impl Artifacts {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// The artifact of some packages, or of all for none.
    #[track_caller]
    fn make(&self, root: &Path, name: &str, packages: &[&str]) -> PathBuf {
        let path = self.0.path().join(name);
        let target = path.display().to_string();
        let packages = packages.iter().flat_map(|package| ["-p", package]);
        let arguments: Vec<&str> = ["facts", ".", "-o", &target].into_iter().chain(packages).collect();
        let run = connlint(root, &arguments);
        assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (0, "", ""), "{arguments:?}");
        path
    }

    /// One artifact for each package; none for code without a manifest.
    fn of_members(&self, root: &Path) -> Vec<PathBuf> {
        let facts = parse_workspace(root, &Limits::default()).unwrap();
        let is_package = |krate: &&CrateFacts| {
            let manifest = fs::read_to_string(root.join(krate.root.as_str()).join("Cargo.toml"));
            let table = manifest.ok().and_then(|text| text.parse::<toml::Table>().ok());
            table.is_some_and(|table| table.contains_key("package"))
        };
        let crates = facts.crates.iter().filter(is_package);
        let packages: BTreeSet<&str> = crates.map(|krate| krate.package.as_str()).collect();
        packages.iter().map(|package| self.make(root, package, &[package])).collect()
    }
}

fn link(root: &Path, artifacts: &[PathBuf], arguments: &[&str]) -> Run {
    let artifacts: Vec<String> = artifacts.iter().map(|path| path.display().to_string()).collect();
    let artifacts: Vec<&str> = artifacts.iter().map(String::as_str).collect();
    connlint(root, &[&["link"], artifacts.as_slice(), arguments].concat())
}

/// A report for people without the time that the run took.
fn without_time(text: &str) -> String {
    let line = |line: &str| match line.rsplit_once(", ") {
        Some((before, time)) if time.ends_with(" s)") => before.to_owned(),
        _ => line.to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn says_the_same(root: &Path, artifacts: &[PathBuf], arguments: &[&str]) -> Run {
    let expected = connlint(root, &[&["check", "--no-cache"], arguments].concat());
    let linked = link(root, artifacts, arguments);
    let shown = |run: &Run| if arguments.contains(&"json") { run.stdout.clone() } else { without_time(&run.stdout) };
    assert_eq!(shown(&linked), shown(&expected), "{} with {arguments:?}", root.display());
    assert_eq!((linked.code, &linked.stderr), (expected.code, &expected.stderr), "{arguments:?}");
    expected
}

#[test]
fn incidents_and_hostile_code_are_reported_alike() {
    let roots = [folders(&fixtures().join("incidents")), folders(&fixtures().join("hostile"))].concat();
    for root in roots {
        let artifacts = Artifacts::new();
        let mut members = artifacts.of_members(&root);
        if members.is_empty() {
            members.push(artifacts.make(&root, "whole", &[]));
        }
        let formats: &[&str] = if root.ends_with(INCIDENT) { &["full", "json", "sarif"] } else { &["json"] };
        for format in formats {
            says_the_same(&root, &members, &["--pedantic", "-v", "--output-format", format]);
        }
    }
}

/// No facts.
struct Nothing;

impl KnownFacts for Nothing {
    fn find(&self, _: &FactsKey) -> Option<&[u8]> {
        None
    }

    fn taken(&self, _: FactsKey) {}

    fn made(&self, _: FactsKey, _: Vec<u8>) {}
}

#[test]
fn fixtures_read_in_two_halves_are_the_whole() {
    let limits = Limits::default();
    for root in folders(&fixtures()).into_iter().filter(|root| !root.ends_with("catalog")) {
        let half = |odd: bool| {
            let mut is_wanted = |package: connlint_parser::PackageName<'_>| package.name.len() % 2 == usize::from(odd);
            record_members(&root, &limits, &|_| {}, &Nothing, &mut is_wanted).unwrap()
        };
        let mut joined = half(false);
        joined.join(half(true)).unwrap();
        let parts = root.components().filter(|part| matches!(part, Component::Normal(_)));
        let parts = parts.map(|part| part.as_os_str().to_str().unwrap().to_owned()).collect();
        let read = parse_recording(&joined, parts, &limits, &|_| {}, &Nothing).unwrap();
        assert!(read == parse_workspace(&root, &limits).unwrap(), "{}", root.display());
    }
}

/// A workspace with notices, suppressions, settings of all places, generated and included files, and macros of other
/// members.
fn workspace() -> Project {
    let project = Project::of_fixture(INCIDENT);
    let main = "crates/server/src/main.rs";
    let text = project.text(main);
    project.write(main, &format!("mod generated;\nmod missing;\ninclude!(\"included.in\");\n{text}"));
    project.write("crates/server/src/included.in", "fn broken( {\n");
    project.write("crates/server/src/generated.rs", "pub fn generated() {}\n");
    project.write("crates/server/src/orphan.rs", "pub fn orphan() {}\n");
    project.write("stray.rs", "fn stray() {}\n");
    project.write(".gitignore", "generated.rs\n");
    project.write("connlint.toml", "[lints]\nunbounded-acquire = \"error\"\n");
    project
}

#[test]
fn settings_suppressions_and_baselines_hold_for_artifacts() {
    let (project, artifacts) = (workspace(), Artifacts::new());
    let root = project.root();
    let members = artifacts.of_members(root);
    assert!(members.len() > 1);
    let expected = says_the_same(root, &members, &["-v"]);
    assert!(expected.stdout.contains("missing-module"), "{}", expected.stdout);
    let mut reversed = members.clone();
    reversed.reverse();
    assert_eq!(without_time(&link(root, &reversed, &["-v"]).stdout), without_time(&expected.stdout));
    let whole = artifacts.make(root, "whole", &[]);
    says_the_same(root, &[whole], &["-v"]);
    for arguments in
        [&["-A", "exhaustion"][..], &["-p", "server"], &["--no-config"], &["--include-tests"], &["--limit", "1"]]
    {
        says_the_same(root, &members, arguments);
    }
    let baseline = artifacts.0.path().join("baseline.json").display().to_string();
    connlint(root, &["--no-cache", "--write-baseline", "--baseline", &baseline]);
    let accepted = says_the_same(root, &members, &["--baseline", &baseline, "--output-format", "json"]);
    assert_eq!(accepted.code, 0, "{}", accepted.stdout);
    let main = "crates/server/src/main.rs";
    project.write(main, &format!("// connlint: allow-file(all) a test\n{}", project.text(main)));
    says_the_same(root, &artifacts.of_members(root), &["-vv"]);
}

#[test]
fn artifacts_do_not_depend_on_the_place_and_need_no_sources() {
    let (project, artifacts) = (workspace(), Artifacts::new());
    let elsewhere = workspace();
    let members = artifacts.of_members(project.root());
    let expected = connlint(project.root(), &["--no-cache", "--output-format", "concise"]).stdout;
    let others = Artifacts::new();
    for (one, other) in members.iter().zip(others.of_members(elsewhere.root())) {
        assert!(fs::read(one).unwrap() == fs::read(other).unwrap(), "{}", one.display());
    }
    let empty = tempfile::tempdir().unwrap();
    fs::copy(project.root().join("connlint.toml"), empty.path().join("connlint.toml")).unwrap();
    assert_eq!(link(empty.path(), &members, &["--output-format", "concise"]).stdout, expected);
}

#[test]
fn what_is_no_artifact_is_named_and_never_read() {
    let (project, artifacts) = (workspace(), Artifacts::new());
    let artifact = artifacts.make(project.root(), "whole", &[]);
    let bytes = fs::read(&artifact).unwrap();
    let refused = |bytes: &[u8], why: &str| {
        fs::write(&artifact, bytes).unwrap();
        let run = link(project.root(), std::slice::from_ref(&artifact), &[]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{}", run.stderr);
        assert!(run.stderr.contains("whole`: ") && run.stderr.contains(why), "{}", run.stderr);
        assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    };
    refused(b"", "no facts of connlint");
    refused(b"fn main() {}", "no facts of connlint");
    let mut other = bytes.clone();
    other[15] += 1;
    refused(&other, &format!("of version {}", FACTS_VERSION + 1));
    let mut random = Rng::with_seed(17);
    for _ in 0..6 {
        refused(&bytes[..random.usize(20..bytes.len())], "not whole");
        let mut changed = bytes.clone();
        changed[random.usize(19..bytes.len())] ^= 1 << random.u8(..8);
        refused(&changed, "not whole, or was changed");
    }
    let missing = link(project.root(), &[artifacts.0.path().join("gone")], &[]);
    assert_eq!(missing.code, 2);
    assert!(missing.stderr.contains("cannot be read"), "{}", missing.stderr);
}

#[test]
fn artifacts_of_different_states_are_not_linked() {
    let (project, artifacts) = (workspace(), Artifacts::new());
    let before = artifacts.of_members(project.root());
    project.write("stray.rs", "fn changed() {}\n");
    let after = artifacts.make(project.root(), "after", &["server"]);
    let run = link(project.root(), &[before[0].clone(), after], &[]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("`stray.rs` is another file in each"), "{}", run.stderr);
}

#[test]
fn packages_and_options_that_make_no_sense_are_refused() {
    let (project, artifacts) = (workspace(), Artifacts::new());
    let run = connlint(project.root(), &["facts", "-o", "x", "-p", "servr"]);
    assert_eq!((run.code, project.root().join("x").exists()), (2, false));
    assert!(run.stderr.contains("did you mean `server`?"), "{}", run.stderr);
    let whole = artifacts.make(project.root(), "whole", &[]);
    for option in [&["--fix"][..], &["--watch"], &["--since", "HEAD"], &["--with-check"], &["--no-cache"]] {
        let run = link(project.root(), std::slice::from_ref(&whole), option);
        assert_eq!(run.code, 2, "{option:?}");
        assert!(run.stderr.contains("cannot be used with"), "{option:?}: {}", run.stderr);
    }
    assert_eq!(connlint(project.root(), &["link"]).code, 2);
}
