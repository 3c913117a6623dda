//! Inline workspaces in memory, and folders on disk where the file system itself is the matter.

mod dependencies;
mod disk;
mod manifests;
mod modules;
mod recorded;
mod test_bodies;

use connlint_facts::{CrateFacts, ModuleOrigin, NoticeKind, WorkspaceFacts};

use crate::limits::Limits;
use crate::parse_sources;

/// Reads a workspace written as one text: `//- path` lines begin its files.
fn workspace(text: &str) -> WorkspaceFacts {
    parse_sources(&split(text), &Limits::default()).expect("threads start")
}

fn split(text: &str) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        match (line.trim_start().strip_prefix("//- "), files.last_mut()) {
            (Some(path), _) => files.push((path.trim().to_owned(), String::new())),
            (None, Some((_, text))) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    files
}

/// One line for each crate: kind, name, package, edition and root file.
fn crates(facts: &WorkspaceFacts) -> Vec<String> {
    let line = |krate: &CrateFacts| {
        let file = &krate.files[krate.modules[0].file.0 as usize];
        format!("{:?} {} of {} {} at {}", krate.kind, krate.name, krate.package, krate.edition, file.path)
    };
    facts.crates.iter().map(line).collect()
}

/// One line for each module: its path, where its items are, `test` for test code.
fn modules(krate: &CrateFacts) -> Vec<String> {
    let line = |module: &connlint_facts::Module| {
        let mut names = vec![module.name.as_str()];
        let mut parent = module.parent;
        while let Some(id) = parent {
            let around = &krate.modules[id.0 as usize];
            names.push(&around.name);
            parent = around.parent;
        }
        names.reverse();
        let file = |index: connlint_facts::FileIndex| krate.files[index.0 as usize].path.as_str();
        let mut line = format!("{} = {}", names.join("::"), file(module.file));
        if matches!(module.origin, ModuleOrigin::Inline(_)) {
            line.push_str(" inline");
        }
        module.includes.iter().for_each(|index| line.push_str(&format!(" + {}", file(*index))));
        if module.test_only {
            line.push_str(" test");
        }
        line
    };
    krate.modules.iter().map(line).collect()
}

/// The crate of a name.
fn krate<'a>(facts: &'a WorkspaceFacts, name: &str) -> &'a CrateFacts {
    facts.crates.iter().find(|krate| krate.name == name).expect("a crate of that name")
}

/// One line for each notice.
fn notices(facts: &WorkspaceFacts) -> Vec<String> {
    let line = |notice: &connlint_facts::Notice| {
        let path = notice.path.as_ref().map_or("", |path| path.as_str());
        format!("{:?} {path}: {}", notice.kind, notice.message)
    };
    facts.notices.iter().map(line).collect()
}

fn kinds(facts: &WorkspaceFacts) -> Vec<NoticeKind> {
    facts.notices.iter().map(|notice| notice.kind).collect()
}
