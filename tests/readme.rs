//! The README says what connlint does today.

use connlint_output::{FORMATS, MAP_FORMATS};
use connlint_tests::bless::compare_part;
use connlint_tests::command::connlint;
use connlint_tests::files::{repository, text};
use connlint_tests::pipeline::lints;

const INCIDENT: &str = "fixtures/incidents/2023-10-15-connection-per-request";

#[test]
fn the_sample_is_what_connlint_prints() {
    let run = connlint(&repository(), &["check", INCIDENT, "--color", "never"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let lines = run.stdout.lines().map(|line| without_time(line).trim_end().to_owned());
    let sample = lines.collect::<Vec<_>>().join("\n");
    let block = format!("```console\n$ connlint {INCIDENT}\n{}\n```\n", sample.trim_end());
    compare_part(&repository().join("README.md"), "sample", &block);
}

#[test]
fn the_samples_of_explanations_are_what_connlint_prints() {
    let page = repository().join("docs/explaining.md");
    for (name, arguments) in
        [("why", &["why", "crates/db/src/lib.rs:21"][..]), ("routes", &["routes"]), ("budget", &["routes", "--budget"])]
    {
        let run = connlint(&repository().join(INCIDENT), arguments);
        assert_eq!(run.code, 0, "{}", run.stderr);
        let block = format!("```console\n$ connlint {}\n{}\n```\n", arguments.join(" "), run.stdout.trim_end());
        compare_part(&page, name, &block);
    }
}

/// The line without the time that the run took: `(2 entry points, 0.01 s)` becomes `(2 entry points)`.
fn without_time(line: &str) -> String {
    let Some((head, tail)) = line.rsplit_once(", ") else { return line.to_owned() };
    if tail.ends_with(" s)") { format!("{head})") } else { line.to_owned() }
}

#[test]
fn the_table_lists_all_lints() {
    let mut table = String::from("| lint | reports | category | level |\n|---|---|---|---|\n");
    let mut all = lints();
    all.sort_by_key(|lint| (lint.category, lint.name));
    for lint in all {
        table += &format!(
            "| [`{0}`](docs/lints/{0}.md) | {1} | {2} | {3} |\n",
            lint.name, lint.summary, lint.category, lint.level
        );
    }
    compare_part(&repository().join("README.md"), "lints", &table);
}

#[test]
fn the_output_formats_are_listed() {
    let mut table = String::from("| format | for |\n|---|---|\n");
    for format in FORMATS {
        table += &format!("| `{}` | {} |\n", format.name, format.readers);
    }
    compare_part(&repository().join("docs/output-formats.md"), "formats", &table);
    let names = FORMATS.iter().map(|format| format!("`{}`", format.name)).collect::<Vec<_>>().join(", ");
    let text = format!(
        "`--output-format` is one of {names} ([what each is for](docs/output-formats.md)). Every format lists what was\n\
         skipped or not understood as a notice.\n"
    );
    compare_part(&repository().join("README.md"), "formats", &text);
}

#[test]
fn the_formats_of_the_map_are_listed() {
    let mut table = String::from("| `--format` | for |\n|---|---|\n");
    for format in MAP_FORMATS {
        table += &format!("| `{}` | {} |\n", format.name, format.readers);
    }
    compare_part(&repository().join("docs/explaining.md"), "map-formats", &table);
}

#[test]
fn both_commands_stand_first_and_ci_runs_them() {
    let (readme, ci) = (text(&repository().join("README.md")), text(&repository().join(".ci/run")));
    let block = readme.split("```sh\n").nth(1).and_then(|rest| rest.split("```").next()).expect("README has commands");
    let commands: Vec<&str> = block.lines().filter(|l| !l.is_empty() && !l.starts_with('#')).collect();
    let [first, second] = commands.as_slice() else { panic!("two commands first, not {commands:?}") };
    assert!(first.contains(INCIDENT), "{first}");
    assert_eq!(*second, "cargo test --workspace");
    for command in commands {
        assert!(ci.contains(command), ".ci/run does not run `{command}`");
    }
}
