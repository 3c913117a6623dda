//! `connlint schema`: the JSON schema of `connlint.toml`.

use std::io;

use connlint_diagnostics::{Category, LintMetadata};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::config::ConfigFile;
use crate::exit::{Exit, Failure};
use crate::levels::lint_metadata;
use crate::sink;

pub(crate) fn run() -> Result<Exit, Failure> {
    let schema = schema();
    sink::to_stdout(|out| {
        serde_json::to_writer_pretty(&mut *out, &schema).map_err(io::Error::from)?;
        writeln!(out)
    })?;
    Ok(Exit::Clean)
}

fn schema() -> Value {
    // Draft 7 is what editors' TOML plugins read.
    let schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<ConfigFile>();
    let mut schema = schema.to_value();
    if let Some(lints) = schema.pointer_mut("/properties/lints").and_then(Value::as_object_mut) {
        let level = lints.remove("additionalProperties").unwrap_or(Value::Bool(true));
        lints.insert("properties".to_owned(), Value::Object(levels(&level)));
        lints.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
    schema
}

/// What `[lints]` may name: `all`, categories, lints.
fn levels(level: &Value) -> Map<String, Value> {
    let mut names = Map::new();
    let mut add = |name: &str, description: String| {
        names.insert(name.to_owned(), json!({ "description": description, "allOf": [level] }));
    };
    add("all", "All lints.".to_owned());
    for category in Category::ALL {
        add(category.name(), format!("All lints of the category `{category}`."));
    }
    let lints: Vec<&LintMetadata> = lint_metadata();
    for lint in lints {
        add(lint.name, format!("{} ({} by default).", capitalised(lint.summary), lint.level));
    }
    names
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
