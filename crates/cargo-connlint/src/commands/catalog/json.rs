//! The catalog as JSON. The types here are the format: fields are added, never renamed, within one version.

use std::io::{self, Write};

use connlint_catalog::{ApiModel, SettingModel, TypeModel, applies};
use connlint_output::{TOOL, Tool};
use serde::Serialize;

use super::{Known, Listing, word};

/// Version of the format.
const FORMAT_VERSION: u32 = 1;

#[derive(Serialize)]
struct JsonCatalog<'a> {
    version: u32,
    tool: Tool,
    crates: Vec<JsonCrate<'a>>,
    project: Option<JsonProject<'a>>,
}

#[derive(Serialize)]
struct JsonCrate<'a> {
    package: &'a str,
    lib: &'a str,
    category: &'a str,
    title: &'a str,
    summary: &'a str,
    versions: String,
    row_count: usize,
    used: Vec<JsonUsed<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<JsonRows<'a>>,
}

#[derive(Serialize)]
struct JsonUsed<'a> {
    version: Option<&'a str>,
    covered: bool,
}

#[derive(Serialize)]
struct JsonRows<'a> {
    types: Vec<JsonType<'a>>,
    functions: Vec<JsonFunction<'a>>,
    settings: Vec<JsonSetting<'a>>,
}

#[derive(Serialize)]
struct JsonType<'a> {
    path: &'a str,
    versions: String,
    role: String,
    source: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonFunction<'a> {
    path: &'a str,
    versions: String,
    mode: String,
    effects: Vec<String>,
    resource: Option<String>,
    remedy: Option<&'a str>,
    source: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonSetting<'a> {
    path: &'a str,
    versions: String,
    purpose: &'a str,
    default: Option<&'a str>,
    source: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonProject<'a> {
    path: &'a str,
    unknown: Vec<JsonUnknown<'a>>,
}

#[derive(Serialize)]
struct JsonUnknown<'a> {
    package: &'a str,
    version: Option<&'a str>,
    likely: bool,
    reasons: &'a [String],
}

pub(super) fn write(listing: &Listing<'_>, out: &mut dyn Write) -> io::Result<()> {
    let document = JsonCatalog {
        version: FORMAT_VERSION,
        tool: TOOL,
        crates: listing.crates.iter().map(|known| krate(listing, known)).collect(),
        project: listing
            .project
            .as_ref()
            .map(|project| JsonProject { path: &project.path, unknown: project.unknown.iter().map(unknown).collect() }),
    };
    connlint_output::write_json(out, &document)
}

fn unknown(krate: &crate::dependencies::UnknownCrate) -> JsonUnknown<'_> {
    JsonUnknown {
        package: &krate.package,
        version: krate.version.as_deref(),
        likely: krate.likely,
        reasons: &krate.reasons,
    }
}

fn krate<'a>(listing: &'a Listing<'_>, known: &'a Known<'_>) -> JsonCrate<'a> {
    let model = known.model;
    let used = known.used.iter().map(|(version, covered)| JsonUsed {
        version: (!version.is_empty()).then_some(version.as_str()),
        covered: *covered,
    });
    JsonCrate {
        package: &model.package,
        lib: &model.lib,
        category: &model.category,
        title: &model.title,
        summary: &model.summary,
        versions: model.versions.to_string(),
        row_count: known.rows,
        used: used.collect(),
        rows: listing.detailed.then(|| rows(listing, &model.package)),
    }
}

fn rows<'a>(listing: &'a Listing<'_>, package: &str) -> JsonRows<'a> {
    let (catalog, version) = (listing.catalog, listing.version.as_ref());
    let types = catalog.types().filter(|row| row.package == package && applies(&row.versions, version));
    let functions = catalog.apis().filter(|row| row.package == package && applies(&row.versions, version));
    let settings = catalog.all_settings().filter(|row| row.package == package && applies(&row.versions, version));
    JsonRows {
        types: types.map(type_row).collect(),
        functions: functions.map(function).collect(),
        settings: settings.map(setting).collect(),
    }
}

fn type_row(row: &TypeModel) -> JsonType<'_> {
    let (versions, source) = (row.versions.to_string(), row.source.as_deref());
    JsonType { path: &row.path, versions, role: word(row.role), source }
}

fn function(row: &ApiModel) -> JsonFunction<'_> {
    JsonFunction {
        path: &row.path,
        versions: row.versions.to_string(),
        mode: word(row.mode),
        effects: row.effects.iter().map(word).collect(),
        resource: row.resource.map(word),
        remedy: row.remedy.as_deref(),
        source: row.source.as_deref(),
    }
}

fn setting(row: &SettingModel) -> JsonSetting<'_> {
    JsonSetting {
        path: &row.path,
        versions: row.versions.to_string(),
        purpose: &row.purpose,
        default: row.default.as_deref(),
        source: row.source.as_deref(),
    }
}
