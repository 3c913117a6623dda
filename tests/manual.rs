//! What connlint says of itself: completions and manual pages have the flags of the help, lists have all lints.

use std::collections::BTreeSet;
use std::process::Command;

use connlint_diagnostics::Category;
use connlint_tests::command::{Run, connlint, finish};
use connlint_tests::files::repository;
use connlint_tests::pipeline::lints;

fn run(arguments: &[&str]) -> Run {
    let run = connlint(&repository(), arguments);
    assert_eq!(run.code, 0, "{arguments:?}: {}", run.stderr);
    run
}

/// The long options that the help of a command lists.
fn options(command: &[&str]) -> BTreeSet<String> {
    let help = run(&[command, &["--help"]].concat()).stdout;
    let names = help.lines().filter_map(|line| {
        let line = line.trim_start();
        let (_, rest) = line.split_once("--").filter(|_| line.starts_with('-'))?;
        Some(rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect::<String>())
    });
    names.filter(|name| !name.is_empty()).collect()
}

#[test]
fn completions_of_each_shell_have_all_options_and_commands() {
    let (all, of_map) = (options(&[]), options(&["map"]));
    assert!(all.contains("fix-diff") && of_map.len() > 3, "{all:?}");
    for shell in ["bash", "zsh", "fish", "powershell", "nushell", "elvish"] {
        let script = run(&["completions", shell]).stdout;
        let missing: Vec<&String> = all.union(&of_map).filter(|name| !script.contains(name.as_str())).collect();
        assert!(missing.is_empty(), "{shell} does not complete {missing:?}");
        assert!(["routes", "config-of", "completions"].iter().all(|command| script.contains(command)), "{shell}");
    }
    assert_eq!(connlint(&repository(), &["completions", "tcsh"]).code, 2);
}

/// What bash completes the last word to.
fn completed(words: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("connlint.bash");
    std::fs::write(&script, run(&["completions", "bash"]).stdout).unwrap();
    let code = "source \"$1\"; COMP_WORDS=($2); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); \
                _connlint connlint \"${COMP_WORDS[-1]}\" \"${COMP_WORDS[-2]}\"; echo \"${COMPREPLY[*]}\"";
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-c", code, "bash"]).arg(&script).arg(words);
    let run = finish(&mut bash);
    assert_eq!(run.code, 0, "{}", run.stderr);
    run.stdout.trim_end().to_owned()
}

#[test]
fn bash_completes_commands_options_and_values() {
    assert_eq!(completed("connlint ro"), "routes");
    assert_eq!(completed("connlint check --fix-d"), "--fix-diff");
    assert_eq!(completed("connlint check --output-format sa"), "sarif");
}

#[test]
fn manual_pages_have_all_options() {
    for command in [&[][..], &["map"], &["models", "suggest"]] {
        let page = run(&[&["man"], command].concat()).stdout.replace("\\-", "-");
        assert!(
            page.contains(".TH connlint") && page.contains(concat!("connlint ", env!("CARGO_PKG_VERSION"))),
            "{page}"
        );
        let missing: Vec<String> =
            options(command).into_iter().filter(|name| !page.contains(&format!("--{name}"))).collect();
        assert!(missing.is_empty(), "{command:?} lacks {missing:?}");
    }
    let mistaken = connlint(&repository(), &["man", "routs"]);
    assert_eq!(mistaken.code, 2);
    assert!(mistaken.stderr.contains("did you mean `routes`?"), "{}", mistaken.stderr);
}

#[test]
fn list_of_lints_as_json_has_all_of_them() {
    let list: serde_json::Value = serde_json::from_str(&run(&["lints", "--output-format", "json"]).stdout).unwrap();
    let listed: BTreeSet<&str> =
        list["lints"].as_array().unwrap().iter().map(|lint| lint["name"].as_str().unwrap()).collect();
    assert_eq!(listed, lints().iter().map(|lint| lint.name).collect());
    assert_eq!((&list["version"], &list["tool"]["name"]), (&1.into(), &"connlint".into()));
}

#[test]
fn category_explains_its_lints() {
    for category in Category::ALL {
        let out = run(&["explain", category.name()]).stdout;
        for lint in lints() {
            let begins = format!("\n{}: {}", lint.name, lint.summary);
            assert_eq!(out.contains(&begins), lint.category == *category, "{} in {category}", lint.name);
        }
    }
}
