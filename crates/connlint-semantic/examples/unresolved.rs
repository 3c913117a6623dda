//! `unresolved ROOT [CAUSE]`: what keeps calls on recurring paths from being resolved, the most frequent first.

use std::collections::BTreeMap;

use connlint_catalog::Catalog;
use connlint_parser::{Limits, parse_workspace};
use connlint_semantic::{LinkOptions, link};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let root = args.next().ok_or("usage: unresolved ROOT [CAUSE]")?;
    let wanted = args.next();
    let facts = parse_workspace(std::path::Path::new(&root), &Limits::default())?;
    let program = link(&facts, &Catalog::builtin()?, &LinkOptions { details: true, ..LinkOptions::default() });
    let recurring = program.recurring_functions();
    let mut counts: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for call in program.unresolved_calls() {
        let is_recurring = recurring.get(call.function.0 as usize).copied().unwrap_or_default();
        if is_recurring && wanted.as_deref().is_none_or(|wanted| wanted == call.cause.name()) {
            let because = call.because.clone().unwrap_or_default();
            let place = format!("{}@{}", call.span.file, call.span.range.start);
            let key = format!("{:16} {because} .{}", call.cause.name(), call.name);
            counts.entry(key).or_insert((0, place)).0 += 1;
        }
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
    for (key, (count, place)) in counts {
        println!("{count:5} {key}  ({place})");
    }
    Ok(())
}
