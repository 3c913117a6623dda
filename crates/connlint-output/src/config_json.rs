//! `config-of` as JSON. The types here are the format: fields are added, never renamed, within one version.

use std::io::{self, Write};

use serde::Serialize;

use crate::json_parts::{JsonLocation, JsonNotice, TOOL, Tool, location, notice};
use crate::sources::SourceCache;
use crate::views::{BuiltView, ConfigView, SettingView};

/// Version of the format.
const FORMAT_VERSION: u32 = 1;

#[derive(Serialize)]
struct JsonConfig<'a> {
    version: u32,
    document: &'static str,
    tool: Tool,
    asked: JsonAsked<'a>,
    built: Vec<JsonBuilt<'a>>,
    notices: Vec<JsonNotice<'a>>,
}

#[derive(Serialize)]
struct JsonAsked<'a> {
    path: &'a str,
    line: u32,
}

#[derive(Serialize)]
struct JsonBuilt<'a> {
    resource: &'a str,
    api: &'a str,
    location: JsonLocation<'a>,
    settings: Vec<JsonSetting<'a>>,
    requests: usize,
    limited_requests: usize,
}

#[derive(Serialize)]
struct JsonSetting<'a> {
    purpose: &'a str,
    value: &'a str,
    origin: &'a str,
    text: &'a str,
    set_at: Option<JsonLocation<'a>>,
    setter: Option<&'a str>,
}

/// Writes `config-of` as one JSON document.
pub(crate) fn write(view: &ConfigView, sources: &SourceCache<'_>, to: &mut dyn Write) -> io::Result<()> {
    let document = JsonConfig {
        version: FORMAT_VERSION,
        document: "config-of",
        tool: TOOL,
        asked: JsonAsked { path: &view.path, line: view.line },
        built: view.built.iter().map(|one| built(one, sources)).collect(),
        notices: view.notices.iter().map(|n| notice(sources, n)).collect(),
    };
    serde_json::to_writer_pretty(&mut *to, &document).map_err(io::Error::from)?;
    writeln!(to)
}

fn built<'a>(view: &'a BuiltView, sources: &SourceCache<'_>) -> JsonBuilt<'a> {
    JsonBuilt {
        resource: view.resource,
        api: &view.api,
        location: location(sources, &view.span),
        settings: view.settings.iter().map(|one| setting(one, sources)).collect(),
        requests: view.requests,
        limited_requests: view.limited_requests,
    }
}

fn setting<'a>(view: &'a SettingView, sources: &SourceCache<'_>) -> JsonSetting<'a> {
    JsonSetting {
        purpose: &view.purpose,
        value: &view.value,
        origin: view.origin,
        text: &view.text,
        set_at: view.set_at.as_ref().map(|span| location(sources, span)),
        setter: view.setter.as_deref(),
    }
}
