//! The map as JSON. The types here are the format, which the page reads too: fields are added, never renamed, within one
//! version.

use std::io::{self, Write};

use connlint_diagnostics::{Diagnostic, Label};
use serde::Serialize;

use super::code::{JsonPlace, place};
use super::{MapCall, MapEntry, MapFinding, MapHold, MapPool, MapReached, MapSite, MapView, MapWait};
use crate::finding::others;
use crate::json_parts::{JsonNotice, TOOL, Tool, notice};
use crate::json_text::write_json;
use crate::names::{lint_url, ratings};
use crate::sources::SourceCache;
use crate::views::{FunctionView, SharedView};
use crate::wording::level_name;
use crate::{EmitOptions, Format};

/// The format.
pub(super) static FORMAT: Format<MapView> = Format {
    name: "json",
    summary: "Everything, as JSON",
    readers: "programs: all that the page shows, versioned. See [the JSON formats](json.md#map)",
    extension: "json",
    all_figures: true,
    has_provenance: false,
    write,
};

/// Version of the format.
const FORMAT_VERSION: u32 = 1;

/// Lines shown around the expression of an effect.
const AROUND: usize = 2;

#[derive(Serialize)]
struct JsonMap<'a> {
    version: u32,
    document: &'static str,
    tool: Tool,
    project: &'a str,
    files: usize,
    lines: u64,
    entry_points: Vec<JsonEntry<'a>>,
    functions: Vec<JsonFunction<'a>>,
    calls: Vec<JsonCall<'a>>,
    sites: Vec<JsonSite<'a>>,
    pools: Vec<JsonPool<'a>>,
    findings: Vec<JsonFinding<'a>>,
    notices: Vec<JsonNotice<'a>>,
}

#[derive(Serialize)]
struct JsonEntry<'a> {
    kind: &'a str,
    route: Option<&'a str>,
    unit: &'a str,
    function: usize,
    registered_at: JsonPlace<'a>,
    framework: Option<&'a str>,
    period_seconds: Option<u64>,
    certainty: &'a str,
    reached: Vec<JsonReached<'a>>,
    findings: &'a [usize],
}

#[derive(Serialize)]
struct JsonReached<'a> {
    site: usize,
    path: &'a [usize],
    in_loop: bool,
    spawned: bool,
    certainty: &'a str,
    shared: Option<JsonShared<'a>>,
}

#[derive(Serialize)]
struct JsonShared<'a> {
    kind: &'a str,
    text: &'a str,
    by: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonFunction<'a> {
    path: &'a str,
    name: &'a str,
    kind: &'a str,
    #[serde(rename = "crate")]
    krate: &'a str,
    place: JsonPlace<'a>,
}

#[derive(Serialize)]
struct JsonCall<'a> {
    from: usize,
    to: usize,
    text: &'a str,
    spawned: bool,
    repeated: bool,
    shared: Option<JsonShared<'a>>,
    certainty: &'a str,
    place: JsonPlace<'a>,
}

#[derive(Serialize)]
struct JsonSite<'a> {
    function: usize,
    effect: &'a str,
    resource: &'a str,
    text: &'a str,
    api: &'a str,
    holds: Vec<JsonHold<'a>>,
    pools: &'a [usize],
    findings: &'a [usize],
    place: JsonPlace<'a>,
}

#[derive(Serialize)]
struct JsonHold<'a> {
    what: &'a str,
    name: Option<&'a str>,
    waits: Vec<JsonWait<'a>>,
    acquires: Vec<JsonWait<'a>>,
}

#[derive(Serialize)]
struct JsonWait<'a> {
    api: &'a str,
    call: JsonPlace<'a>,
    place: JsonPlace<'a>,
}

#[derive(Serialize)]
struct JsonPool<'a> {
    #[serde(rename = "type")]
    ty: &'a str,
    function: Option<&'a str>,
    repeated: bool,
    maximum: Option<u64>,
    set_at: Option<JsonPlace<'a>>,
    findings: &'a [usize],
    place: JsonPlace<'a>,
}

#[derive(Serialize)]
struct JsonFinding<'a> {
    lint: &'a str,
    level: &'a str,
    url: String,
    headline: &'a str,
    label: &'a str,
    place: JsonPlace<'a>,
    steps: Vec<JsonRemark<'a>>,
    labels: Vec<JsonRemark<'a>>,
    notes: Vec<String>,
    help: &'a [String],
    entry_points: &'a [usize],
    sites: &'a [usize],
    pools: &'a [usize],
}

#[derive(Serialize)]
struct JsonRemark<'a> {
    text: &'a str,
    place: JsonPlace<'a>,
}

fn write(view: &MapView, sources: &SourceCache<'_>, _: &EmitOptions, to: &mut dyn Write) -> io::Result<()> {
    write_json(to, &document(view, sources))
}

/// The document on one line.
pub(super) fn compact(view: &MapView, sources: &SourceCache<'_>) -> io::Result<String> {
    serde_json::to_string(&document(view, sources)).map_err(io::Error::from)
}

