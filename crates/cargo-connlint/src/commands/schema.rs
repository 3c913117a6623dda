//! `connlint schema`: the JSON schema of `connlint.toml`.

use std::io;

use connlint_diagnostics::{Category, LintMetadata};
use connlint_facts::NoticeKind;
use connlint_output::{notice_kind_name, notice_kind_summary};
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
    for place in ["/properties/lints", "/definitions/OverrideEntry/properties/lints"] {
        set_names(&mut schema, place, levels);
    }
    set_names(&mut schema, "/properties/notices", notices);
    schema
}

/// Says which keys an object may have, which the types do not know.
fn set_names(schema: &mut Value, place: &str, names: fn(&Value) -> Map<String, Value>) {
    if let Some(object) = schema.pointer_mut(place).and_then(Value::as_object_mut) {
        let value = object.remove("additionalProperties").unwrap_or(Value::Bool(true));
        object.insert("properties".to_owned(), Value::Object(names(&value)));
        object.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
}

/// What `[notices]` may name.
fn notices(switch: &Value) -> Map<String, Value> {
    let names = NoticeKind::ALL.iter().map(|kind| (notice_kind_name(*kind), notice_kind_summary(*kind)));
    let entry = |(name, summary): (&str, &str)| {
        let description = format!("{}.", capitalised(summary));
        (name.to_owned(), json!({ "description": description, "allOf": [switch] }))
    };
    names.map(entry).collect()
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
