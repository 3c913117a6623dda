//! Comparing versions out of git: what is compared, what is said where that is not possible, and that nothing runs.

use std::fs;
use std::path::Path;

use connlint_tests::command::{Run, connlint};
use connlint_tests::git::Git;
use connlint_tests::project::Project;
use gix::objs::tree::EntryKind;
use serde_json::Value;

const INCIDENT: &str = "incidents/2023-10-15-connection-per-request";
const REPAIRED: &str = "incidents/2023-10-15-connection-per-request-repaired";

fn json(folder: &Path, arguments: &[&str]) -> Value {
    let run = connlint(folder, &[arguments, &["--output-format", "json"]].concat());
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr))
}

fn refused(folder: &Path, arguments: &[&str]) -> String {
    let run: Run = connlint(folder, arguments);
    assert_eq!(run.code, 2, "{arguments:?}: {}", run.stdout);
    run.stderr
}

/// The findings that are introduced, fixed and unchanged.
fn counts(report: &Value) -> (usize, usize, u64) {
    let change = &report["change"];
    let unchanged = change["unchanged"].as_u64().unwrap_or_else(|| panic!("{report:#}"));
    (report["findings"].as_array().unwrap().len(), change["fixed"].as_array().unwrap().len(), unchanged)
}

#[test]
fn uncommitted_files_are_part_of_the_change_and_the_index_is_what_is_staged() {
    let project = Project::of_fixture(REPAIRED);
    let git = Git::init(project.root());
    git.commit_all("one");
    git.stage_all();
    assert_eq!(counts(&json(project.root(), &["--staged"])), (0, 0, 0));
    project.overlay(INCIDENT);
    assert_eq!(counts(&json(project.root(), &["--since", "HEAD"])), (1, 0, 0));
    assert_eq!(counts(&json(project.root(), &["--staged"])), (0, 0, 0));
    git.stage_all();
    project.overlay(REPAIRED);
    assert_eq!(counts(&json(project.root(), &["--staged"])), (1, 0, 0));
    assert_eq!(counts(&json(project.root(), &["--since", "HEAD"])), (0, 0, 0));
}

#[test]
fn common_ancestor_leaves_out_what_the_other_branch_did() {
    let project = Project::of_fixture(INCIDENT);
    let git = Git::init(project.root());
    let base = git.commit_all("one connection per request");
    project.overlay(REPAIRED);
    git.commit_all("main repairs it");
    git.switch("topic", &base);
    project.overlay(INCIDENT);
    project.write("README.md", "changed");
    git.commit_all("topic does something else");
    assert_eq!(counts(&json(project.root(), &["--since", "main"])), (1, 0, 0));
    assert_eq!(counts(&json(project.root(), &["--merge-base", "main"])), (0, 0, 1));
    assert_eq!(counts(&json(project.root(), &["--since", "main...topic"])), (0, 0, 1));
    let other = git.commit(git.tree_of(project.root()), &[], "unrelated");
    let message = refused(project.root(), &["--merge-base", &other]);
    assert!(message.contains("have no common commit"), "{message}");
}

#[test]
fn folder_of_a_repository_is_compared_with_the_same_folder() {
    let outer = tempfile::tempdir().unwrap();
    let git = Git::init(outer.path());
    let project = Project::of_fixture(REPAIRED);
    let place = outer.path().join("services/users");
    fs::create_dir_all(outer.path().join("services")).unwrap();
    fs::rename(project.root(), &place).unwrap();
    fs::write(outer.path().join("connlint.toml"), "[lints]\nconnection-per-request = \"warn\"\n").unwrap();
    let first = git.commit_all("one");
    let repo = place.join("crates/repo/src/lib.rs");
    let text = fs::read_to_string(&repo).unwrap();
    fs::write(
        &repo,
        text.replace("fetch_all(pool).await", "fetch_all(&mut db::open(&db::Config::from_env()).await?).await"),
    )
    .unwrap();
    let second = git.commit_all("two");
    let range = format!("{first}..{second}");
    for arguments in [&["--since", "HEAD^"][..], &["--since", &range]] {
        let report = json(&place, arguments);
        assert_eq!(counts(&report), (1, 0, 0));
        assert_eq!(report["findings"][0]["level"], "warn", "the settings above hold: {arguments:?}");
        assert_eq!(report["findings"][0]["introduced"]["location"]["path"], "crates/repo/src/lib.rs");
        let run = connlint(&place, &[arguments, &["--output-format", "github"]].concat());
        assert!(run.stdout.contains("file=services/users/crates/repo/src/lib.rs,"), "{}", run.stdout);
    }
}