fn document<'a>(view: &'a MapView, sources: &'a SourceCache<'_>) -> JsonMap<'a> {
    let edge = Edge { sources };
    JsonMap {
        version: FORMAT_VERSION,
        document: "map",
        tool: TOOL,
        project: &view.project,
        files: view.files,
        lines: view.lines,
        entry_points: view.entry_points.iter().map(|entry| edge.entry(entry)).collect(),
        functions: view.functions.iter().map(|function| edge.function(function)).collect(),
        calls: view.calls.iter().map(|call| edge.call(call)).collect(),
        sites: view.sites.iter().map(|site| edge.site(site)).collect(),
        pools: view.pools.iter().map(|pool| edge.pool(pool)).collect(),
        findings: view.findings.iter().map(|finding| edge.finding(finding)).collect(),
        notices: view.notices.iter().map(|n| notice(sources, n)).collect(),
    }
}

struct Edge<'s> {
    sources: &'s SourceCache<'s>,
}

impl Edge<'_> {
    fn entry<'a>(&self, view: &'a MapEntry) -> JsonEntry<'a> {
        JsonEntry {
            kind: view.entry.kind,
            route: view.entry.route.as_deref(),
            unit: view.entry.unit,
            function: view.function,
            registered_at: place(self.sources, &view.entry.registered_at, 0),
            framework: view.entry.framework.as_deref(),
            period_seconds: view.entry.period_seconds,
            certainty: view.entry.certainty,
            reached: view.reached.iter().map(reached).collect(),
            findings: &view.findings,
        }
    }

    fn function<'a>(&self, view: &'a FunctionView) -> JsonFunction<'a> {
        let place = place(self.sources, &view.span, 0);
        JsonFunction { path: &view.path, name: &view.name, kind: view.kind, krate: &view.krate, place }
    }

    fn call<'a>(&self, view: &'a MapCall) -> JsonCall<'a> {
        JsonCall {
            from: view.from,
            to: view.to,
            text: &view.step.text,
            spawned: view.step.spawned,
            repeated: view.step.repeated,
            shared: view.step.shared.as_ref().map(shared),
            certainty: view.step.certainty,
            place: place(self.sources, &view.step.span, 0),
        }
    }

    fn site<'a>(&self, view: &'a MapSite) -> JsonSite<'a> {
        JsonSite {
            function: view.function,
            effect: view.effect.effect,
            resource: view.effect.resource,
            text: view.effect.text,
            api: &view.effect.api,
            holds: view.holds.iter().map(|hold| self.hold(hold)).collect(),
            pools: &view.pools,
            findings: &view.findings,
            place: place(self.sources, &view.effect.span, AROUND),
        }
    }

    fn hold<'a>(&self, view: &'a MapHold) -> JsonHold<'a> {
        let waits = |waits: &'a [MapWait]| waits.iter().map(|wait| self.wait(wait)).collect();
        JsonHold {
            what: view.what,
            name: view.name.as_deref(),
            waits: waits(&view.waits),
            acquires: waits(&view.acquires),
        }
    }

    fn wait<'a>(&self, view: &'a MapWait) -> JsonWait<'a> {
        let (call, place) = (place(self.sources, &view.call, 0), place(self.sources, &view.site, 0));
        JsonWait { api: &view.api, call, place }
    }

    fn pool<'a>(&self, view: &'a MapPool) -> JsonPool<'a> {
        JsonPool {
            ty: &view.ty,
            function: view.function.as_deref(),
            repeated: view.repeated,
            maximum: view.maximum,
            set_at: view.set_at.as_ref().map(|span| place(self.sources, span, 0)),
            findings: &view.findings,
            place: place(self.sources, &view.built_at, AROUND),
        }
    }

    fn finding<'a>(&self, view: &'a MapFinding) -> JsonFinding<'a> {
        let diagnostic = &view.diagnostic;
        let label = |label: &'a Label| JsonRemark { text: &label.text, place: place(self.sources, &label.span, 0) };
        let steps = diagnostic.trace.iter().filter(|step| step.span != diagnostic.primary);
        let further = diagnostic.labels.iter().chain(&diagnostic.siblings);
        JsonFinding {
            lint: diagnostic.lint.name,
            level: level_name(diagnostic.level),
            url: lint_url(diagnostic.lint.name),
            headline: &diagnostic.headline,
            label: &diagnostic.primary_label,
            place: place(self.sources, &diagnostic.primary, AROUND),
            steps: steps
                .map(|step| JsonRemark { text: &step.text, place: place(self.sources, &step.span, 0) })
                .collect(),
            labels: further.map(label).collect(),
            notes: notes(diagnostic),
            help: &diagnostic.help,
            entry_points: &view.entry_points,
            sites: &view.sites,
            pools: &view.pools,
        }
    }
}

fn notes(diagnostic: &Diagnostic) -> Vec<String> {
    let further = others(diagnostic).into_iter().chain([ratings(diagnostic)]);
    diagnostic.notes.iter().cloned().chain(further).collect()
}

fn reached(view: &MapReached) -> JsonReached<'_> {
    JsonReached {
        site: view.site,
        path: &view.path,
        in_loop: view.in_loop,
        spawned: view.spawned,
        certainty: view.certainty,
        shared: view.shared.as_ref().map(shared),
    }
}

fn shared(view: &SharedView) -> JsonShared<'_> {
    JsonShared { kind: view.kind, text: view.text, by: view.by.as_deref() }
}
