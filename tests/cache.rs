//! The cache of reports and of facts: what comes out of it is what an analysis would say, whatever changed before.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use connlint_tests::command::{Run, command, connlint, finish};
use connlint_tests::edits::spaced;
use connlint_tests::files::{files_below, fixtures, folders};
use connlint_tests::git::Git;
use connlint_tests::project::Project;
use fastrand::Rng;
use tempfile::TempDir;

const INCIDENT: &str = "incidents/2023-10-15-connection-per-request";
const REPAIRED: &str = "incidents/2023-10-15-connection-per-request-repaired";
const MAIN: &str = "crates/server/src/main.rs";
const JSON: &[&str] = &["--output-format", "json"];

/// A folder for reports, outside of what is analysed.
struct Cache(TempDir);

impl Cache {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn run(&self, folder: &Path, arguments: &[&str]) -> Run {
        let cache = self.0.path().display().to_string();
        connlint(folder, &[arguments, &["--cache-dir", &cache]].concat())
    }

    /// The reports that are kept.
    fn reports(&self) -> Vec<PathBuf> {
        files_below(self.0.path(), &["report"])
    }

    /// The packs of facts that are kept.
    fn facts(&self) -> Vec<PathBuf> {
        files_below(self.0.path(), &["facts"])
    }

    /// Runs with the cache twice, and once without it: what they say is the same.
    #[track_caller]
    fn says_the_same(&self, folder: &Path, arguments: &[&str]) -> Run {
        let expected = connlint(folder, &[arguments, &["--no-cache"]].concat());
        for round in ["first", "second"] {
            let run = self.run(folder, arguments);
            assert_eq!(run.stdout, expected.stdout, "{round} run with {arguments:?}");
            assert_eq!((run.code, &run.stderr), (expected.code, &expected.stderr), "{round} run with {arguments:?}");
        }
        expected
    }
}

#[test]
fn all_fixtures_of_incidents_are_replayed_in_every_machine_readable_format() {
    let cache = Cache::new();
    for root in folders(&fixtures().join("incidents")) {
        for format in ["json", "sarif", "junit", "github", "cargo", "markdown", "agent", "gitlab"] {
            cache.says_the_same(&root, &["--pedantic", "--output-format", format]);
        }
    }
}

#[test]
fn whatever_changes_the_report_is_analysed_again() {
    let (cache, project) = (Cache::new(), Project::of_fixture(INCIDENT));
    let root = project.root();
    let main = project.text(MAIN);
    let mut said: Vec<String> = Vec::new();
    let mut changed = |what: &str| {
        let run = cache.says_the_same(root, JSON);
        assert!(said.last() != Some(&run.stdout), "{what} does not change the report");
        said.push(run.stdout);
    };
    changed("the beginning");
    project.write(MAIN, &format!("\n\n{main}"));
    changed("two lines");
    project.write(MAIN, &main);
    changed("the text as it was");
    project.write("connlint.toml", "[lints]\nconnection-per-request = \"warn\"\n");
    changed("settings");
    project.write("connlint.toml", "[lints]\nconnection-per-request = \"off\"\n");
    changed("other settings");
    fs::remove_file(root.join("connlint.toml")).unwrap();
    changed("no settings");
    project.write("crates/server/src/extra.rs", "pub fn one() {\n");
    changed("a file of no module tree");
    project.write(MAIN, &format!("mod extra;\n{main}"));
    changed("the module's declaration");
    project.rename("crates/server/src/extra.rs", "crates/server/src/renamed.rs");
    changed("a renamed module");
    fs::remove_file(root.join("crates/server/src/renamed.rs")).unwrap();
    changed("a deleted module");
    project.write("crates/db/src/extra.rs", "#[macro_export]\nmacro_rules! extra { () => { missing!() } }\n");
    changed("a macro");
    project.write(MAIN, &format!("{main}\ndb::extra!();\n"));
    changed("a call of the macro");
    project.write("crates/db/src/extra.rs", "#[macro_export]\nmacro_rules! extra { () => { mod missing; } }\n");
    changed("another meaning of the macro");
    project.write(MAIN, "fn main() {}\n");
    changed("another program");
}

#[cfg(unix)]
#[test]
fn only_what_changed_is_lowered_again() {
    use std::os::unix::fs::MetadataExt;

    let (cache, project) = (Cache::new(), Project::of_fixture(INCIDENT));
    // A pack that is written again is another file, and it is written where a file was lowered.
    let pack = || {
        let packs = cache.facts();
        assert_eq!(packs.len(), 1);
        (packs[0].metadata().unwrap().ino(), fs::read(&packs[0]).unwrap().len())
    };
    cache.run(project.root(), &[]);
    let first = pack();
    for arguments in [&["-A", "all"][..], &["--pedantic"]] {
        cache.says_the_same(project.root(), &[arguments, JSON].concat());
        assert_eq!(pack(), first, "nothing is lowered for other levels");
    }
    let main = project.text(MAIN);
    project.write(MAIN, &format!("{main}\n\n"));
    cache.says_the_same(project.root(), JSON);
    let second = pack();
    assert!(second.0 != first.0 && second.1 > first.1, "the facts of the other state are kept");
    project.write(MAIN, &main);
    cache.says_the_same(project.root(), JSON);
    assert_eq!(pack(), second, "both states are at hand");
    project.rename(MAIN, "crates/server/src/other.rs");
    cache.says_the_same(project.root(), JSON);
    fs::create_dir_all(project.root().join("crates/server/src/bin")).unwrap();
    project.rename("crates/server/src/other.rs", "crates/server/src/bin/server.rs");
    cache.says_the_same(project.root(), JSON);
}

