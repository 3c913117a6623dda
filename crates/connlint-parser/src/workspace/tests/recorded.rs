//! Recordings of a workspace and of its members: what is read out of them is what is read of the folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path};
use std::sync::Mutex;

use connlint_facts::{WorkspaceFacts, sealed, unsealed};
use tempfile::TempDir;

use super::split;
use crate::{
    Conflict, FactsKey, KnownFacts, Limits, Recording, parse_recording, parse_workspace, record_members,
    record_workspace,
};

/// A workspace with what is hard to take apart: files of other members, of none and outside of the root, macros of other
/// members, generated and included files, broken ones, and notices of all stages.
const WORKSPACE: &str = r#"
    //- Cargo.toml
    [workspace]
    members = ["api", "db", "gone"]
    [workspace.package]
    version = "1.2.3"
    [workspace.dependencies]
    db = { path = "db" }
    //- Cargo.lock
    version = 4
    [[package]]
    name = "sqlx"
    version = "0.8.1"
    source = "registry+https://github.com/rust-lang/crates.io-index"
    //- .gitignore
    generated.rs
    //- api/Cargo.toml
    [package]
    name = "api"
    version.workspace = true
    edition = "2021"
    [dependencies]
    db.workspace = true
    sqlx = "0.8"
    outside = { path = "../../outside" }
    [features]
    full = ["db/extra"]
    //- api/src/main.rs
    mod generated;
    mod latin;
    mod secret;
    mod missing;
    #[path = "../../shared/src/of_none.rs"]
    mod of_none;
    #[path = "../../db/src/taken.rs"]
    mod taken;
    include!("../../shared/included.in");
    db::wrapped!(fn main() { db::open!() });
    declared!();
    //- api/src/generated.rs
    pub fn generated() {}
    //- api/src/named.rs
    pub fn named() {}
    //- api/src/orphan.rs
    pub fn orphan() {}
    //- api/tests/it.rs
    mod common;
    #[test]
    fn works() { common::it(); }
    //- api/tests/common/mod.rs
    pub fn it() {}
    //- db/Cargo.toml
    [package]
    name = "db"
    version = "0.1.0"
    edition = "2021"
    [features]
    extra = []
    //- db/src/lib.rs
    #[macro_export]
    macro_rules! open { () => { connect() } }
    #[macro_export]
    macro_rules! wrapped { ($($t:tt)*) => { $($t)* } }
    #[macro_export]
    macro_rules! declared { () => { mod named; } }
    mod broken;
    mod linked;
    //- db/src/broken.rs
    pub fn broken( {
    pub fn fine() {}
    //- db/src/taken.rs
    pub fn taken() {}
    //- shared/src/of_none.rs
    pub fn of_none() {}
    //- shared/included.in
    pub fn included() {}
    //- shared/orphan.rs
    pub fn stray() {}
    //- bad/Cargo.toml
    no manifest
    //- bad/src/lib.rs
    mod inside;
    //- bad/src/inside.rs
    pub fn inside() {}
"#;

fn project() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in split(WORKSPACE) {
        let path = dir.path().join("root").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let root = dir.path().join("root");
    fs::create_dir(root.join(".git")).unwrap();
    fs::write(root.join("api/src/latin.rs"), b"// caf\xe9\n").unwrap();
    fs::write(dir.path().join("secret.rs"), "pub fn secret() {}").unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("../../../secret.rs", root.join("api/src/secret.rs")).unwrap();
        std::os::unix::fs::symlink("../../shared/orphan.rs", root.join("db/src/linked.rs")).unwrap();
    }
    dir
}

/// Facts of one run, for the next.
#[derive(Default)]
struct Kept {
    old: BTreeMap<FactsKey, Vec<u8>>,
    new: Mutex<BTreeMap<FactsKey, Vec<u8>>>,
    taken: Mutex<usize>,
}

impl Kept {
    fn take(&mut self) {
        self.old.append(&mut self.new.lock().unwrap());
    }
}

impl KnownFacts for Kept {
    fn find(&self, key: &FactsKey) -> Option<&[u8]> {
        self.old.get(key).map(Vec::as_slice)
    }

    fn taken(&self, _: FactsKey) {
        *self.taken.lock().unwrap() += 1;
    }

    fn made(&self, key: FactsKey, bytes: Vec<u8>) {
        self.new.lock().unwrap().insert(key, bytes);
    }
}

fn members(root: &Path, known: &Kept, wanted: &[&str]) -> Recording {
    let mut is_wanted = |package: crate::PackageName<'_>| wanted.contains(&package.name);
    record_members(root, &Limits::default(), &|_| {}, known, &mut is_wanted).unwrap()
}

fn read(recording: &Recording, root: &Path, known: &Kept) -> WorkspaceFacts {
    let root = root.canonicalize().unwrap();
    let parts = root.components().filter(|part| matches!(part, Component::Normal(_)));
    let parts = parts.map(|part| part.as_os_str().to_str().unwrap().to_owned()).collect();
    parse_recording(recording, parts, &Limits::default(), &|_| {}, known).unwrap()
}

#[test]
fn out_of_a_recording_the_same_is_read() {
    let dir = project();
    let root = dir.path().join("root");
    let expected = parse_workspace(&root, &Limits::default()).unwrap();
    assert!(expected.notices.len() > 8, "{:#?}", expected.notices);
    let mut known = Kept::default();
    let recording = record_workspace(&root, &Limits::default(), &|_| {}, &known).unwrap();
    let recording: Recording = unsealed(&sealed(&recording).unwrap()).unwrap();
    known.take();
    assert_eq!(read(&recording, &root, &known), expected);
    assert_eq!(*known.taken.lock().unwrap(), expected.files as usize, "no file is lowered twice");
    assert_eq!(read(&recording, &root, &Kept::default()), expected, "without facts");
}

#[test]
fn recordings_of_all_members_make_the_workspace() {
    let dir = project();
    let root = dir.path().join("root");
    let expected = parse_workspace(&root, &Limits::default()).unwrap();
    for order in [["api", "db"], ["db", "api"]] {
        let mut known = Kept::default();
        let [mut joined, other] = order.map(|name| members(&root, &known, &[name]));
        joined.join(other).unwrap();
        known.take();
        assert_eq!(read(&joined, &root, &known), expected, "{order:?}");
        assert!(*known.taken.lock().unwrap() > 4);
    }
    let both = members(&root, &Kept::default(), &["api", "db"]);
    assert_eq!(read(&both, &root, &Kept::default()), expected);
}

#[test]
fn members_are_recorded_without_each_other_and_without_the_place() {
    let dir = project();
    let root = dir.path().join("root");
    let recorded = |root: &Path| {
        let known = Kept::default();
        let recording = members(root, &known, &["db"]);
        (sealed(&recording).unwrap(), known.new.into_inner().unwrap())
    };
    let before = recorded(&root);
    fs::write(root.join("api/src/orphan.rs"), "changed").unwrap();
    fs::write(root.join("api/src/new.rs"), "new").unwrap();
    let elsewhere = dir.path().join("elsewhere/root");
    fs::create_dir(elsewhere.parent().unwrap()).unwrap();
    fs::rename(&root, &elsewhere).unwrap();
    assert!(recorded(&elsewhere) == before);
    let named = dir.path().to_str().unwrap().as_bytes();
    let holds_name = |bytes: &[u8]| bytes.windows(named.len()).any(|part| part == named);
    assert!(!holds_name(&connlint_facts::encode(&members(&elsewhere, &Kept::default(), &["db"])).unwrap()));
    assert!(before.1.values().all(|bytes| !holds_name(bytes)));
    fs::write(elsewhere.join("db/src/taken.rs"), "changed").unwrap();
    assert!(recorded(&elsewhere) != before);
}

#[test]
fn recordings_of_different_states_are_not_joined() {
    let dir = project();
    let root = dir.path().join("root");
    let mut before = members(&root, &Kept::default(), &["db"]);
    fs::write(root.join("shared/src/of_none.rs"), "pub fn changed() {}").unwrap();
    let after = members(&root, &Kept::default(), &["api"]);
    assert_eq!(before.join(after), Err(Conflict("shared/src/of_none.rs".to_owned())));
}
