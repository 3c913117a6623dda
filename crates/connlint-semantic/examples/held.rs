//! Prints what is held while what else runs: `held ROOT`.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a tool for people who work on the model"
)]

use std::path::Path;

use connlint_catalog::Catalog;
use connlint_parser::{Limits, parse_workspace};
use connlint_semantic::{LinkOptions, link};

fn main() {
    let root = std::env::args().nth(1).expect("a folder");
    let facts = parse_workspace(Path::new(&root), &Limits::default()).unwrap();
    let catalog = Catalog::builtin().unwrap();
    let program = link(&facts, &catalog, &LinkOptions::default());
    for range in &program.live_ranges {
        println!(
            "{}:{} {:?} as {:?} in {}{}{}",
            range.acquired.file.as_str(),
            range.acquired.range.start,
            range.held,
            range.name,
            program.function(range.function).path,
            if range.borrowed { " borrowed" } else { "" },
            if range.on_held { " on_held" } else { "" },
        );
        for a in &range.acquires {
            println!(
                "    acquire {:?} x{} {} at {}:{} via {}:{} +{}",
                a.same,
                a.at_once,
                a.api,
                a.site.file.as_str(),
                a.site.range.start,
                a.call.file.as_str(),
                a.call.range.start,
                a.path.len()
            );
        }
        for a in &range.awaits {
            println!(
                "    await {} at {}:{} via {} +{}",
                a.api,
                a.site.file.as_str(),
                a.site.range.start,
                a.call.range.start,
                a.path.len()
            );
        }
        if let Some(u) = &range.uncommitted {
            println!(
                "    uncommitted dropped {:?} early {} writes {:?} finishes {:?}",
                u.dropped.range,
                u.early,
                u.writes.len(),
                u.finishes.len()
            );
        }
    }
}