#[test]
fn another_entry_point_that_reaches_a_known_finding_is_introduced() {
    let project = Project::of_fixture(INCIDENT);
    let git = Git::init(project.root());
    git.commit_all("one");
    let routes = "crates/server/src/routes.rs";
    project.replace(routes, "get(list_users))", "get(list_users)).route(\"/names\", get(list_names))");
    let names = "\nasync fn list_names(State(config): State<Arc<Config>>) -> Result<Json<Vec<User>>, StatusCode> {\n    \
                 list_users(State(config)).await\n}\n";
    project.write(routes, &(project.text(routes) + names));
    let report = json(project.root(), &["--since", "HEAD"]);
    assert_eq!(counts(&report), (1, 0, 0));
    let introduced = &report["findings"][0]["introduced"];
    assert_eq!(introduced["location"]["path"], routes);
    assert!(introduced["text"].as_str().unwrap().contains("GET /users/names"), "{introduced}");
}

#[test]
fn what_is_missing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let outside = refused(folder.path(), &["--since", "HEAD"]);
    assert!(outside.contains("lies in no git repository"), "{outside}");
    let project = Project::of_fixture(REPAIRED);
    let git = Git::init(project.root());
    let unborn = refused(project.root(), &["--since", "HEAD"]);
    assert!(unborn.contains("there is no revision `HEAD`"), "{unborn}");
    let first = git.commit_all("one");
    project.write("README.md", "two");
    let second = git.commit_all("two");
    project.write(".git/refs/remotes/origin/trunk", &format!("{second}\n"));
    let message = refused(project.root(), &["--since", "trunk"]);
    assert!(message.contains("did you mean `origin/trunk`?"), "{message}");
    assert_eq!(counts(&json(project.root(), &["--since", "origin/trunk"])), (0, 0, 0));
    assert!(!message.contains("shallow"));
    git.make_shallow(&second, &[&first]);
    for arguments in [["--since", "HEAD^"], ["--since", &first], ["--merge-base", "v1"]] {
        let message = refused(project.root(), &arguments);
        assert!(
            message.contains("this clone is shallow") && message.contains("fetch-depth: 0"),
            "{arguments:?}: {message}"
        );
    }
    // A file is a part of its workspace, which is compared as a whole.
    assert_eq!(counts(&json(project.root(), &["check", "crates/db/src/lib.rs", "--since", "HEAD"])), (0, 0, 0));
    let both = refused(project.root(), &["--since", "HEAD", "--staged"]);
    assert!(both.contains("cannot be used with"), "{both}");
}

#[test]
fn submodule_that_is_not_here_is_not_compared() {
    let project = Project::of_fixture(REPAIRED);
    let git = Git::init(project.root());
    let without = git.tree_of(project.root());
    let items = fs::read_dir(project.root()).unwrap().flatten().map(|e| e.file_name().to_string_lossy().into_owned());
    let items: Vec<String> = items.filter(|name| name != ".git").collect();
    let mut entries: Vec<_> = items
        .iter()
        .map(|name| {
            let path = project.root().join(name);
            if path.is_dir() {
                (EntryKind::Tree, name.as_str(), git.tree_of(&path))
            } else {
                (EntryKind::Blob, name.as_str(), git.blob(&fs::read_to_string(path).unwrap()))
            }
        })
        .collect();
    assert_eq!(git.raw_tree(&entries), without);
    // Any object of no commit is a commit that is not here.
    entries.push((EntryKind::Commit, "other", git.blob("x")));
    let commit = git.commit(git.raw_tree(&entries), &[], "with a submodule");
    git.switch("main", &commit);
    assert_eq!(json(project.root(), &["--since", "HEAD"])["notices"].as_array().unwrap().len(), 0);
    let other = Project::of_fixture(INCIDENT);
    fs::rename(other.root(), project.root().join("other")).unwrap();
    let report = json(project.root(), &["--since", "HEAD"]);
    assert_eq!(counts(&report), (0, 0, 0));
    assert_eq!(report["notices"][0]["kind"], "not-compared", "{report:#}");
    let strict = connlint(project.root(), &["--since", "HEAD", "--strict"]);
    assert_eq!(strict.code, 3, "{}", strict.stderr);
}

