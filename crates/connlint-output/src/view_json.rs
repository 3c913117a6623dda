//! `routes` and `why` as JSON. The types here are the formats: fields are added, never renamed, within one version.

use std::io::{self, Write};

use serde::Serialize;

use crate::budget_json;
use crate::config_json;
use crate::json_parts::{JsonLocation, JsonNotice, TOOL, Tool, location, notice};
use crate::json_text::write_json;
use crate::sources::SourceCache;
use crate::views::{
    EffectView, EntryView, FunctionView, PathView, RouteView, RoutesView, ServedView, SharedView, StepView,
    UncalledView, UnresolvedView, View, WhyFunctionView, WhyView,
};
use crate::{EmitOptions, Format};

/// The format.
pub(crate) static FORMAT: Format<View> = Format {
    name: "json",
    summary: "Everything, as JSON",
    readers: "programs: all that is known, versioned. See [the JSON formats](json.md)",
    extension: "json",
    all_figures: true,
    has_provenance: false,
    write,
};

/// Version of both formats.
const FORMAT_VERSION: u32 = 1;

#[derive(Serialize)]
struct JsonRoutes<'a> {
    version: u32,
    document: &'static str,
    tool: Tool,
    entry_points: Vec<JsonRoute<'a>>,
    entry_points_total: usize,
    loops_left_out: usize,
    notices: Vec<JsonNotice<'a>>,
}

#[derive(Serialize)]
struct JsonRoute<'a> {
    #[serde(flatten)]
    entry: JsonEntry<'a>,
    effects: Vec<JsonServed<'a>>,
}

#[derive(Serialize)]
pub(crate) struct JsonEntry<'a> {
    kind: &'a str,
    route: Option<&'a str>,
    function: JsonFunction<'a>,
    registered_at: JsonLocation<'a>,
    framework: Option<&'a str>,
    period_seconds: Option<u64>,
    certainty: &'a str,
}

#[derive(Serialize)]
struct JsonFunction<'a> {
    path: &'a str,
    kind: &'a str,
    #[serde(rename = "crate")]
    krate: &'a str,
    location: JsonLocation<'a>,
}

#[derive(Serialize)]
struct JsonServed<'a> {
    #[serde(flatten)]
    effect: JsonEffect<'a>,
    per: &'a str,
    spawned: bool,
    certainty: &'a str,
    path: Vec<JsonStep<'a>>,
}

#[derive(Serialize)]
struct JsonEffect<'a> {
    effect: &'a str,
    resource: &'a str,
    api: &'a str,
    location: JsonLocation<'a>,
    function: &'a str,
    shared: Option<JsonShared<'a>>,
}

#[derive(Serialize)]
struct JsonShared<'a> {
    kind: &'a str,
    by: Option<&'a str>,
    location: Option<JsonLocation<'a>>,
}

#[derive(Serialize)]
struct JsonStep<'a> {
    location: JsonLocation<'a>,
    text: &'a str,
    function: &'a str,
    shared: Option<JsonShared<'a>>,
    spawned: bool,
    repeated: bool,
    certainty: &'a str,
}

#[derive(Serialize)]
struct JsonWhy<'a> {
    version: u32,
    document: &'static str,
    tool: Tool,
    asked: JsonAsked<'a>,
    crates: &'a [String],
    nowhere: Option<JsonNowhere<'a>>,
    functions: Vec<JsonWhyFunction<'a>>,
    notices: Vec<JsonNotice<'a>>,
}

#[derive(Serialize)]
struct JsonAsked<'a> {
    path: &'a str,
    line: u32,
    column: Option<u32>,
}

#[derive(Serialize)]
struct JsonNowhere<'a> {
    kind: &'a str,
    text: &'a str,
}

#[derive(Serialize)]
struct JsonWhyFunction<'a> {
    function: JsonFunction<'a>,
    status: &'static str,
    summary: &'a str,
    effects: Vec<JsonEffect<'a>>,
    calls: Vec<JsonStep<'a>>,
    unresolved_calls: Vec<JsonUnresolved<'a>>,
    paths: Vec<JsonPath<'a>>,
    paths_left_out: usize,
    shared_paths: Vec<JsonPath<'a>>,
    shared_paths_left_out: usize,
    start_up: Option<Vec<JsonStep<'a>>>,
    uncalled: Vec<JsonUncalled<'a>>,
    uncalled_left_out: usize,
    may_be_called_at: Vec<JsonUnresolved<'a>>,
}

#[derive(Serialize)]
struct JsonPath<'a> {
    entry: JsonEntry<'a>,
    steps: Vec<JsonStep<'a>>,
    per: &'a str,
    certainty: &'a str,
    remarks: Vec<&'a str>,
}

#[derive(Serialize)]
struct JsonUnresolved<'a> {
    name: &'a str,
    method: bool,
    location: JsonLocation<'a>,
    cause: &'a str,
    because: Option<&'a str>,
    may_call: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonUncalled<'a> {
    function: JsonFunction<'a>,
    kind: &'a str,
    text: &'a str,
    named_by_tests_at: Vec<JsonLocation<'a>>,
}

fn write(view: &View, sources: &SourceCache<'_>, _: &EmitOptions, to: &mut dyn Write) -> io::Result<()> {
    match view {
        View::Routes(view) => routes(view, sources, to),
        View::Why(view) => why(view, sources, to),
        View::ConfigOf(view) => config_json::write(view, sources, to),
        View::Budget(view) => budget_json::write(view, sources, to),
    }
}

