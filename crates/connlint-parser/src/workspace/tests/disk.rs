use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::{WorkspaceError, parse_workspace, parse_workspace_with};

fn folder(text: &str) -> TempDir {
    let dir = tempfile::tempdir().expect("a temporary folder");
    write(dir.path(), text);
    dir
}

fn write(root: &Path, text: &str) {
    for (path, text) in split(text) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn parse(root: &Path) -> WorkspaceFacts {
    parse_workspace(root, &Limits::default()).expect("a folder that can be read")
}

const APP: &str = "//- Cargo.toml\n[package]\nname = \"app\"\nedition = \"2021\"\n";

#[test]
fn ignored_and_hidden_files_and_build_output_are_skipped() {
    let dir = folder(&format!(
        "{APP}//- .gitignore\n/generated/\n*_old.rs\n!keep_old.rs\n//- src/lib.rs\n//- generated/x.rs\n//- src/a_old.rs\n\
         //- src/keep_old.rs\n//- src/sub/.gitignore\nlocal.rs\n//- src/sub/local.rs\n//- src/local.rs\n//- .hidden/x.rs\n\
         //- target/debug/x.rs\n//- other/CACHEDIR.TAG\nx\n//- other/x.rs\n//- vendor/x/.cargo-checksum.json\n{{}}\n\
         //- vendor/x/Cargo.toml\n[package]\nname = \"x\"\n//- vendor/x/src/lib.rs\n"
    ));
    let facts = parse(dir.path());
    assert_eq!(crates(&facts), ["Lib app of app 2021 at src/lib.rs"]);
    assert_eq!(
        notices(&facts),
        ["OrphanFile : 2 Rust files belong to no module tree and were not analysed: `src/keep_old.rs`, `src/local.rs`"]
    );
}

#[test]
fn an_ignored_file_that_is_declared_is_read() {
    let dir = folder(&format!("{APP}//- .gitignore\nschema.rs\n//- src/lib.rs\nmod schema;\n//- src/schema.rs\n"));
    assert_eq!(modules(&parse(dir.path()).crates[0]), ["app = src/lib.rs", "app::schema = src/schema.rs"]);
}

#[test]
fn a_member_folder_alone_inherits_from_the_workspace_above() {
    let dir = folder(
        "//- .git/HEAD\n//- Cargo.toml\n[workspace]\nmembers = [\"app\", \"db\"]\n[workspace.package]\nversion = \"3.0.0\"\n\
         [workspace.dependencies]\nredis = \"0.25\"\ndb = { path = \"db\" }\nsub = { path = \"app/sub\" }\n\
         //- Cargo.lock\n[[package]]\nname = \"redis\"\nversion = \"0.25.1\"\nsource = \"r\"\n\
         //- app/Cargo.toml\n[package]\nname = \"app\"\nversion.workspace = true\n\
         [dependencies]\nredis.workspace = true\ndb.workspace = true\nsub.workspace = true\n//- app/src/lib.rs\n\
         //- app/sub/Cargo.toml\n[package]\nname = \"sub\"\n//- app/sub/src/lib.rs\n\
         //- db/Cargo.toml\n[package]\nname = \"db\"\n//- db/src/lib.rs\n",
    );
    let facts = parse(&dir.path().join("app"));
    let app = krate(&facts, "app");
    assert_eq!(app.version.as_deref(), Some("3.0.0"));
    let seen: Vec<_> =
        app.dependencies.iter().map(|d| (d.name.as_str(), d.version.as_deref(), d.krate.is_some())).collect();
    assert_eq!(seen, [("db", None, false), ("redis", Some("0.25.1"), false), ("sub", None, true)]);
    assert_eq!(
        notices(&facts),
        ["OutsideRoot Cargo.toml: path dependency `db` lies outside the analysed folder; it was not read"]
    );
}

#[test]
fn a_folder_that_the_workspace_above_excludes_inherits_nothing() {
    let dir = folder(
        "//- .git/HEAD\n//- Cargo.toml\n[workspace]\nexclude = [\"tools\"]\n[workspace.package]\nversion = \"3.0.0\"\n\
         //- tools/app/Cargo.toml\n[package]\nname = \"app\"\nversion.workspace = true\n//- tools/app/src/lib.rs\n",
    );
    assert_eq!(parse(&dir.path().join("tools/app")).crates[0].version, None);
}

#[test]
fn a_single_file_is_a_crate_with_the_modules_that_it_declares() {
    let dir =
        folder("//- main.rs\nmod a;\nfn main() {}\n//- a.rs\n//- unrelated.rs\n//- db.rs\nmod rows;\n//- db/rows.rs\n");
    let facts = parse(&dir.path().join("main.rs"));
    assert_eq!(modules(&facts.crates[0]), ["main = main.rs", "main::a = a.rs"]);
    assert_eq!((facts.crates.len(), facts.notices.len()), (1, 0));
    assert_eq!(modules(&parse(&dir.path().join("db.rs")).crates[0]), ["db = db.rs", "db::rows = db/rows.rs"]);
}

#[test]
fn a_root_that_cannot_be_read_is_an_error() {
    let dir = folder("//- notes.txt\nx\n");
    let limits = Limits::default();
    let gone = dir.path().join("gone");
    assert_eq!(parse_workspace(&gone, &limits), Err(WorkspaceError::NotFound(gone)));
    let text = dir.path().join("notes.txt");
    assert_eq!(parse_workspace(&text, &limits), Err(WorkspaceError::NotRust(text)));
    assert!(parse(dir.path()).crates.is_empty());
}

#[test]
fn bytes_that_are_not_utf8_are_replaced_and_told() {
    let dir = folder(&format!("{APP}//- src/lib.rs\n"));
    fs::write(dir.path().join("src/lib.rs"), b"// caf\xe9\nfn f() {}\n").unwrap();
    let facts = parse(dir.path());
    assert_eq!(kinds(&facts), [NoticeKind::InvalidUtf8]);
    assert_eq!(facts.crates[0].files[0].items.len(), 1);
}

#[test]
fn progress_ends_with_all_files_done() {
    let dir = folder(&format!("{APP}//- src/lib.rs\nmod a;\n//- src/a.rs\n//- src/orphan.rs\n"));
    let seen = std::sync::Mutex::new(Vec::new());
    let facts = parse_workspace_with(dir.path(), &Limits::default(), &|progress| seen.lock().unwrap().push(progress));
    assert!(facts.is_ok());
    let last = seen.lock().unwrap().last().copied().unwrap();
    assert_eq!((last.stage, last.done, last.total), (crate::Stage::Parse, 3, 3));
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn loops_of_links_end() {
        let dir =
            folder(&format!("{APP}//- src/lib.rs\nmod a;\n//- src/a.rs\n#[path = \"again/lib.rs\"] mod again;\n"));
        symlink(dir.path(), dir.path().join("src/root")).unwrap();
        symlink(".", dir.path().join("src/again")).unwrap();
        symlink("self.rs", dir.path().join("src/self.rs")).unwrap();
        let facts = parse(dir.path());
        assert_eq!(modules(&facts.crates[0]), ["app = src/lib.rs", "app::a = src/a.rs"]);
        assert_eq!(kinds(&facts), [NoticeKind::MissingModule]);
    }

    #[test]
    fn links_that_leave_the_root_are_told_and_not_followed() {
        let outside = folder("//- secret.rs\nfn secret() {}\n//- lib/mod.rs\nfn secret() {}\n");
        let dir = folder(&format!("{APP}//- src/lib.rs\nmod secret;\nmod lib;\nmod ghost;\n"));
        symlink(outside.path().join("secret.rs"), dir.path().join("src/secret.rs")).unwrap();
        symlink(outside.path().join("lib"), dir.path().join("src/lib")).unwrap();
        let facts = parse(dir.path());
        assert_eq!(facts.crates[0].modules.len(), 1);
        let outside = kinds(&facts).iter().filter(|kind| **kind == NoticeKind::OutsideRoot).count();
        assert_eq!(outside, 2, "{:?}", notices(&facts));
    }

    #[test]
    fn links_inside_the_root_lead_to_the_file_itself() {
        let dir = folder(
            "//- shared/mod.rs\nmod part;\n//- shared/part.rs\n//- a/Cargo.toml\n[package]\nname = \"a\"\n\
             //- a/src/lib.rs\nmod shared;\n//- b/Cargo.toml\n[package]\nname = \"b\"\n//- b/src/lib.rs\n//- b/it.rs\n",
        );
        symlink("../../shared", dir.path().join("a/src/shared")).unwrap();
        fs::create_dir(dir.path().join("b/tests")).unwrap();
        symlink("../it.rs", dir.path().join("b/tests/it.rs")).unwrap();
        let facts = parse(dir.path());
        assert_eq!(
            modules(krate(&facts, "a")),
            ["a = a/src/lib.rs", "a::shared = shared/mod.rs", "a::shared::part = shared/part.rs"]
        );
        assert!(crates(&facts).contains(&"Test it of b 2015 at b/it.rs".to_owned()));
        assert_eq!(notices(&facts), [""; 0]);
    }

    #[test]
    fn a_pipe_is_never_opened() {
        let dir = folder(&format!("{APP}//- src/lib.rs\nmod pipe;\n"));
        for name in ["src/pipe.rs", ".gitignore", "Cargo.lock"] {
            let path = dir.path().join(name);
            let made = std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo runs");
            assert!(made.success());
        }
        let facts = parse(dir.path());
        assert_eq!(kinds(&facts), [NoticeKind::UnreadableFile, NoticeKind::MissingModule, NoticeKind::UnreadableFile]);
    }

    #[test]
    fn what_may_not_be_read_is_told() {
        let dir = folder(&format!("{APP}//- src/lib.rs\nmod a;\n//- src/a.rs\n"));
        let file = dir.path().join("src/a.rs");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
        let facts = parse(dir.path());
        // The superuser may read everything.
        if fs::read(&file).is_err() {
            assert_eq!(kinds(&facts), [NoticeKind::UnreadableFile]);
        }
    }
}
