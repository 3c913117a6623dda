//! What editors read: the messages of `cargo check --message-format=json`, by the parser of rust-analyzer.

use std::collections::BTreeSet;
use std::path::Path;

use cargo_metadata::Message;
use cargo_metadata::diagnostic::{Applicability, DiagnosticLevel, DiagnosticSpan};
use connlint_tests::command::connlint;
use connlint_tests::files::fixtures;
use connlint_tests::project::Project;
use connlint_tests::workspace::workspace;

/// The messages of a run; text that is none is a mistake.
fn messages(folder: &Path, arguments: &[&str]) -> Vec<Message> {
    let run = connlint(folder, &[&["--message-format=json"], arguments].concat());
    let messages: Vec<Message> =
        Message::parse_stream(run.stdout.as_bytes()).collect::<Result<_, _>>().expect("messages of cargo");
    let text = messages.iter().find(|message| matches!(message, Message::TextLine(_)));
    assert!(text.is_none(), "{text:?}: {}", run.stderr);
    messages
}

#[test]
fn finding_is_one_diagnostic_with_its_path_as_labelled_spans() {
    let root = fixtures().join("incidents/2023-10-15-connection-per-request");
    let messages = messages(&root, &[]);
    let Some(Message::CompilerMessage(message)) = messages.first() else { panic!("{messages:?}") };
    assert_eq!(message.target.name, "db");
    let found = &message.message;
    assert_eq!(found.code.as_ref().map(|code| code.code.as_str()), Some("connlint::connection-per-request"));
    assert_eq!(found.level, DiagnosticLevel::Error);
    let primary: Vec<_> = found.spans.iter().filter(|span| span.is_primary).collect();
    assert_eq!(primary.len(), 1);
    assert!(Path::new(&primary[0].file_name).is_file(), "{}", primary[0].file_name);
    assert_eq!((primary[0].line_start, primary[0].column_start, primary[0].column_end), (21, 5, 39));
    let labels: Vec<&str> = found.spans.iter().filter_map(|span| span.label.as_deref()).collect();
    assert_eq!(labels, ["opened here", "1. handler of `GET /users`", "2. calls `repo::all`", "3. calls `db::open`"]);
    assert!(found.children.iter().any(|child| child.message.contains("/docs/lints/connection-per-request.md")));
    assert!(found.rendered.as_ref().is_some_and(|text| text.starts_with("error[connection-per-request]")));
    let artifacts = messages.iter().filter(|message| matches!(message, Message::CompilerArtifact(_))).count();
    assert_eq!(artifacts, 3, "a package that has no message any more is cleared");
    assert!(matches!(messages.last(), Some(Message::BuildFinished(finished)) if !finished.success));
}

#[test]
fn fix_is_a_quick_fix_with_all_its_edits() {
    let project = Project::of_fixture("driver-not-spawned/fires-never-polled");
    let messages = messages(project.root(), &[]);
    let fixes = messages.iter().filter_map(|message| match message {
        Message::CompilerMessage(message) => {
            let fix = message.message.children.iter().find(|child| !child.spans.is_empty());
            fix.map(|fix| (&message.message.spans, fix))
        }
        _ => None,
    });
    let (found, fix) = fixes.into_iter().next().expect("a fix");
    assert_eq!(fix.message, "run the driver in a task of its own");
    // rust-analyzer offers the fix at its spans: at what was found too, which no edit changes.
    let (spans, anchors): (Vec<_>, Vec<_>) = fix.spans.iter().partition(|span| span.suggested_replacement.is_some());
    let places =
        |spans: &[&DiagnosticSpan]| spans.iter().map(|span| (span.byte_start, span.byte_end)).collect::<Vec<_>>();
    let found: Vec<_> = found.iter().filter(|span| span.is_primary).collect();
    assert!(places(&anchors) == places(&found) && anchors.iter().all(|span| span.is_primary), "{anchors:?}");
    assert!(spans.iter().all(|span| span.suggestion_applicability == Some(Applicability::MachineApplicable)));
    let texts: Vec<&str> = spans.iter().filter_map(|span| span.suggested_replacement.as_deref()).collect();
    assert_eq!((texts.len(), texts[0]), (2, "connection"));
    assert!(texts[1].starts_with("    tokio::spawn(async move {\n") && texts[1].ends_with("    });\n"), "{texts:?}");
    assert_eq!((spans[1].line_start, spans[1].column_start, spans[1].column_end), (spans[0].line_start + 1, 1, 1));
}

#[test]
fn project_without_findings_clears_everything() {
    let root = fixtures().join("incidents/2023-10-15-connection-per-request-repaired");
    let messages = messages(&root, &[]);
    assert!(!messages.iter().any(|message| matches!(message, Message::CompilerMessage(_))), "{messages:?}");
    assert!(matches!(messages.last(), Some(Message::BuildFinished(finished)) if finished.success));
}

