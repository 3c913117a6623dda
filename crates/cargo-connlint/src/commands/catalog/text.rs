//! The catalog as tables for people.

use std::io::{self, Write};

use connlint_catalog::applies;
use connlint_output::visible;
use semver::VersionReq;

use super::{Known, Listing, ProjectListing, word};

pub(super) fn write(listing: &Listing<'_>, out: &mut dyn Write) -> io::Result<()> {
    if listing.detailed {
        for known in &listing.crates {
            write_crate(listing, known, out)?;
        }
        return Ok(());
    }
    let mut rows = vec![["crate", "category", "versions", "rows", "used here"].map(str::to_owned)];
    rows.extend(listing.crates.iter().map(|known| {
        let model = known.model;
        let versions = versions(&model.versions);
        [
            visible(&model.package).into_owned(),
            visible(&model.category).into_owned(),
            versions,
            known.rows.to_string(),
            used(known),
        ]
    }));
    write_table(&rows, out)?;
    let total: usize = listing.crates.iter().map(|known| known.rows).sum();
    writeln!(out, "\n{} crates, {total} rows", listing.crates.len())?;
    match &listing.project {
        Some(project) => write_unknown(project, out),
        None => Ok(()),
    }
}

fn write_unknown(project: &ProjectListing, out: &mut dyn Write) -> io::Result<()> {
    let path = visible(&project.path);
    if project.unknown.is_empty() {
        return writeln!(out, "no dependency of `{path}` looks like a connection crate that is not known");
    }
    writeln!(out, "\ndependencies of `{path}` that may open connections and are not known:")?;
    for krate in &project.unknown {
        let version = krate.version.as_deref().unwrap_or_default();
        let likely = if krate.likely { "" } else { " (possible)" };
        writeln!(
            out,
            "  {} {}: {}{likely}",
            visible(&krate.package),
            visible(version),
            visible(&krate.reasons.join(", "))
        )?;
    }
    writeln!(out, "describe them in `connlint.toml`: docs/models.md")
}

fn write_crate(listing: &Listing<'_>, known: &Known<'_>, out: &mut dyn Write) -> io::Result<()> {
    let model = known.model;
    let applies = |versions: &VersionReq| applies(versions, listing.version.as_ref());
    writeln!(out, "{} {}: {}", visible(&model.package), versions(&model.versions), visible(&model.title))?;
    writeln!(out, "{}, in paths `{}`", visible(&model.category), visible(&model.lib))?;
    if !model.summary.is_empty() {
        writeln!(out, "{}", visible(&model.summary))?;
    }
    if !known.used.is_empty() {
        writeln!(out, "used here: {}", used(known))?;
    }
    let catalog = listing.catalog;
    let types = catalog.types().filter(|row| row.package == model.package && applies(&row.versions));
    let types = types.map(|row| [row.path.clone(), word(row.role), versions(&row.versions)]);
    write_section("types", types.collect(), out)?;
    let apis = catalog.apis().filter(|row| row.package == model.package && applies(&row.versions));
    let with_effects = apis.filter(|row| !row.effects.is_empty());
    let apis = with_effects.map(|row| {
        let effects: Vec<String> = row.effects.iter().map(word).collect();
        [row.path.clone(), effects.join(" "), versions(&row.versions)]
    });
    write_section("functions that do something to connections", apis.collect(), out)?;
    let settings = catalog.all_settings().filter(|row| row.package == model.package && applies(&row.versions));
    let settings = settings.map(|row| {
        let default = row.default.as_ref().map(|default| format!(", by default {default}")).unwrap_or_default();
        [row.path.clone(), format!("{}{default}", row.purpose), versions(&row.versions)]
    });
    write_section("settings", settings.collect(), out)
}

fn write_section(title: &str, rows: Vec<[String; 3]>, out: &mut dyn Write) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{title}")?;
    let rows: Vec<[String; 3]> = rows
        .into_iter()
        .map(|row| row.map(|cell| visible(&cell).into_owned()))
        .map(|[a, b, c]| [format!("  {a}"), b, c])
        .collect();
    write_table(&rows, out)
}

fn write_table<const N: usize>(rows: &[[String; N]], out: &mut dyn Write) -> io::Result<()> {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for row in rows {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        writeln!(out, "{}", cells.join("  ").trim_end())?;
    }
    Ok(())
}

/// `0.8.2, 0.5.1 (no rows)`.
fn used(known: &Known<'_>) -> String {
    let versions = known.used.iter().map(|(version, covered)| {
        let version = if version.is_empty() { "yes" } else { version };
        if *covered { version.to_owned() } else { format!("{version} (no rows)") }
    });
    visible(&versions.collect::<Vec<_>>().join(", ")).into_owned()
}

fn versions(required: &VersionReq) -> String {
    if required.comparators.is_empty() { "all".to_owned() } else { required.to_string() }
}