/// Writes `routes` as one JSON document.
fn routes(view: &RoutesView, sources: &SourceCache<'_>, to: &mut dyn Write) -> io::Result<()> {
    let edge = Edge { sources };
    let document = JsonRoutes {
        version: FORMAT_VERSION,
        document: "routes",
        tool: TOOL,
        entry_points: view.routes.iter().map(|route| edge.route(route)).collect(),
        entry_points_total: view.total,
        loops_left_out: view.loops,
        notices: view.notices.iter().map(|n| notice(sources, n)).collect(),
    };
    document_to(&document, to)
}

/// Writes `why` as one JSON document.
fn why(view: &WhyView, sources: &SourceCache<'_>, to: &mut dyn Write) -> io::Result<()> {
    let edge = Edge { sources };
    let document = JsonWhy {
        version: FORMAT_VERSION,
        document: "why",
        tool: TOOL,
        asked: JsonAsked { path: &view.path, line: view.line, column: view.column },
        crates: &view.crates,
        nowhere: view.nowhere.as_ref().map(|(kind, text)| JsonNowhere { kind, text }),
        functions: view.functions.iter().map(|function| edge.why_function(function)).collect(),
        notices: view.notices.iter().map(|n| notice(sources, n)).collect(),
    };
    document_to(&document, to)
}

fn document_to(document: &impl Serialize, to: &mut dyn Write) -> io::Result<()> {
    write_json(to, document)
}

pub(crate) struct Edge<'s> {
    pub(crate) sources: &'s SourceCache<'s>,
}

impl Edge<'_> {
    fn route<'a>(&self, view: &'a RouteView) -> JsonRoute<'a> {
        JsonRoute {
            entry: self.entry(&view.entry),
            effects: view.effects.iter().map(|e| self.served(e, view)).collect(),
        }
    }

    pub(crate) fn entry<'a>(&self, view: &'a EntryView) -> JsonEntry<'a> {
        JsonEntry {
            kind: view.kind,
            route: view.route.as_deref(),
            function: self.function(&view.function),
            registered_at: location(self.sources, &view.registered_at),
            framework: view.framework.as_deref(),
            period_seconds: view.period_seconds,
            certainty: view.certainty,
        }
    }

    fn function<'a>(&self, view: &'a FunctionView) -> JsonFunction<'a> {
        let location = location(self.sources, &view.span);
        JsonFunction { path: &view.path, kind: view.kind, krate: &view.krate, location }
    }

    fn served<'a>(&self, view: &'a ServedView, route: &'a RouteView) -> JsonServed<'a> {
        JsonServed {
            effect: self.effect(&view.effect),
            per: if view.in_loop { "iteration" } else { route.entry.unit },
            spawned: view.spawned,
            certainty: view.certainty,
            path: self.steps(&view.steps),
        }
    }

    fn effect<'a>(&self, view: &'a EffectView) -> JsonEffect<'a> {
        JsonEffect {
            effect: view.effect,
            resource: view.resource,
            api: &view.api,
            location: location(self.sources, &view.span),
            function: &view.function,
            shared: view.shared.as_ref().map(|shared| self.shared(shared)),
        }
    }

    fn shared<'a>(&self, view: &'a SharedView) -> JsonShared<'a> {
        JsonShared {
            kind: view.kind,
            by: view.by.as_deref(),
            location: view.span.as_ref().map(|span| location(self.sources, span)),
        }
    }

    fn steps<'a>(&self, views: &'a [StepView]) -> Vec<JsonStep<'a>> {
        let step = |view: &'a StepView| JsonStep {
            location: location(self.sources, &view.span),
            text: &view.text,
            function: &view.function,
            shared: view.shared.as_ref().map(|shared| self.shared(shared)),
            spawned: view.spawned,
            repeated: view.repeated,
            certainty: view.certainty,
        };
        views.iter().map(step).collect()
    }

    fn why_function<'a>(&self, view: &'a WhyFunctionView) -> JsonWhyFunction<'a> {
        JsonWhyFunction {
            function: self.function(&view.function),
            status: view.status.name(),
            summary: &view.summary,
            effects: view.effects.iter().map(|e| self.effect(e)).collect(),
            calls: self.steps(&view.calls),
            unresolved_calls: self.unresolved(&view.unresolved),
            paths: self.paths(&view.paths),
            paths_left_out: view.paths_left_out,
            shared_paths: self.paths(&view.shared_paths),
            shared_paths_left_out: view.shared_paths_left_out,
            start_up: view.startup.as_ref().map(|steps| self.steps(steps)),
            uncalled: view.uncalled.iter().map(|u| self.uncalled(u)).collect(),
            uncalled_left_out: view.uncalled_left_out,
            may_be_called_at: self.unresolved(&view.may_be_called_at),
        }
    }

    fn paths<'a>(&self, views: &'a [PathView]) -> Vec<JsonPath<'a>> {
        let path = |view: &'a PathView| JsonPath {
            entry: self.entry(&view.entry),
            steps: self.steps(&view.steps),
            per: view.per,
            certainty: view.certainty,
            remarks: view.remarks.iter().map(|(name, _)| *name).collect(),
        };
        views.iter().map(path).collect()
    }

    fn unresolved<'a>(&self, views: &'a [UnresolvedView]) -> Vec<JsonUnresolved<'a>> {
        let unresolved = |view: &'a UnresolvedView| JsonUnresolved {
            name: &view.name,
            method: view.is_method,
            location: location(self.sources, &view.span),
            cause: view.cause,
            because: view.because.as_deref(),
            may_call: view.may_call.as_deref(),
        };
        views.iter().map(unresolved).collect()
    }

    fn uncalled<'a>(&self, view: &'a UncalledView) -> JsonUncalled<'a> {
        JsonUncalled {
            function: self.function(&view.function),
            kind: view.kind,
            text: &view.text,
            named_by_tests_at: view.tests.iter().map(|span| location(self.sources, span)).collect(),
        }
    }
}
