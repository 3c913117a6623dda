//! The baseline of `cargo xtask bench`: reads and parses all Rust files below a folder with syn, with span locations, on
//! the threads that connlint uses, and drops the trees.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use walkdir::{DirEntry, WalkDir};

/// As large as the parser's own in optimised builds: deeply nested code must not overflow the baseline's stack.
const STACK_BYTES: usize = 16 << 20;

pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let root = arguments.next().ok_or("usage: syn_baseline FOLDER [THREADS]")?;
    let threads = match arguments.next() {
        Some(number) => number.to_string_lossy().parse()?,
        None => 0,
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK_BYTES).build()?;
    let files = sources(Path::new(&root));
    let lines: usize = pool.install(|| files.par_iter().map(|file| parse(file)).sum());
    println!("{} files, {lines} lines", files.len());
    Ok(())
}

/// The Rust files below a folder that connlint would read: not in hidden folders, not in `target`.
fn sources(root: &Path) -> Vec<PathBuf> {
    let kept = |entry: &DirEntry| {
        let name = entry.file_name().to_string_lossy();
        entry.depth() == 0 || !(name.starts_with('.') || name == "target")
    };
    let entries = WalkDir::new(root).sort_by_file_name().into_iter().filter_entry(kept).flatten();
    let files = entries.filter(|entry| entry.file_type().is_file()).map(DirEntry::into_path);
    files.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

/// Parses one file and returns its number of lines.
fn parse(path: &Path) -> usize {
    let Ok(text) = std::fs::read_to_string(path) else { return 0 };
    let items = syn::parse_file(&text).map_or(0, |file| file.items.len());
    std::hint::black_box(items);
    proc_macro2::extra::invalidate_current_thread_spans();
    text.lines().count()
}
