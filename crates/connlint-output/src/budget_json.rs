//! `routes --budget` as JSON. The types here are the format: fields are added, never renamed, within one version.

use std::io::{self, Write};

use serde::Serialize;

use crate::json_parts::{JsonLocation, JsonNotice, TOOL, Tool, location, notice};
use crate::json_text::write_json;
use crate::sources::SourceCache;
use crate::view_json::{Edge, JsonEntry};
use crate::views::{BudgetView, CostView, IssuedView, LoadView};

/// Version of the format.
const FORMAT_VERSION: u32 = 1;

#[derive(Serialize)]
struct JsonBudget<'a> {
    version: u32,
    document: &'static str,
    tool: Tool,
    entry_points: Vec<JsonLoad<'a>>,
    notices: Vec<JsonNotice<'a>>,
}

#[derive(Serialize)]
struct JsonLoad<'a> {
    #[serde(flatten)]
    entry: JsonEntry<'a>,
    connections: JsonCost,
    queries: JsonCost,
    taken_at: Vec<JsonLocation<'a>>,
    issued: Vec<JsonIssued<'a>>,
}

#[derive(Serialize)]
struct JsonCost {
    least: u64,
    unbounded: bool,
    open: bool,
    budget: Option<u64>,
    exceeded: bool,
}

#[derive(Serialize)]
struct JsonIssued<'a> {
    api: &'a str,
    function: &'a str,
    location: JsonLocation<'a>,
    times: u64,
    each_item: bool,
}

/// Writes `routes --budget` as one JSON document.
pub(crate) fn write(view: &BudgetView, sources: &SourceCache<'_>, to: &mut dyn Write) -> io::Result<()> {
    let document = JsonBudget {
        version: FORMAT_VERSION,
        document: "budget",
        tool: TOOL,
        entry_points: view.routes.iter().map(|route| load(route, sources)).collect(),
        notices: view.notices.iter().map(|n| notice(sources, n)).collect(),
    };
    write_json(to, &document)
}

fn load<'a>(view: &'a LoadView, sources: &SourceCache<'_>) -> JsonLoad<'a> {
    JsonLoad {
        entry: Edge { sources }.entry(&view.entry),
        connections: cost(&view.connections),
        queries: cost(&view.queries),
        taken_at: view.taken_at.iter().map(|span| location(sources, span)).collect(),
        issued: view.issued.iter().map(|one| issued(one, sources)).collect(),
    }
}

fn cost(view: &CostView) -> JsonCost {
    let CostView { least, unbounded, open, budget } = *view;
    JsonCost { least, unbounded, open, budget, exceeded: view.is_exceeded() }
}

fn issued<'a>(view: &'a IssuedView, sources: &SourceCache<'_>) -> JsonIssued<'a> {
    JsonIssued {
        api: &view.api,
        function: &view.function,
        location: location(sources, &view.span),
        times: view.times,
        each_item: view.each_item,
    }
}
