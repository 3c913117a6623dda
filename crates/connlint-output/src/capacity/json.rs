//! `capacity` as JSON. The types here are the format: fields are added, never renamed, within one version.

use std::io::{self, Write};

use connlint_facts::Span;
use serde::Serialize;

use super::{AmountView, CapacityView, LimitView, OpenerView, PoolView, ProgramView, ServerView, TrafficView};
use crate::json_parts::{JsonLocation, JsonNotice, TOOL, Tool, location, notice};
use crate::sources::SourceCache;
use crate::{EmitOptions, Format};

/// The format.
pub(super) static FORMAT: Format<CapacityView> = Format {
    name: "json",
    summary: "One JSON document",
    readers: "programs: the format is described in [The JSON formats](json.md)",
    extension: "json",
    all_figures: false,
    has_provenance: false,
    write,
};

/// Version of the format.
const FORMAT_VERSION: u32 = 1;

#[derive(Serialize)]
struct JsonCapacity<'a> {
    version: u32,
    document: &'static str,
    tool: Tool,
    programs: Vec<JsonProgram<'a>>,
    servers: Vec<JsonServer<'a>>,
    pools: Vec<JsonPool<'a>>,
    traffic: Option<JsonTraffic<'a>>,
    tasks: Option<u64>,
    unused_values: &'a [String],
    notices: Vec<JsonNotice<'a>>,
}

#[derive(Serialize)]
struct JsonProgram<'a> {
    name: &'a str,
    one_shot: bool,
    replicas: Option<u64>,
    openers: Vec<JsonOpener<'a>>,
}

#[derive(Serialize)]
struct JsonOpener<'a> {
    resource: &'a str,
    api: &'a str,
    location: JsonLocation<'a>,
    function: &'a str,
    by: &'a [String],
    server: Option<&'a str>,
    address: &'a [String],
    local_file: bool,
    connections: JsonAmount<'a>,
    maximum: JsonAmount<'a>,
    maximum_unknown: Option<&'static str>,
    maximum_set_at: Option<JsonLocation<'a>>,
    times: JsonAmount<'a>,
    ways: usize,
    per_request: bool,
    counted: bool,
}

#[derive(Serialize)]
struct JsonAmount<'a> {
    text: &'a str,
    value: Option<u64>,
    at_least: u64,
    unknown: &'a [String],
}

#[derive(Serialize)]
struct JsonServer<'a> {
    name: Option<&'a str>,
    by_program: Vec<JsonShare<'a>>,
    fleet: Option<JsonAmount<'a>>,
    during_deploy: Option<JsonAmount<'a>>,
    limit: Option<u64>,
    exceeds: bool,
    exceeds_during_deploy: bool,
}

#[derive(Serialize)]
struct JsonShare<'a> {
    program: &'a str,
    connections: JsonAmount<'a>,
}

#[derive(Serialize)]
struct JsonPool<'a> {
    #[serde(rename = "type")]
    ty: &'a str,
    location: JsonLocation<'a>,
    maximum: JsonAmount<'a>,
    held_at_once: usize,
    one_of: usize,
    nested_at: Option<JsonLocation<'a>>,
    least_maximum: Option<u64>,
    limits: Vec<JsonLimit<'a>>,
}

#[derive(Serialize)]
struct JsonLimit<'a> {
    of: &'a str,
    missing: bool,
    purpose: Option<&'a str>,
    value: Option<&'a str>,
    origin: Option<&'a str>,
    set_at: Option<JsonLocation<'a>>,
}

#[derive(Serialize)]
struct JsonTraffic<'a> {
    replicas: u64,
    routes: Vec<JsonRoute<'a>>,
    unmatched: &'a [String],
    pools: Vec<JsonPoolLoad<'a>>,
}

#[derive(Serialize)]
struct JsonRoute<'a> {
    route: &'a str,
    served_by: &'a str,
    rate: f64,
    in_flight: f64,
    opened_per_second: f64,
    opens_in_loop: bool,
    pools: Vec<JsonTaken>,
}

#[derive(Serialize)]
struct JsonTaken {
    pool: usize,
    held_at_once: usize,
}

#[derive(Serialize)]
struct JsonPoolLoad<'a> {
    pool: usize,
    rate: f64,
    held: f64,
    held_at_p99: f64,
    saturates_at: Option<f64>,
    most_used_by: &'a str,
    most_used_share: f64,
}

