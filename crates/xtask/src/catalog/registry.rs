//! Published sources: cargo downloads and unpacks a package, connlint's parser reads it. Nothing of it is run.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use connlint_facts::{CrateFacts, TargetKind};
use connlint_parser::{Limits, parse_sources};
use semver::{Op, VersionReq};

use crate::process::target;

/// Names the folder `library` of Rust's sources, as the component or package `rust-src` brings it.
pub(crate) const LIBRARY: &str = "RUST_LIBRARY";

/// Downloads packages through cargo and remembers which version a requirement led to.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    versions: BTreeMap<String, String>,
}

/// A package that cargo unpacked.
#[derive(Clone, Debug)]
pub(crate) struct Unpacked {
    name: String,
    folder: PathBuf,
}

impl Registry {
    /// The newest version of a package that `version` (`1.2.3`, `0.7`, `2`) allows.
    pub(crate) fn package(&mut self, package: &str, version: &str) -> Result<Unpacked, Box<dyn Error>> {
        if let "std" | "core" | "alloc" = package {
            let library = env::var_os(LIBRARY).ok_or_else(|| {
                format!("{LIBRARY} is not set: it names the folder `library` of Rust's sources (component `rust-src`)")
            })?;
            return Ok(Unpacked { name: package.to_owned(), folder: Path::new(&library).join(package) });
        }
        let version = self.exact(package, version)?;
        let folder = unpacked(package, &version).ok_or_else(|| format!("cargo did not unpack {package} {version}"))?;
        Ok(Unpacked { name: package.to_owned(), folder })
    }

    /// The libraries of packages, in their order, read together: macros of one are expanded in the others.
    pub(crate) fn libraries(&self, packages: &[Unpacked]) -> Result<Vec<CrateFacts>, Box<dyn Error>> {
        let mut sources = Vec::new();
        for package in packages {
            collect(&package.folder, Path::new(&package.name), &mut sources)?;
        }
        let mut facts = parse_sources(&sources, &Limits::default())?;
        facts.crates.retain(|krate| matches!(krate.kind, TargetKind::Lib | TargetKind::ProcMacro));
        let place = |krate: &CrateFacts| packages.iter().position(|package| *package.name == *krate.root.as_str());
        facts.crates.retain(|krate| place(krate).is_some());
        facts.crates.sort_by_key(place);
        Ok(facts.crates)
    }

    fn exact(&mut self, package: &str, version: &str) -> Result<String, Box<dyn Error>> {
        let spec = format!("{package}@{version}");
        if let Some(known) = self.versions.get(&spec) {
            return Ok(known.clone());
        }
        let is_exact = semver::Version::parse(version).is_ok();
        let found =
            if is_exact && unpacked(package, version).is_some() { version.to_owned() } else { download(&spec)? };
        self.versions.insert(spec, found.clone());
        Ok(found)
    }
}

/// `cargo info` downloads and unpacks a package without its dependencies, and shows which version that is.
fn download(spec: &str) -> Result<String, Box<dyn Error>> {
    let folder = target().join("catalog");
    fs::create_dir_all(&folder)?;
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["info", "--color", "never", "--quiet", "--registry", "crates-io", spec]).current_dir(folder);
    let output = command.output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text.lines().find_map(|line| line.strip_prefix("version: ")?.split(' ').next());
    match version {
        Some(version) if output.status.success() => Ok(version.to_owned()),
        _ => Err(format!("{spec}: {}", String::from_utf8_lossy(&output.stderr).trim()).into()),
    }
}

/// Where cargo unpacked a package.
fn unpacked(package: &str, version: &str) -> Option<PathBuf> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(Path::new(&env::var_os("HOME")?).join(".cargo")))?;
    let registries = fs::read_dir(home.join("registry").join("src")).ok()?;
    let folders = registries.flatten().map(|registry| registry.path().join(format!("{package}-{version}")));
    folders.into_iter().find(|folder| folder.join(".cargo-ok").is_file())
}

/// What `cargo info` is asked for to satisfy a requirement: its compatible series, or the version that it names exactly.
pub(crate) fn series(requirement: &str) -> Option<String> {
    let requirement = VersionReq::parse(requirement).ok()?;
    let first = requirement.comparators.first()?;
    let (major, minor, patch) = (first.major, first.minor, first.patch);
    Some(match (first.op, minor, patch) {
        (Op::Exact, Some(minor), Some(patch)) if first.pre.is_empty() => format!("{major}.{minor}.{patch}"),
        (Op::Exact, Some(minor), Some(patch)) => format!("{major}.{minor}.{patch}-{}", first.pre),
        _ if !first.pre.is_empty() => {
            format!("{major}.{}.{}-{}", minor.unwrap_or(0), patch.unwrap_or(0), first.pre)
        }
        (Op::Tilde, Some(minor), _) => format!("{major}.{minor}"),
        (_, Some(0), Some(patch)) if major == 0 => format!("0.0.{patch}"),
        (_, Some(minor), _) if major == 0 => format!("0.{minor}"),
        _ => major.to_string(),
    })
}

/// The manifest and the sources of a package, below `place`; not what tests and examples hold.
fn collect(folder: &Path, place: &Path, sources: &mut Vec<(String, String)>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let inner = place.join(&name);
        if entry.file_type()?.is_dir() {
            if !matches!(name.as_str(), "tests" | "examples" | "benches" | "target" | ".git") {
                collect(&entry.path(), &inner, sources)?;
            }
        } else if name == "Cargo.toml" || name.ends_with(".rs") {
            let text = String::from_utf8_lossy(&fs::read(entry.path())?).into_owned();
            sources.push((inner.to_string_lossy().replace('\\', "/"), text));
        }
    }
    Ok(())
}