#[test]
fn nothing_of_a_hostile_repository_runs_and_its_names_lead_nowhere() {
    let project = Project::of_fixture(INCIDENT);
    let git = Git::init(project.root());
    let trap = project.root().join("trap");
    let run = format!("sh -c 'touch {}'", trap.display());
    let config = format!(
        "[core]\n\trepositoryformatversion = 0\n\tfsmonitor = \"{run}\"\n\thooksPath = hooks\n\tpager = \"{run}\"\n\
         \tsshCommand = \"{run}\"\n\tworktree = /\n[filter \"x\"]\n\tsmudge = \"{run}\"\n\tclean = \"{run}\"\n\
         \tprocess = \"{run}\"\n[diff]\n\texternal = \"{run}\"\n[alias]\n\tconnlint = \"!{run}\"\n[include]\n\tpath = /etc/passwd\n"
    );
    project.write(".gitattributes", "* filter=x diff=x\n");
    let tree = git.tree_of(project.root());
    let evil = git.blob("pub fn evil() {}\n");
    let tree = git.raw_tree(&[
        (EntryKind::Tree, "project", tree),
        (EntryKind::Blob, "..", evil),
        (EntryKind::Tree, ".git", git.raw_tree(&[(EntryKind::Blob, "config", evil)])),
        (EntryKind::Blob, "a/../../b.rs", evil),
        (EntryKind::Link, "out.rs", git.blob("/etc/passwd")),
        (EntryKind::Link, "up", git.blob("../..")),
    ]);
    let commit = git.commit(tree, &[], "evil \u{1b}[31m subject");
    git.switch("main", &commit);
    project.write(".git/config", &config);
    for hook in ["post-checkout", "reference-transaction", "fsmonitor-watchman"] {
        project.write(&format!(".git/hooks/{hook}"), &format!("#!/bin/sh\n{run}\n"));
    }
    let report = json(project.root(), &["--since", "main..main"]);
    assert_eq!(counts(&report), (0, 0, 1));
    let run = connlint(project.root(), &["blame", report["change"]["against"].as_str().unwrap()]);
    assert_eq!(run.code, 2);
    let json = json(project.root(), &["blame", "project/crates/db/src/lib.rs:21"]);
    assert_eq!(json["change"]["commit"]["id"], commit);
    let full = connlint(project.root(), &["blame", "project/crates/db/src/lib.rs:21"]);
    assert!(!full.stdout.contains('\u{1b}') && full.stdout.contains("evil"), "{}", full.stdout);
    assert!(!trap.exists(), "a program of the repository ran");
}

#[test]
fn tree_that_names_itself_very_often_ends_in_an_error() {
    let project = Project::of_fixture(REPAIRED);
    let git = Git::init(project.root());
    let mut tree = git.raw_tree(&[(EntryKind::Blob, "a.rs", git.blob(""))]);
    let names: Vec<String> = (0..10).map(|n| format!("d{n}")).collect();
    for _ in 0..12 {
        let entries: Vec<_> = names.iter().map(|name| (EntryKind::Tree, name.as_str(), tree)).collect();
        tree = git.raw_tree(&entries);
    }
    let commit = git.commit(tree, &[], "10 to the power of 12 files");
    let message = refused(project.root(), &["--since", &format!("{commit}..{commit}")]);
    assert!(message.contains("too many files or folders"), "{message}");
}
