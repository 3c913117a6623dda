//! `[budget]` and `[capacity]` of `connlint.toml`, as users meet them.

use std::fs;
use std::path::Path;

use connlint_tests::command::{Run, connlint};
use connlint_tests::files::repository;
use expect_test::expect;
use serde_json::Value;
use tempfile::TempDir;

/// A copy of a fixture with other settings.
fn fixture(path: &str, settings: &str) -> TempDir {
    let from = repository().join("fixtures").join(path);
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("src")).unwrap();
    for file in ["Cargo.toml", "src/main.rs"] {
        fs::copy(from.join(file), folder.path().join(file)).unwrap();
    }
    fs::write(folder.path().join("connlint.toml"), settings).unwrap();
    folder
}

const HELPERS: &str = "budget-exceeded/fires-queries-of-helpers";
const FLEET: &str = "capacity-exceeded/fires-processes-of-a-fleet";

/// The findings of a lint, and all that was said.
fn check(folder: &Path, lint: &str) -> (usize, Run) {
    let run = connlint(folder, &["check", "-v"]);
    (run.stdout.matches(&format!("[{lint}]: ")).count(), run)
}

#[test]
fn figures_are_shown_with_the_budget_that_the_code_keeps() {
    let folder = fixture(HELPERS, "[budget]\nqueries = 4\n[[budget.routes]]\nroutes = [\"/one\"]\nconnections = 1\n");
    let run = connlint(folder.path(), &["routes", "--budget"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    expect![[r#"
        connections  queries  route
                  1   5 of 4  GET /figures  (request handler `be_fires_queries_of_helpers::figures`)
             1 of 1   1 of 4  GET /one  (request handler `be_fires_queries_of_helpers::one`)

        2 entry points: 2 with a budget, 1 over it

        # The smallest budget that the code keeps as it is, for `connlint.toml`:
        [budget]
        connections = 1
        queries = 5

    "#]]
    .assert_eq(&run.stdout);
}

#[test]
fn the_budget_that_is_shown_is_kept() {
    for path in
        [HELPERS, "budget-exceeded/fires-query-for-each-item", "budget-exceeded/fires-connections-of-three-functions"]
    {
        let folder = fixture(path, "");
        let shown = connlint(folder.path(), &["routes", "--budget"]).stdout;
        let (_, settings) = shown.split_once("for `connlint.toml`:\n").unwrap();
        fs::write(folder.path().join("connlint.toml"), settings).unwrap();
        let (found, run) = check(folder.path(), "budget-exceeded");
        assert_eq!(found, 0, "{path}: {settings}\n{}{}", run.stdout, run.stderr);
    }
}

#[test]
fn figures_as_json_say_where_they_come_from() {
    let folder = fixture(HELPERS, "[budget]\nqueries = 4\n");
    let run = connlint(folder.path(), &["routes", "--budget", "--route", "figures", "--format", "json"]);
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    let of = |key: &str| document.pointer(&format!("/entry_points/0/{key}")).cloned().unwrap_or_default();
    assert_eq!((&document["document"], of("route")), (&"budget".into(), "GET /figures".into()));
    let queries = serde_json::json!({ "least": 5, "unbounded": false, "open": false, "budget": 4, "exceeded": true });
    assert_eq!(of("queries"), queries);
    let times: Vec<i64> = of("issued").as_array().unwrap().iter().map(|one| one["times"].as_i64().unwrap()).collect();
    assert_eq!((times, of("taken_at/0/line")), (vec![1, 1, 1, 2], 14.into()));
}

#[test]
fn later_budgets_of_routes_win_and_patterns_of_nothing_are_named() {
    let budgets = |queries: &str| {
        format!(
            "[budget]\nqueries = 100\n[[budget.routes]]\nroutes = [\"/fig*\"]\nqueries = 1\n\
             [[budget.routes]]\nroutes = [\"GET /figures\", \"/gone\"]\nqueries = {queries}\n"
        )
    };
    let (found, run) = check(fixture(HELPERS, &budgets("\"unlimited\"")).path(), "budget-exceeded");
    assert_eq!(found, 0, "{}", run.stdout);
    assert!(
        run.stdout.contains("`connlint.toml` has a budget for `/gone`, which no entry point matches"),
        "{}",
        run.stdout
    );
    let (found, run) = check(fixture(HELPERS, &budgets("3")).path(), "budget-exceeded");
    assert!(found == 1 && run.stdout.contains("issues 5 queries: its budget is 3"), "{}", run.stdout);
}

#[test]
fn nothing_is_reported_where_nothing_is_declared() {
    for path in [HELPERS, FLEET] {
        let folder = fixture(path, "");
        for lint in ["budget-exceeded", "capacity-exceeded"] {
            let (found, run) = check(folder.path(), lint);
            assert_eq!(found, 0, "{}", run.stdout);
        }
    }
}

#[test]
fn what_is_not_known_is_named_and_never_reported() {
    let quiet = "capacity-exceeded/quiet-size-out-of-the-environment";
    let (found, run) =
        check(fixture(quiet, "[capacity]\nreplicas = 6\nserver-limit = 10\n").path(), "capacity-exceeded");
    assert_eq!(found, 0, "{}", run.stdout);
    assert!(run.stdout.contains("notice[unchecked-limit]"), "{}", run.stdout);
    assert!(run.stdout.contains("it depends on `env::var(\"POOL_SIZE\")`"), "{}", run.stdout);
    let settings = "[capacity]\nreplicas = { gone = 6 }\nserver-limit = 10\n";
    let (found, run) = check(fixture(FLEET, settings).path(), "capacity-exceeded");
    assert_eq!(found, 0, "{}", run.stdout);
    for part in ["names `gone`, which is no program, server or value here", "does not say how many processes"] {
        assert!(run.stdout.contains(part), "{part}: {}", run.stdout);
    }
}

#[test]
fn capacity_takes_from_the_settings_what_its_options_do_not_say() {
    let folder = fixture(FLEET, "[capacity]\nreplicas = { ce-fires-processes-of-a-fleet = 6 }\nserver-limit = 130\n");
    let run = connlint(folder.path(), &["capacity"]);
    assert_eq!(run.code, 1, "{}", run.stdout);
    assert!(run.stdout.contains("all processes: 120 of 130"), "{}", run.stdout);
    let run = connlint(folder.path(), &["capacity", "--replicas", "3"]);
    assert!(run.code == 0 && run.stdout.contains("all processes: 60 of 130"), "{}", run.stdout);
    let settings = "[capacity]\nreplicas = 6\nserver-limit = 130\nrolling-deploy = false\n";
    let run = connlint(fixture(FLEET, settings).path(), &["capacity"]);
    assert!(run.code == 0 && !run.stdout.contains("side by side"), "{}", run.stdout);
}

#[test]
fn settings_that_are_no_limits_are_refused() {
    for (settings, says) in [
        ("[budget]\nqueries = \"many\"\n", "expected a number, or \"unlimited\""),
        ("[budget]\nqueries = -1\n", "expected a number from 0 on"),
        ("[budget]\nquerys = 1\n", "did you mean `queries`?"),
        ("[[budget.routes]]\nqueries = 1\n", "missing field `routes`"),
        ("[capacity]\nreplicas = \"two\"\n", "a number, or a table of numbers by name"),
        ("[capacity]\nserver_limit = 1\n", "did you mean `server-limit`?"),
    ] {
        let folder = fixture(HELPERS, settings);
        let run = connlint(folder.path(), &[]);
        assert!(run.code == 2 && run.stderr.contains(says), "{settings}: {}", run.stderr);
    }
}

#[test]
fn settings_that_are_shown_mean_the_same() {
    let settings = "[budget]\nqueries = 4\n\n[[budget.routes]]\nroutes = [\"/a \\\"b\\\"\"]\nconnections = \"unlimited\"\n\n\
                    [capacity]\nreplicas = 2\nserver-limit = { \"env::var(\\\"X\\\")\" = 3 }\nvalues = { workers = 8 }\n";
    let folder = fixture(HELPERS, settings);
    // Without the files that the values come from.
    let values = |text: &str| text.lines().map(|line| line.split(" #").next().unwrap().to_owned()).collect::<Vec<_>>();
    let shown = connlint(folder.path(), &["config"]).stdout;
    fs::write(folder.path().join("connlint.toml"), &shown).unwrap();
    let again = connlint(folder.path(), &["config"]);
    assert_eq!((again.code, values(&again.stdout)), (0, values(&shown)), "{}", again.stderr);
    for part in ["queries = 4 #", "connections = \"unlimited\"", "\"workers\" = 8", "rolling-deploy = true"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}
