//! What of connlint's time is the parser's: reads a project into facts and shows how long it took and how much there is.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Instant;

use connlint_facts::{Body, FileFacts, ItemKind};
use connlint_parser::{Limits, Stage, parse_workspace_with};

/// The binaries' allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let root = arguments.next().ok_or("usage: parse FOLDER [THREADS]")?;
    let threads = match arguments.next() {
        Some(number) => Some(number.to_string_lossy().parse()?).filter(|&number| number > 0),
        None => None,
    };
    let start = Instant::now();
    let (read, parse) = (OnceLock::new(), OnceLock::new());
    let elapsed = || start.elapsed().as_secs_f64();
    // As the command reads it.
    let limits = Limits { threads, test_bodies: false, ..Limits::default() };
    let facts = parse_workspace_with(Path::new(&root), &limits, &|progress| {
        // The first call of a stage counts.
        match progress.stage {
            Stage::Walk => {}
            Stage::Read => _ = read.get_or_init(elapsed),
            Stage::Parse => _ = parse.get_or_init(elapsed),
        }
    })?;
    let seconds = elapsed();
    let files: BTreeMap<_, _> =
        facts.crates.iter().flat_map(|krate| &krate.files).map(|file| (&file.path, &**file)).collect();
    let bytes: u64 = files.values().map(|file| u64::from(file.bytes)).sum();
    let ops: usize = files.values().map(|file| operations(file)).sum();
    let (files, lines) = (facts.files, facts.lines);
    let since = |stage: &OnceLock<f64>| stage.get().copied().unwrap_or(seconds);
    println!("reading began after {:.3} s, parsing after {:.3} s", since(&read), since(&parse));
    println!("{seconds:.3} s: {files} files, {lines} lines, {bytes} bytes, {ops} operations");
    // As the command leaves them.
    std::mem::forget(facts);
    Ok(())
}

/// Operations of all bodies of a file.
fn operations(file: &FileFacts) -> usize {
    file.items.iter().filter_map(|item| body(&item.kind)).map(|body| body.ops.len()).sum()
}

fn body(kind: &ItemKind) -> Option<&Body> {
    match kind {
        ItemKind::Fn(item) => item.body.as_deref(),
        ItemKind::Const { body, .. } | ItemKind::Static { body, .. } | ItemKind::MacroCall { body, .. } => {
            body.as_deref()
        }
        _ => None,
    }
}
