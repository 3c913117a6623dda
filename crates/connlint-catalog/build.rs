//! Loads the files of `data/`, sorted by name, and writes the models in binary form for `include_bytes!` in `catalog.rs`.
//! A mistake in a data file fails the build with its file and line.

// The loader is the crate's own; what it holds for look-ups and tests is not used here.
#![allow(dead_code, unreachable_pub, missing_docs)]

use std::path::{Path, PathBuf};
use std::{env, error, fs, io};

#[path = "src/attribute_model.rs"]
mod attribute_model;
#[path = "src/batch.rs"]
mod batch;
#[path = "src/convert.rs"]
mod convert;
#[path = "src/derive_schema.rs"]
mod derive_schema;
#[path = "src/effect.rs"]
mod effect;
#[path = "src/generated_schema.rs"]
mod generated_schema;
#[path = "src/load.rs"]
mod load;
#[path = "src/loaded.rs"]
mod loaded;
#[path = "src/model.rs"]
mod model;
#[path = "src/names.rs"]
mod names;
#[path = "src/package_words.rs"]
mod package_words;
#[path = "src/paths.rs"]
mod paths;
#[path = "src/schema.rs"]
mod schema;
#[path = "src/setting_schema.rs"]
mod setting_schema;
#[path = "src/source.rs"]
mod source;
#[path = "src/type_expr.rs"]
mod type_expr;

/// The only file that describes no crate.
const WORDS: &str = "unknown_crates.toml";

fn main() -> Result<(), Box<dyn error::Error>> {
    // The library derives JSON schemas of the data's shape; this script, which shares its sources, needs none.
    println!("cargo::rustc-cfg=json_schema");
    println!("cargo::rerun-if-changed=data");
    println!("cargo::rerun-if-changed=src");
    println!("cargo::rerun-if-changed=build.rs");
    let data = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or("no manifest folder")?).join("data");
    let mut files = Vec::new();
    collect(&data, &data, &mut files)?;
    files.sort();
    let words = files.iter().position(|(name, _)| name == WORDS).ok_or("no file of words")?;
    let (_, words) = files.remove(words);
    let sources: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let loaded = match load::load(&sources) {
        Ok(loaded) => loaded,
        Err(error) => {
            println!("cargo::error=data/{error}");
            return Ok(());
        }
    };
    let words: package_words::PackageWords = match toml::from_str(&words) {
        Ok(words) => words,
        Err(error) => {
            println!("cargo::error=data/{WORDS}: {}", error.message());
            return Ok(());
        }
    };
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("no output folder")?);
    fs::write(out.join("catalog.bin"), postcard::to_allocvec(&loaded)?)?;
    fs::write(out.join("package_words.bin"), postcard::to_allocvec(&words)?)?;
    Ok(())
}

/// Reads the TOML files of a folder: name below `data` with `/`, and text.
fn collect(data: &Path, folder: &Path, files: &mut Vec<(String, String)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            collect(data, &path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            let name = path.strip_prefix(data).map_err(io::Error::other)?.to_string_lossy().replace('\\', "/");
            files.push((name, fs::read_to_string(&path)?));
        }
    }
    Ok(())
}
