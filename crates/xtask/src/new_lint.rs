//! Makes the files of a new lint, in the form that all lints have.

use std::fs;

use connlint_diagnostics::Category;

use crate::process::{TaskResult, repository};

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

pub(crate) fn run(name: &str, category: Category) -> TaskResult {
    let fits = name.split('-').all(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase()));
    if !fits {
        return Err(format!("`{name}` is not in kebab-case").into());
    }
    let root = repository();
    let module = name.replace('-', "_");
    let folder = root.join("lints/src").join(category.name());
    let source = folder.join(format!("{module}.rs"));
    if source.exists() {
        return Err(format!("{} exists already", source.display()).into());
    }
    let constant = module.to_uppercase();
    let text = SOURCE.replace("NAME", name).replace("CONSTANT", &constant).replace("LEVEL", "WARN");
    let text = text.replace("CATEGORY", &format!("{category:?}")).replace("VERSION", env!("CARGO_PKG_VERSION"));
    fs::create_dir_all(&folder)?;
    fs::write(&source, text)?;
    let library = root.join("lints/src/lib.rs");
    fs::write(&library, registered(&fs::read_to_string(&library)?, category, &module, &constant)?)?;
    for (case, code) in [("fires-in-handler", "fn main() {} //~ WARN NAME\n"), ("quiet-at-start-up", "fn main() {}\n")]
    {
        let folder = root.join("fixtures").join(name).join(case);
        fs::create_dir_all(folder.join("src"))?;
        fs::write(folder.join("Cargo.toml"), MANIFEST.replace("NAME", name).replace("CASE", case))?;
        fs::write(folder.join("src/main.rs"), code.replace("NAME", name))?;
    }
    let fixtures = root.join("fixtures/Cargo.toml");
    fs::write(&fixtures, with_member(&fs::read_to_string(&fixtures)?, name)?)?;
    println!("Write {} and the fixtures in fixtures/{name},", source.display());
    println!("then run `cargo xtask bless` and `cargo test --workspace`.");
    Ok(())
}

/// Reads a category as users write it.
pub(crate) fn category(name: &str) -> Result<Category, String> {
    let names: Vec<&str> = Category::ALL.iter().map(|category| category.name()).collect();
    let found = Category::ALL.iter().find(|category| category.name() == name);
    found.copied().ok_or(format!("the categories are {}", names.join(", ")))
}

/// The text of `lints/src/lib.rs` with the module and its entry in the list, both in alphabetical order.
fn registered(library: &str, category: Category, module: &str, constant: &str) -> Result<String, String> {
    let folder = category.name();
    let mut lines: Vec<String> = library.lines().map(str::to_owned).collect();
    let head = format!("mod {folder} {{");
    if !lines.contains(&head) {
        let next = lines.iter().position(|line| line == "mod reporting;");
        let next = next.ok_or("lints/src/lib.rs has no `mod reporting;`")?;
        let block = [head.clone(), "}".to_owned()];
        lines.splice(next..next, block);
    }
    let start = lines.iter().position(|line| *line == head).unwrap_or_default();
    insert_sorted(&mut lines, start + 1, "    pub(crate) mod ", &format!("{module};"));
    let start = lines.iter().position(|line| line.contains("static ALL"));
    let start = start.ok_or("lints/src/lib.rs has no `ALL`")?;
    // Sorted by the name of the lint, not by its category.
    let entry = format!("    &{folder}::{module}::{constant},");
    let run = lines.iter().skip(start + 1).take_while(|line| sort_key(line).is_some_and(|key| key < module)).count();
    lines.insert(start + 1 + run, entry);
    Ok(lines.join("\n") + "\n")
}

/// The module in an entry of `ALL`.
fn sort_key(entry: &str) -> Option<&str> {
    entry.strip_prefix("    &")?.split("::").nth(1)
}

/// Puts a line among those in a row from `first` on that have the same beginning.
fn insert_sorted(lines: &mut Vec<String>, first: usize, beginning: &str, rest: &str) {
    let earlier = |line: &String| line.strip_prefix(beginning).is_some_and(|known| known < rest);
    let run = lines.iter().skip(first).take_while(|line| earlier(line)).count();
    lines.insert(first + run, format!("{beginning}{rest}"));
}

/// The manifest of the fixtures with the folder of a lint among its members.
fn with_member(manifest: &str, name: &str) -> Result<String, String> {
    let mut lines: Vec<String> = manifest.lines().map(str::to_owned).collect();
    let start = lines.iter().position(|line| line == "members = [").ok_or("fixtures/Cargo.toml has no `members`")?;
    insert_sorted(&mut lines, start + 1, "    \"", &format!("{name}/*\","));
    Ok(lines.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIBRARY: &str = "mod exhaustion {\n    pub(crate) mod d;\n\n    mod openings;\n}\nmod holding {\n    \
        pub(crate) mod b;\n}\nmod reporting;\n\npub static ALL: &[&Lint] = &[\n    &holding::b::B,\n    \
        &exhaustion::d::D,\n];\n\nfn f() {\n    &x\n}\n";

    #[test]
    fn modules_and_entries_stay_sorted() {
        let text = registered(LIBRARY, Category::Exhaustion, "c", "C").unwrap();
        assert!(text.contains("    pub(crate) mod c;\n    pub(crate) mod d;\n\n    mod openings;\n}"), "{text}");
        let list = "    &holding::b::B,\n    &exhaustion::c::C,\n    &exhaustion::d::D,\n];";
        assert!(text.contains(list), "{text}");
    }

    #[test]
    fn the_last_in_order_comes_after_the_others() {
        let text = registered(LIBRARY, Category::Exhaustion, "e", "E").unwrap();
        assert!(text.contains("    pub(crate) mod d;\n    pub(crate) mod e;\n\n"), "{text}");
        assert!(text.contains("    &exhaustion::d::D,\n    &exhaustion::e::E,\n];"), "{text}");
    }

    #[test]
    fn the_first_lint_of_a_category_brings_its_module() {
        let text = registered(LIBRARY, Category::Queries, "c", "C").unwrap();
        let block = "}\nmod queries {\n    pub(crate) mod c;\n}\nmod reporting;\n";
        assert!(text.contains(block), "{text}");
        assert!(text.contains("    &queries::c::C,\n"), "{text}");
    }

    #[test]
    fn fixtures_become_members() {
        let manifest = "members = [\n    \"a/*\",\n    \"c/*\",\n]\n";
        assert_eq!(with_member(manifest, "b").unwrap(), "members = [\n    \"a/*\",\n    \"b/*\",\n    \"c/*\",\n]\n");
        assert!(with_member("[package]\n", "b").is_err());
    }
}