#[cfg(unix)]
#[test]
fn commands_that_explain_take_the_facts_of_check_and_say_the_same() {
    use std::os::unix::fs::MetadataExt;

    let (cache, project) = (Cache::new(), Project::of_fixture(INCIDENT));
    let root = project.root();
    let main = project.text(MAIN);
    let place = format!("{MAIN}:{}", 1 + main.lines().position(|line| line.contains("repo::migrate")).unwrap());
    let commands: [&[&str]; 6] =
        [&["why", &place], &["routes"], &["routes", "--budget"], &["config-of", &place], &["capacity"], &["map"]];
    let pack = || cache.facts().iter().map(|pack| pack.metadata().unwrap().ino()).collect::<Vec<_>>();
    cache.run(root, &[]);
    let of_check = pack();
    assert_eq!(of_check.len(), 1);
    let all_say_the_same = || commands.iter().for_each(|command| _ = cache.says_the_same(root, command));
    all_say_the_same();
    assert_eq!(pack(), of_check, "no file of it has tests, so nothing is lowered again");
    project.write(MAIN, &format!("{main}\n#[test]\nfn nothing_is_missing() {{ missing(); }}\n"));
    all_say_the_same();
    assert_ne!(pack(), of_check, "what they lower, they keep");
    let of_why = pack();
    all_say_the_same();
    assert_eq!(pack(), of_why);
    cache.says_the_same(root, JSON);
}

#[test]
fn after_any_edits_what_is_replayed_is_what_an_analysis_finds() {
    let (cache, project) = (Cache::new(), Project::of_fixture(INCIDENT));
    let mut random = Rng::with_seed(8);
    let main = project.text(MAIN);
    for _ in 0..6 {
        let text = match random.usize(..4) {
            0 => main.clone(),
            1 => main.replace("async ", ""),
            _ => spaced(&project.text(MAIN), &mut random),
        };
        project.write(MAIN, &text);
        cache.says_the_same(project.root(), JSON);
    }
}

#[test]
fn arguments_have_reports_of_their_own() {
    let (cache, project) = (Cache::new(), Project::of_fixture(INCIDENT));
    let root = project.root();
    let arguments: &[&[&str]] = &[
        &[],
        &["--pedantic"],
        &["-A", "connection-per-request"],
        &["-W", "connection-per-request"],
        &["--no-suppressions"],
        &["--include-tests"],
        &["--no-config"],
        &["--min-confidence", "high"],
        &[MAIN],
        &["-v"],
        &["-j", "1"],
        &["--limit", "1"],
    ];
    for arguments in arguments {
        cache.says_the_same(root, &[arguments, JSON].concat());
    }
    for arguments in arguments.iter().rev() {
        cache.says_the_same(root, &[arguments, JSON].concat());
    }
}

#[test]
fn branches_between_which_one_switches_keep_their_reports() {
    let (cache, project) = (Cache::new(), Project::of_fixture(REPAIRED));
    let git = Git::init(project.root());
    let base = git.commit_all("one");
    let repaired = cache.says_the_same(project.root(), JSON).stdout;
    git.switch("topic", &base);
    project.overlay(INCIDENT);
    let incident = cache.says_the_same(project.root(), JSON).stdout;
    assert_ne!(repaired, incident);
    let kept = cache.reports();
    assert_eq!(kept.len(), 2);
    for (fixture, said) in [(REPAIRED, &repaired), (INCIDENT, &incident), (REPAIRED, &repaired)] {
        project.overlay(fixture);
        assert_eq!(cache.says_the_same(project.root(), JSON).stdout, *said);
    }
    assert_eq!(cache.reports(), kept);
}

#[cfg(unix)]
#[test]
fn an_unchanged_tree_is_replayed_and_a_changed_one_is_not() {
    use std::os::unix::fs::MetadataExt;

    let (cache, project) = (Cache::new(), Project::of_fixture(INCIDENT));
    // A report that is written again is another file.
    let files = || cache.reports().iter().map(|path| path.metadata().unwrap().ino()).collect::<Vec<_>>();
    cache.run(project.root(), &[]);
    let first = files();
    assert_eq!(first.len(), 1);
    project.write("README.md", "nothing reads this");
    cache.run(project.root(), &[]);
    assert_eq!(files(), first);
    project.write(MAIN, &format!("{}\n", project.text(MAIN)));
    cache.run(project.root(), &[]);
    assert_eq!(files().len(), 2);
}

