//! Makes the files of a new lint, in the form that all lints have.

use std::fs;

use crate::TaskResult;
use crate::process::repository;

const SOURCE: &str = r#"//! `NAME`

use connlint_diagnostics::Diagnostic;
use connlint_semantic::Program;

use crate::declare_lint;

declare_lint! {
    /// ## What it does
    /// Reports …
    ///
    /// ## Why is this bad?
    /// …
    ///
    /// ## Example
    /// ```rust
    /// fn main() {} //~ LEVEL NAME
    /// ```
    ///
    /// ## Use instead
    /// ```rust
    /// fn main() {}
    /// ```
    ///
    /// ## Not a defect when
    /// - …
    ///
    /// ## Known limits
    /// - …
    pub(crate) static CONSTANT = {
        name: "NAME",
        summary: "…",
        category: CATEGORY,
        level: Warn,
        since: "VERSION",
    }
}

fn check(_program: &Program, _diagnostics: &mut Vec<Diagnostic>) {}
"#;

const MANIFEST: &str = r#"[package]
name = "NAME-CASE"
version = "0.1.0"
edition = "2024"
rust-version = "1.88"
publish = false

[package.metadata.fixture]
group = "axum"

[dependencies]
axum = "0.8"
tokio = { version = "1", features = ["full"] }
"#;

pub(crate) fn run(name: &str, category: &str) -> TaskResult {
    let fits = name.split('-').all(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase()));
    if !fits {
        return Err(format!("`{name}` is not in kebab-case").into());
    }
    let root = repository();
    let module = name.replace('-', "_");
    let source = root.join("lints/src").join(format!("{module}.rs"));
    if source.exists() {
        return Err(format!("{} is there already", source.display()).into());
    }
    let constant = module.to_uppercase();
    let text = SOURCE.replace("NAME", name).replace("CONSTANT", &constant).replace("LEVEL", "WARN");
    let text = text.replace("CATEGORY", &capitalised(category)).replace("VERSION", env!("CARGO_PKG_VERSION"));
    fs::write(&source, text)?;
    let library = root.join("lints/src/lib.rs");
    fs::write(&library, registered(&fs::read_to_string(&library)?, &module, &constant)?)?;
    for (case, code) in [("fires-in-handler", "fn main() {} //~ WARN NAME\n"), ("quiet-at-start-up", "fn main() {}\n")]
    {
        let folder = root.join("fixtures").join(name).join(case);
        fs::create_dir_all(folder.join("src"))?;
        fs::write(folder.join("Cargo.toml"), MANIFEST.replace("NAME", name).replace("CASE", case))?;
        fs::write(folder.join("src/main.rs"), code.replace("NAME", name))?;
    }
    println!("Write {}, the fixtures in fixtures/{name}, add `\"{name}/*\"` to the members in", source.display());
    println!("fixtures/Cargo.toml, then run `cargo xtask bless` and `cargo test --workspace`.");
    Ok(())
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// The text of `lints/src/lib.rs` with the module and its entry in the list, both in alphabetical order.
fn registered(library: &str, module: &str, constant: &str) -> Result<String, String> {
    let mut lines: Vec<String> = library.lines().map(str::to_owned).collect();
    insert_sorted(&mut lines, "mod ", &format!("mod {module};"), "`mod` line")?;
    let start = lines.iter().position(|line| line.contains("static ALL"));
    let mut list = lines.split_off(start.ok_or("lints/src/lib.rs has no `ALL`")?);
    insert_sorted(&mut list, "    &", &format!("    &{module}::{constant},"), "entry in `ALL`")?;
    lines.append(&mut list);
    Ok(lines.join("\n") + "\n")
}

/// Puts a line among the first lines in a row with the same beginning.
fn insert_sorted(lines: &mut Vec<String>, beginning: &str, line: &str, what: &str) -> Result<(), String> {
    let first = lines.iter().position(|l| l.starts_with(beginning)).ok_or(format!("lints/src/lib.rs has no {what}"))?;
    let run = lines.iter().skip(first).take_while(|l| l.starts_with(beginning) && l.as_str() < line).count();
    lines.insert(first + run, line.to_owned());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIBRARY: &str =
        "mod b;\nmod d;\n\npub static ALL: &[&Lint] = &[\n    &b::B,\n    &d::D,\n];\n\nfn f() {\n    &x\n}\n";

    #[test]
    fn modules_and_entries_stay_sorted() {
        let text = registered(LIBRARY, "c", "C").unwrap();
        assert!(text.starts_with("mod b;\nmod c;\nmod d;\n"), "{text}");
        assert!(text.contains("    &b::B,\n    &c::C,\n    &d::D,\n];"), "{text}");
    }

    #[test]
    fn the_last_in_order_comes_after_the_others() {
        assert!(registered(LIBRARY, "e", "E").unwrap().contains("mod d;\nmod e;\n"));
    }
}