#[test]
fn packages_have_the_ids_of_cargo() {
    let root = workspace(
        "//- Cargo.toml\n[workspace]\nresolver = \"3\"\nmembers = [\"a\", \"other\"]\n\
         //- a/Cargo.toml\n[package]\nname = \"a\"\nversion = \"1.2.3\"\nedition = \"2024\"\n//- a/src/lib.rs\n\n\
         //- other/Cargo.toml\n[package]\nname = \"b\"\nversion = \"0.1.0\"\nedition = \"2024\"\n//- other/src/main.rs\nfn main() {}\n",
    );
    let mut command = cargo_metadata::MetadataCommand::new();
    let metadata = command.current_dir(root.path().canonicalize().unwrap()).no_deps().exec().expect("cargo runs");
    let mut expected: Vec<String> = metadata.packages.iter().map(|package| package.id.repr.clone()).collect();
    expected.sort();
    let mut ids: Vec<String> = messages(root.path(), &[])
        .into_iter()
        .filter_map(|message| match message {
            Message::CompilerArtifact(artifact) => Some(artifact.package_id.repr),
            _ => None,
        })
        .collect();
    ids.sort();
    assert_eq!(ids, expected);
}

#[test]
fn notices_about_code_have_a_place() {
    let root = workspace(
        "//- Cargo.toml\n[package]\nname = \"a\"\nedition = \"2024\"\n//- src/main.rs\n// connlint: allow x-y\nfn main() {}\n",
    );
    let messages = messages(root.path(), &[]);
    let notice = messages.iter().find_map(|message| match message {
        Message::CompilerMessage(message) if !message.message.spans.is_empty() => Some(&message.message),
        _ => None,
    });
    let notice = notice.expect("a message with a place");
    assert_eq!(notice.code.as_ref().map(|code| code.code.as_str()), Some("connlint::bad-suppression"));
    assert_eq!((notice.spans[0].line_start, notice.spans[0].is_primary), (1, true));
}

#[test]
fn messages_of_the_compiler_are_forwarded() {
    let root = workspace(
        "//- Cargo.toml\n[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2024\"\n//- src/main.rs\nfn main() {\n    let unused = 1;\n}\n",
    );
    let codes = |arguments: &[&str]| -> (Vec<String>, Vec<bool>) {
        let messages = messages(root.path(), arguments);
        let codes = messages.iter().filter_map(|message| match message {
            Message::CompilerMessage(message) => message.message.code.as_ref().map(|code| code.code.clone()),
            _ => None,
        });
        let finished = messages.iter().filter_map(|message| match message {
            Message::BuildFinished(finished) => Some(finished.success),
            _ => None,
        });
        (codes.filter(|code| !code.starts_with("connlint::")).collect(), finished.collect())
    };
    assert_eq!(codes(&["--with-check", "--offline"]), (vec!["unused_variables".to_owned()], vec![true]));
    assert_eq!(codes(&[]), (Vec::new(), vec![true]), "cargo runs only if it is asked for");
    std::fs::write(root.path().join("src/main.rs"), "fn main() {\n    missing();\n}\n").unwrap();
    assert_eq!(codes(&["--with-check=check", "--offline"]), (vec!["E0425".to_owned()], vec![false]));
    assert_eq!(connlint(root.path(), &["--with-check", "--offline", "--message-format=short"]).code, 1);
}

#[test]
fn compiler_checks_the_part_that_is_reported() {
    let package = |name: &str| format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
    let wrong = "fn main() {\n    missing();\n}\n";
    let root = workspace(&format!(
        "//- Cargo.toml\n[workspace]\nmembers = [\"a\", \"b\"]\n{}//- src/main.rs\nfn main() {{}}\n\
         //- a/Cargo.toml\n{}//- a/src/main.rs\n{wrong}//- b/Cargo.toml\n{}//- b/src/main.rs\n{wrong}",
        package("top"),
        package("a"),
        package("b"),
    ));
    let wrong_packages = |folder: &str, arguments: &[&str]| -> BTreeSet<String> {
        let arguments = [&["--with-check", "--offline"], arguments].concat();
        let messages = messages(&root.path().join(folder), &arguments).into_iter();
        let names = messages.filter_map(|message| match message {
            Message::CompilerMessage(message) => {
                let code = message.message.code.map(|code| code.code);
                code.is_some_and(|code| code == "E0425").then_some(message.target.name)
            }
            _ => None,
        });
        names.collect()
    };
    let of = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    // cargo ends with the first package that does not compile, whichever that is.
    assert!(!wrong_packages("", &[]).is_empty(), "a package in the root is not the whole workspace");
    assert_eq!(wrong_packages("a", &[]), of(&["a"]));
    assert_eq!(wrong_packages("b/src", &[]), of(&["b"]));
    assert_eq!(wrong_packages("a", &["-p", "b"]), of(&["b"]));
    assert_eq!(wrong_packages("", &["src/main.rs", "-p", "top"]), of(&[]));
}
