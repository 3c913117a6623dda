//! Input that was made to break the reader: it costs notices, never the run.

use std::fs;
use std::path::Path;

use connlint_diagnostics::Report;
use connlint_facts::NoticeKind;
use connlint_output::FORMATS;
use connlint_parser::Limits;
use connlint_tests::command::connlint;
use connlint_tests::files::{fixtures, folders, shown};
use connlint_tests::fixture::{compare, marks_below};
use connlint_tests::pipeline::{analyse, emitted};

fn analysed(name: &str) -> Report {
    analyse(&fixtures().join("hostile").join(name), &Limits::default())
}

fn has(report: &Report, kind: NoticeKind) -> bool {
    report.notices.iter().any(|notice| notice.kind == kind)
}

#[test]
fn what_can_be_read_is_analysed() {
    let mut differences = Vec::new();
    for root in folders(&fixtures().join("hostile")) {
        differences.extend(compare(&root, &analyse(&root, &Limits::default()), marks_below(&root)));
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn each_kind_of_damage_is_told() {
    for (name, kind) in [
        ("broken-item", NoticeKind::ParseError),
        ("deep-nesting", NoticeKind::NestedTooDeep),
        ("invalid-utf-8", NoticeKind::InvalidUtf8),
        ("lying-manifest", NoticeKind::MissingMember),
        ("lying-manifest", NoticeKind::OutsideRoot),
        ("lying-manifest", NoticeKind::MissingModule),
        ("unreadable-manifest", NoticeKind::BadManifest),
    ] {
        let report = analysed(name);
        assert!(has(&report, kind), "{name}: no {kind:?} in {:#?}", report.notices);
    }
}

#[test]
fn notices_are_in_every_format() {
    let root = fixtures().join("hostile/broken-item");
    let report = analyse(&root, &Limits::default());
    for format in FORMATS {
        let output = emitted(&report, &root, format);
        assert!(output.contains("src/broken.rs"), "{format:?} does not show the notice");
    }
}

#[test]
fn no_output_carries_control_characters() {
    for root in folders(&fixtures().join("hostile")) {
        let report = analyse(&root, &Limits::default());
        for format in FORMATS {
            let output = emitted(&report, &root, format);
            let found =
                output.chars().find(|c| (c.is_control() && *c != '\n') || matches!(*c, '\u{202a}'..='\u{202e}'));
            assert_eq!(found, None, "{format:?} of {}", shown(&root));
        }
    }
}

#[test]
fn nothing_of_the_project_is_run() {
    let root = fixtures().join("hostile/own-alias");
    let run = connlint(&root, &["check", "."]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(!root.join("was-run").exists());
}

#[cfg(unix)]
#[test]
fn links_that_loop_or_leave_the_root_are_not_followed() {
    use std::os::unix::fs::symlink;

    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("lib.rs"), "pub fn outside() {}\n").unwrap();
    let root = tempfile::tempdir().unwrap();
    let src = root.path().join("src");
    copy(&fixtures().join("hostile/nul-and-bidi"), root.path());
    symlink(root.path(), src.join("again")).unwrap();
    symlink(src.join("ring"), src.join("ring")).unwrap();
    symlink(outside.path().join("lib.rs"), src.join("outside.rs")).unwrap();
    let main = fs::read_to_string(src.join("main.rs")).unwrap();
    fs::write(src.join("main.rs"), format!("mod outside;\nmod ring;\n{main}")).unwrap();
    let report = analyse(root.path(), &Limits::default());
    assert_eq!(report.findings.len(), 1, "{:#?}", report.findings);
    assert!(has(&report, NoticeKind::OutsideRoot), "{:#?}", report.notices);
}

#[cfg(unix)]
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