#[test]
fn a_suppression_ends_on_its_day_in_replayed_reports_too() {
    let (cache, project) = (Cache::new(), Project::of_fixture(INCIDENT));
    let uncached = connlint(project.root(), JSON);
    let found: serde_json::Value = serde_json::from_str(&uncached.stdout).unwrap();
    let place = &found["findings"][0]["location"];
    let (file, line) = (place["path"].as_str().unwrap(), place["line"].as_u64().unwrap() as usize);
    let text = project.text(file);
    let mut lines: Vec<&str> = text.lines().collect();
    lines.insert(line - 1, "// connlint: allow(connection-per-request, until 2027-01-31) known");
    project.write(file, &lines.join("\n"));
    // The days before the end, the end, the day before.
    for (seconds, code) in [("1798000000", 0), ("1801353600", 1), ("1801267200", 0), ("1901353600", 1)] {
        let folder = cache.0.path().display().to_string();
        let run = |arguments: &[&str]| {
            let mut command = command("connlint");
            command.args(arguments).args(JSON).env("SOURCE_DATE_EPOCH", seconds).current_dir(project.root());
            finish(&mut command)
        };
        let (cached, uncached) = (run(&["--cache-dir", &folder]), run(&["--no-cache"]));
        assert_eq!(cached.stdout, uncached.stdout, "{seconds}");
        assert_eq!((cached.code, uncached.code), (code, code), "{seconds}: {}", uncached.stdout);
    }
}

#[test]
fn what_was_damaged_is_not_replayed() {
    let (cache, project) = (Cache::new(), Project::of_fixture(INCIDENT));
    let expected = cache.says_the_same(project.root(), JSON).stdout;
    for damage in
        [&(|bytes: &mut Vec<u8>| bytes.truncate(100)) as &dyn Fn(&mut Vec<u8>), &|bytes| bytes.clear(), &|bytes| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
        }]
    {
        for kept in [cache.reports().remove(0), cache.facts().remove(0)] {
            let mut bytes = fs::read(&kept).unwrap();
            damage(&mut bytes);
            fs::write(&kept, bytes).unwrap();
        }
        assert_eq!(cache.run(project.root(), JSON).stdout, expected);
    }
}

#[test]
fn runs_at_the_same_time_see_whole_reports_only() {
    let (cache, project) = (Cache::new(), Project::of_fixture(INCIDENT));
    let expected = connlint(project.root(), JSON).stdout;
    thread::scope(|scope| {
        let runs: Vec<_> = (0..8).map(|_| scope.spawn(|| cache.run(project.root(), JSON))).collect();
        for run in runs {
            let run = run.join().unwrap();
            assert_eq!((run.stdout, run.stderr.as_str()), (expected.clone(), ""));
        }
    });
    assert_eq!(cache.reports().len(), 1);
    let left: Vec<_> = all_files(cache.0.path());
    assert_eq!(left.len(), 3, "{left:?}: the report, the facts and the tag");
}

fn all_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { all_files(&path) } else { vec![path] }).collect()
}

#[test]
fn without_a_place_to_write_to_a_run_does_without() {
    let (cache, project) = (Cache::new(), Project::of_fixture(INCIDENT));
    let file = cache.0.path().join("file");
    fs::write(&file, "").unwrap();
    let expected = connlint(project.root(), JSON);
    let run = connlint(project.root(), &[JSON, &["--cache-dir", &file.join("cache").display().to_string()]].concat());
    assert_eq!((run.stdout, run.stderr, run.code), (expected.stdout, expected.stderr, expected.code));
}

#[test]
fn no_cache_is_kept_in_what_is_analysed() {
    let project = Project::of_fixture(INCIDENT);
    let run = connlint(project.root(), &["--cache-dir", "target/cache"]);
    assert_eq!(run.code, 2, "{}", run.stdout);
    assert!(run.stderr.contains("must not lie in the analysed folder"), "{}", run.stderr);
    for variable in ["XDG_CACHE_HOME", "HOME", "LOCALAPPDATA", "CONNLINT_CACHE_DIR"] {
        let mut command = command("connlint");
        command.env_remove("CONNLINT_CACHE_DIR").env_remove("XDG_CACHE_HOME");
        finish(command.env(variable, project.root()).current_dir(project.root()));
    }
    assert_eq!(all_files(project.root()).len(), all_files(&fixtures().join(INCIDENT)).len());
}

#[cfg(not(windows))]
#[test]
fn reports_are_kept_in_the_users_folder_unless_that_is_refused() {
    let (home, project) = (tempfile::tempdir().unwrap(), Project::of_fixture(INCIDENT));
    let run = |arguments: &[&str]| {
        let mut command = command("connlint");
        command.env_remove("CONNLINT_CACHE_DIR").env_remove("XDG_CACHE_HOME").env("HOME", home.path());
        finish(command.args(arguments).current_dir(project.root()))
    };
    run(&["--no-cache"]);
    assert_eq!(all_files(home.path()), Vec::<PathBuf>::new());
    run(&[]);
    assert_eq!(
        all_files(&home.path().join(if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" })).len(),
        3
    );
}
