//! The founding incident as a history: a pool, the commit that drops it, a commit that renames files, the rollback.

use std::collections::BTreeMap;
use std::fs;

use connlint_output::FORMATS;
use connlint_tests::command::{Run, connlint};
use connlint_tests::git::Git;
use connlint_tests::project::Project;
use serde_json::Value;

const INCIDENT: &str = "incidents/2023-10-15-connection-per-request";
const REPAIRED: &str = "incidents/2023-10-15-connection-per-request-repaired";
const REPO: &str = "crates/repo/src/lib.rs";

pub(crate) struct History {
    pub(crate) project: Project,
    git: Git,
    pub(crate) pool: String,
    pub(crate) drop: String,
    pub(crate) rename: String,
    pub(crate) rollback: String,
}

/// The work tree is left at the rollback.
pub(crate) fn history() -> History {
    let project = Project::of_fixture(REPAIRED);
    let git = Git::init(project.root());
    // The function that opens one connection is older than its use on requests.
    let pool = git.commit_all("Share a pool");
    project.overlay(INCIDENT);
    let drop = git.commit_all("Drop the pool\n\nIt was not needed for one user.");
    rename(&project);
    let rename_id = git.commit_all("Rename files");
    project.overlay(REPAIRED);
    fs::remove_file(project.root().join("crates/server/src/handlers.rs")).unwrap();
    fs::remove_file(project.root().join("crates/db/src/connecting.rs")).unwrap();
    let rollback = git.commit_all("Revert \"Drop the pool\"");
    History { project, git, pool, drop, rename: rename_id, rollback }
}

fn rename(project: &Project) {
    project.rename("crates/server/src/routes.rs", "crates/server/src/handlers.rs");
    project.replace("crates/server/src/main.rs", "mod routes;", "mod handlers;");
    project.replace("crates/server/src/main.rs", "routes::router", "handlers::router");
    project.rename("crates/db/src/lib.rs", "crates/db/src/connecting.rs");
    project.write("crates/db/src/lib.rs", "//! Moved.\n\n\nmod connecting;\npub use connecting::*;\n");
}

impl History {
    fn run(&self, arguments: &[&str]) -> Run {
        connlint(self.project.root(), arguments)
    }

    fn json(&self, arguments: &[&str]) -> Value {
        self.json_of(arguments, "json")
    }

    fn json_of(&self, arguments: &[&str], format: &str) -> Value {
        let run = self.run(&[arguments, &["--output-format", format]].concat());
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr))
    }
}

fn count(report: &Value, what: &str) -> usize {
    report[what].as_array().unwrap().len()
}

