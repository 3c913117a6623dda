//! `why ROOT FILE LINE`: what opens at a line, and everything that calls it, to find the cause of a miss.

use connlint_catalog::Catalog;
use connlint_parser::{Limits, parse_workspace};
use connlint_semantic::{FunctionId, LinkOptions, Program, link};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [root, file, line] = args.as_slice() else { return Err("usage: why ROOT FILE LINE".into()) };
    let text = std::fs::read_to_string(std::path::Path::new(root).join(file))?;
    let line: usize = line.parse()?;
    let start = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum::<usize>() as u32;
    let end = start + text.lines().nth(line.saturating_sub(1)).map_or(0, str::len) as u32;
    let facts = parse_workspace(std::path::Path::new(root), &Limits::default())?;
    let program = link(facts, &Catalog::builtin()?, &LinkOptions::default());
    for site in program.sites.iter().filter(|s| s.span.file.as_str() == file.as_str()) {
        if site.span.range.start <= end && start <= site.span.range.end && site.span.range.end - start < 4000 {
            println!("{} {:?} shared {:?}", site.api, site.effect, site.shared);
            callers(&program, site.function, 1, &mut Vec::new());
        }
    }
    Ok(())
}

fn callers(program: &Program, function: FunctionId, depth: usize, seen: &mut Vec<FunctionId>) {
    let f = program.function(function);
    let entries = program.entry_points.iter().filter(|e| e.function == function);
    let entries: Vec<String> =
        entries.map(|e| format!("{:?} {}", e.kind, e.route.clone().unwrap_or_default())).collect();
    println!(
        "{:indent$}in {} ({:?}{}{}) {}",
        "",
        f.path,
        f.kind,
        if program.is_live(function) { "" } else { ", dead" },
        if f.test_only { ", test" } else { "" },
        entries.join("; "),
        indent = depth * 2
    );
    if seen.contains(&function) || depth > 12 {
        return;
    }
    seen.push(function);
    for call in program.callers_of(function) {
        if let Some(shared) = call.shared {
            println!("{:indent$}shared {shared:?}", "", indent = depth * 2 + 2);
        }
        callers(program, call.from, depth + 1, seen);
    }
}
