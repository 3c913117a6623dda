//! Makes the files of a new lint, in the form that all lints have.

use std::fs;
use std::path::Path;

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
    register(&root.join("lints/src/lib.rs"), &module, &constant)?;
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

/// Adds the module and the entry of the list to `lints/src/lib.rs`, both in alphabetical order.
fn register(library: &Path, module: &str, constant: &str) -> TaskResult {
    let mut lines: Vec<String> = fs::read_to_string(library)?.lines().map(str::to_owned).collect();
    insert_sorted(&mut lines, "mod ", &format!("mod {module};"), "a `mod` line")?;
    let start = lines.iter().position(|line| line.contains("static ALL") || line.contains("const ALL"));
    let start = start.ok_or("lints/src/lib.rs has no `ALL`")?;
    let mut list = lines.split_off(start);
    match list.first_mut().filter(|line| line.contains("];")) {
        Some(line) => *line = line.replacen("];", &format!(", &{module}::{constant}];"), 1),
        None => insert_sorted(&mut list, "    &", &format!("    &{module}::{constant},"), "an entry in `ALL`")?,
    }
    lines.append(&mut list);
    fs::write(library, lines.join("\n") + "\n")?;
    Ok(())
}

/// Puts a line among those with the same beginning.
fn insert_sorted(lines: &mut Vec<String>, beginning: &str, line: &str, what: &str) -> Result<(), String> {
    let of_kind = |(_, l): &(usize, &String)| l.starts_with(beginning);
    let at = match lines.iter().enumerate().filter(of_kind).find(|(_, l)| l.as_str() > line) {
        Some((at, _)) => Some(at),
        None => lines.iter().enumerate().rfind(of_kind).map(|(at, _)| at + 1),
    };
    lines.insert(at.ok_or_else(|| format!("lints/src/lib.rs has no {what}"))?, line.to_owned());
    Ok(())
}