fn write(view: &CapacityView, sources: &SourceCache<'_>, _: &EmitOptions, to: &mut dyn Write) -> io::Result<()> {
    let edge = Edge { sources };
    let document = JsonCapacity {
        version: FORMAT_VERSION,
        document: "capacity",
        tool: TOOL,
        programs: view.programs.iter().map(|one| edge.program(one)).collect(),
        servers: view.servers.iter().map(server).collect(),
        pools: view.pools.iter().map(|one| edge.pool(one)).collect(),
        traffic: view.traffic.as_ref().map(traffic),
        tasks: view.tasks,
        unused_values: &view.unused_values,
        notices: view.notices.iter().map(|n| notice(sources, n)).collect(),
    };
    serde_json::to_writer_pretty(&mut *to, &document).map_err(io::Error::from)?;
    writeln!(to)
}

/// What turns spans into locations.
struct Edge<'a, 's> {
    sources: &'a SourceCache<'s>,
}

impl Edge<'_, '_> {
    fn at<'v>(&self, span: Option<&'v Span>) -> Option<JsonLocation<'v>> {
        span.map(|span| location(self.sources, span))
    }

    fn program<'v>(&self, view: &'v ProgramView) -> JsonProgram<'v> {
        JsonProgram {
            name: &view.name,
            one_shot: view.one_shot,
            replicas: view.replicas,
            openers: view.openers.iter().map(|one| self.opener(one)).collect(),
        }
    }

    fn opener<'v>(&self, view: &'v OpenerView) -> JsonOpener<'v> {
        JsonOpener {
            resource: view.resource,
            api: &view.api,
            location: location(self.sources, &view.span),
            function: &view.function,
            by: &view.by,
            server: view.server.as_deref(),
            address: &view.address,
            local_file: view.local_file,
            connections: amount(&view.connections),
            maximum: amount(&view.maximum),
            maximum_unknown: view.maximum_unknown,
            maximum_set_at: self.at(view.maximum_set_at.as_ref()),
            times: amount(&view.times),
            ways: view.ways,
            per_request: view.per_request,
            counted: view.counted,
        }
    }

    fn pool<'v>(&self, view: &'v PoolView) -> JsonPool<'v> {
        JsonPool {
            ty: &view.ty,
            location: location(self.sources, &view.span),
            maximum: amount(&view.maximum),
            held_at_once: view.held_at_once,
            one_of: view.one_of,
            nested_at: self.at(view.nested_at.as_ref()),
            least_maximum: view.least_maximum,
            limits: view.limits.iter().map(|one| self.limit(one)).collect(),
        }
    }

    fn limit<'v>(&self, view: &'v LimitView) -> JsonLimit<'v> {
        let setting = view.setting.as_ref();
        JsonLimit {
            of: view.of,
            missing: view.missing,
            purpose: setting.map(|setting| setting.purpose.as_str()),
            value: setting.map(|setting| setting.value.as_str()),
            origin: setting.map(|setting| setting.origin),
            set_at: self.at(setting.and_then(|setting| setting.set_at.as_ref())),
        }
    }
}

fn amount(view: &AmountView) -> JsonAmount<'_> {
    JsonAmount { text: &view.text, value: view.value, at_least: view.at_least, unknown: &view.unknown }
}

fn server(view: &ServerView) -> JsonServer<'_> {
    JsonServer {
        name: view.name.as_deref(),
        by_program: view
            .by_program
            .iter()
            .map(|(program, connections)| JsonShare { program, connections: amount(connections) })
            .collect(),
        fleet: view.fleet.as_ref().map(amount),
        during_deploy: view.during_deploy.as_ref().map(amount),
        limit: view.limit,
        exceeds: view.exceeds.0,
        exceeds_during_deploy: view.exceeds.1,
    }
}

fn traffic(view: &TrafficView) -> JsonTraffic<'_> {
    let taken = |&(pool, held_at_once): &(usize, usize)| JsonTaken { pool, held_at_once };
    let routes = view.routes.iter().map(|route| JsonRoute {
        route: &route.route,
        served_by: &route.served_by,
        rate: route.rate,
        in_flight: route.in_flight,
        opened_per_second: route.opened_per_second,
        opens_in_loop: route.opens_in_loop,
        pools: route.pools.iter().map(taken).collect(),
    });
    let pools = view.pools.iter().map(|load| JsonPoolLoad {
        pool: load.pool,
        rate: load.rate,
        held: load.held,
        held_at_p99: load.held_at_p99,
        saturates_at: load.saturates_at,
        most_used_by: &load.most_used_by,
        most_used_share: load.most_used_share,
    });
    JsonTraffic {
        replicas: view.replicas,
        routes: routes.collect(),
        unmatched: &view.unmatched,
        pools: pools.collect(),
    }
}
