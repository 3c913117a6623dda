//! Prints how long the built-in catalog takes to load and how much it holds.

use std::time::Instant;

use connlint_catalog::Catalog;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for _ in 0..5 {
        let start = Instant::now();
        let catalog = Catalog::builtin()?;
        let elapsed = start.elapsed();
        println!(
            "{elapsed:?}: {} crates, {} types, {} functions, {} traits, {} attributes, {} macros",
            catalog.crates().count(),
            catalog.types().count(),
            catalog.apis().count(),
            catalog.traits().count(),
            catalog.attributes().count(),
            catalog.macros().count(),
        );
    }
    Ok(())
}
