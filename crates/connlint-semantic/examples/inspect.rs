//! `inspect ROOT FILE FIRST LAST`: the types and call targets of some lines, to find the cause of a miss.

use connlint_catalog::Catalog;
use connlint_facts::TextRange;
use connlint_parser::{Limits, parse_workspace};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [root, file, first, last] = args.as_slice() else { return Err("usage: inspect ROOT FILE FIRST LAST".into()) };
    let text = std::fs::read_to_string(std::path::Path::new(root).join(file))?;
    let offset = |line: usize| text.split_inclusive('\n').take(line).map(str::len).sum::<usize>() as u32;
    let range = TextRange::new(offset(first.parse::<usize>()?.saturating_sub(1)), offset(last.parse()?));
    let facts = parse_workspace(std::path::Path::new(root), &Limits::default())?;
    print!("{}", connlint_semantic::inspect(&facts, &Catalog::builtin()?, file, range));
    Ok(())
}