#[test]
fn commit_that_drops_the_pool_is_blamed() {
    let history = history();
    history.git.switch("before", &history.rename);
    let found = history.json(&["check", "--since", &format!("{}..before", history.pool)]);
    let identity = found["findings"][0]["identity"].as_str().unwrap().to_owned();
    for finding in [identity.as_str(), &identity[..8], "crates/db/src/connecting.rs:21", "crates/repo/src/lib.rs:16"] {
        let report = history.json(&["blame", finding]);
        assert_eq!(report["change"]["commit"]["id"], history.drop, "{finding}");
        assert_eq!(report["change"]["commit"]["subject"], "Drop the pool");
        assert_eq!(report["change"]["commit"]["author"], "Ada");
        assert_eq!(report["change"]["commit"]["date"], "2023-11-14");
        assert_eq!(count(&report, "findings"), 1);
        assert_eq!(report["findings"][0]["introduced"]["location"]["path"], REPO);
    }
    let run = history.run(&["blame", &identity]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(
        run.stdout.contains(&format!("commit {} of 2023-11-14 by Ada: Drop the pool", history.drop)),
        "{}",
        run.stdout
    );
    let range = format!("{}..", history.drop);
    let run = history.run(&["blame", &identity, "--range", &range]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("is already at"), "{}", run.stderr);
    history.git.switch("after", &history.rollback);
    let run = history.run(&["blame", &identity]);
    assert!(run.code == 2 && run.stderr.contains("there is no finding"), "{}", run.stderr);
}

#[test]
fn finding_is_placed_in_the_diff_though_the_opening_expression_is_not() {
    let history = history();
    let report = history.json(&["--since", &format!("{}..{}", history.pool, history.drop)]);
    assert_eq!((count(&report, "findings"), &report["change"]["fixed"]), (1, &Value::Array(Vec::new())));
    let finding = &report["findings"][0];
    assert_eq!(finding["location"]["path"], "crates/db/src/lib.rs");
    let at = &finding["introduced"]["location"];
    assert_eq!((at["path"].as_str(), at["line"].as_u64()), (Some(REPO), Some(16)));
    assert!(finding["introduced"]["text"].as_str().unwrap().contains("calls `db::open`"), "{finding}");

    let range = format!("{}..{}", history.pool, history.drop);
    let sarif = history.run(&["--since", &range, "--output-format", "sarif"]);
    let sarif: Value = serde_json::from_str(&sarif.stdout).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(
        (place["artifactLocation"]["uri"].as_str(), place["region"]["startLine"].as_u64()),
        (Some(REPO), Some(16))
    );
    assert_eq!(result["baselineState"], "new");
    let related = result["relatedLocations"].as_array().unwrap().iter();
    let related: Vec<&str> =
        related.map(|place| place["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap()).collect();
    let routes = "crates/server/src/routes.rs";
    assert_eq!(related, [routes, routes, REPO, "crates/db/src/lib.rs"]);
    assert_eq!(result["codeFlows"][0]["threadFlows"][0]["locations"].as_array().unwrap().len(), 4);
    let line = format!("{REPO}:16:20: ");
    for (format, place) in [
        ("concise", line.as_str()),
        ("github", "file=crates/repo/src/lib.rs,line=16,"),
        ("full", "--> crates/repo/src/lib.rs:16:20"),
    ] {
        let run = history.run(&["--since", &range, "--output-format", format]);
        assert!(run.code == 1 && run.stdout.contains(place), "{format}: {}{}", run.stdout, run.stderr);
    }
    let review = history.json_of(&["--since", &range], "github-review");
    let comment = &review["comments"][0];
    assert_eq!((comment["path"].as_str(), comment["line"].as_u64()), (Some(REPO), Some(16)));
}

#[test]
fn diff_alone_finds_it_too() {
    let history = history();
    let patch = "--- a/crates/repo/src/lib.rs\n+++ b/crates/repo/src/lib.rs\n@@ -15,2 +16,1 @@\n-    let mut conn = pool;\n\
                 -\n+    let mut conn = db::open(config).await?;\n";
    let unrelated = patch.replace("16,1", "3,1");
    history.project.overlay(INCIDENT);
    history.project.write("change.diff", patch);
    history.project.write("other.diff", &unrelated);
    let report = history.json(&["--diff", "change.diff"]);
    assert_eq!((count(&report, "findings"), &report["change"]["unchanged"]), (1, &Value::Null));
    let at = &report["findings"][0]["introduced"]["location"];
    assert_eq!((at["path"].as_str(), at["line"].as_u64()), (Some(REPO), Some(16)));
    let run = history.run(&["--diff", "other.diff"]);
    assert!(run.code == 0 && run.stdout.contains("0 on lines of the diff"), "{}{}", run.stdout, run.stderr);
    history.project.write("broken.diff", "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n x\n");
    let run = history.run(&["--diff", "broken.diff"]);
    assert!(run.code == 2 && run.stderr.contains("line 4 of the diff"), "{}", run.stderr);
}

#[test]
fn renaming_files_changes_nothing() {
    let history = history();
    let report = history.json(&["--since", &format!("{}..{}", history.drop, history.rename)]);
    assert_eq!(count(&report, "findings"), 0, "{report:#}");
    assert_eq!((&report["change"]["fixed"], &report["change"]["unchanged"]), (&Value::Array(Vec::new()), &1.into()));
    // Neither does it hide what another commit introduced.
    let report = history.json(&["--since", &format!("{}..{}", history.pool, history.rename)]);
    let at = &report["findings"][0]["introduced"]["location"];
    assert_eq!((at["path"].as_str(), at["line"].as_u64()), (Some(REPO), Some(16)));
}

#[test]
fn rollback_is_reported_as_fixed_in_every_format() {
    let history = history();
    let run = history.run(&["--since", "HEAD^"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let against = &history.rename[..10];
    assert!(
        run.stdout.contains(&format!("against `HEAD^` ({against}): 0 introduced, 1 fixed, 0 unchanged")),
        "{}",
        run.stdout
    );
    for format in FORMATS {
        let run = history.run(&["--since", "HEAD^", "--output-format", format.name]);
        let text = run.stdout.replace("&#40;", "(").replace('\\', "");
        assert!(text.contains("fixed"), "{}: {text}", format.name);
        assert!(text.contains("crates/db/src/connecting.rs"), "{}: {text}", format.name);
    }
    let report = history.json(&["--since", "HEAD^"]);
    let fixed = &report["change"]["fixed"][0];
    assert_eq!((fixed["path"].as_str(), fixed["line"].as_u64()), (Some("crates/db/src/connecting.rs"), Some(21)));
    // The other way round it is introduced.
    let back = history.json(&["--since", &format!("{}..{}", history.rollback, history.rename)]);
    assert_eq!((count(&back, "findings"), back["findings"][0]["identity"].as_str()), (1, fixed["identity"].as_str()));
}

#[test]
fn bot_updates_its_comments_by_identity_and_resolves_them() {
    let history = history();
    let pushes = [&history.drop, &history.rename, &history.rollback];
    let mut comments: BTreeMap<String, (String, String)> = BTreeMap::new();
    let mut events = Vec::new();
    for push in pushes {
        let review = history.json_of(&["--since", &format!("{}..{push}", history.pool)], "github-review");
        let wanted: BTreeMap<String, (String, String)> =
            review["comments"].as_array().unwrap().iter().map(of_comment).collect();
        for (identity, comment) in &wanted {
            events.push(if comments.contains_key(identity) { "update" } else { "create" });
            comments.insert(identity.clone(), comment.clone());
        }
        let gone: Vec<String> = comments.keys().filter(|identity| !wanted.contains_key(*identity)).cloned().collect();
        events.extend(gone.iter().map(|_| "resolve"));
        comments.retain(|identity, _| !gone.contains(identity));
    }
    assert_eq!(events, ["create", "update", "resolve"]);
    assert!(comments.is_empty());
}

/// The identity of a review's comment, its place and its text.
fn of_comment(comment: &Value) -> (String, (String, String)) {
    let body = comment["body"].as_str().unwrap();
    let marker = body.lines().next().unwrap().strip_prefix("<!-- connlint: ").unwrap();
    let identity = marker.strip_suffix(" -->").unwrap().to_owned();
    (identity, (format!("{}:{}", comment["path"], comment["line"]), body.to_owned()))
}
