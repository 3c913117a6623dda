//! `connlint capacity`: what one process can open, and whether the fleet fits.

use std::collections::{BTreeMap, BTreeSet};

use connlint_facts::Span;
use connlint_lints::{DeclaredCapacity, Shares};
use connlint_output::{
    AmountView, CapacityView, LimitView, OpenerView, PoolLoadView, PoolView, ProgramView, RouteLoadView, ServerView,
    TrafficView,
};
use connlint_semantic::{
    Amount, Analyses, Analysis, Figure, Limit, Opener, PoolFacts, Process, Program, Replicas, Resource, RouteTraffic,
    ServerLoad, Sum, Term, Values, names_of_nothing, server_loads,
};

use super::config_of;
use super::reading;
use crate::analysed_project::Project;
use crate::capacity_args::{CapacityArgs, NamedNumber};
use crate::config::Settings;
use crate::exit::{Exit, Failure};
use crate::traffic_file;

/// What `capacity` asks of linking.
pub(crate) fn analyses() -> Analyses {
    [Analysis::Settings, Analysis::Openings, Analysis::Pools, Analysis::LiveRanges].into_iter().collect()
}

pub(crate) fn run(args: &CapacityArgs) -> Result<Exit, Failure> {
    let traffic = args.traffic.as_deref().map(traffic_file::read).transpose()?;
    let project = Project::of_path(&args.reading.root, args.path.as_deref())?;
    let declared = Settings::load(&args.reading.config, &project)?.declared.capacity.unwrap_or_default();
    let Some(read) = reading::read_for(&args.reading, project, analyses())? else { return Ok(Exit::NothingAnalysed) };
    let given = Given::of(args, declared);
    let mut view = view(&read.linked.program, &given, traffic.as_deref());
    view.notices.clone_from(&read.linked.notices);
    reading::write(&args.reading, args.output_format, &read.sources, &view)?;
    let exceeds = view.servers.iter().any(|server| server.exceeds.0 || server.exceeds.1);
    Ok(if exceeds { Exit::Findings } else { Exit::Clean })
}

/// The figures that the user gives.
struct Given {
    values: Values,
    replicas: Replicas,
    limits: BTreeMap<String, u64>,
    limit_of_all: Option<u64>,
    tasks: Option<u64>,
    /// Whether old and new processes run side by side during a deploy.
    rolling_deploy: bool,
}

impl Given {
    /// What the settings declare, where the arguments say nothing else.
    fn of(args: &CapacityArgs, declared: DeclaredCapacity) -> Self {
        let DeclaredCapacity { replicas, server_limits, mut values, rolling_deploy, .. } = declared;
        let (limit_of_all, limits) = over(split(&args.server_limit), server_limits);
        let (of_all, by_program) = over(split(&args.replicas), replicas);
        values.extend(split(&args.value).1);
        let replicas = Replicas { of_all, by_program };
        Self { values, replicas, limits, limit_of_all, tasks: args.tasks, rolling_deploy }
    }
}

/// What the arguments say, over what is declared: a number of all replaces all that is declared.
fn over(args: (Option<u64>, BTreeMap<String, u64>), declared: Shares) -> (Option<u64>, BTreeMap<String, u64>) {
    let (of_all, named) = args;
    if of_all.is_some() {
        return (of_all, named);
    }
    let mut all = declared.named;
    all.extend(named);
    (declared.of_all, all)
}

/// The number of all, and those of some; of several the last counts.
fn split(numbers: &[NamedNumber]) -> (Option<u64>, BTreeMap<String, u64>) {
    let of_all = numbers.iter().rev().find(|given| given.name.is_none()).map(|given| given.number);
    let named = numbers.iter().filter_map(|given| Some((given.name.clone()?, given.number)));
    (of_all, named.collect())
}

fn view(program: &Program, given: &Given, traffic: Option<&[RouteTraffic]>) -> CapacityView {
    let processes = program.capacity();
    let loads = server_loads(&processes, &given.values, &given.replicas, &given.limits, given.limit_of_all);
    let pools = pools(&processes, given);
    CapacityView {
        programs: processes.iter().map(|process| program_view(program, process, given)).collect(),
        servers: loads.iter().map(|load| server(load, given)).collect(),
        traffic: traffic.map(|rows| self::traffic(program, rows, given, &pools)),
        pools,
        tasks: given.tasks,
        unused_values: unused(&processes, &loads, given),
        notices: Vec::new(),
    }
}

/// What is given a number, but does not exist.
fn unused(processes: &[Process<'_>], loads: &[ServerLoad], given: &Given) -> Vec<String> {
    let named = given.values.keys().chain(given.limits.keys()).chain(given.replicas.by_program.keys());
    names_of_nothing(processes, loads, named)
}

fn program_view(program: &Program, process: &Process<'_>, given: &Given) -> ProgramView {
    ProgramView {
        name: process.name.clone(),
        one_shot: process.one_shot,
        replicas: given.replicas.of(process),
        openers: process.openers.iter().map(|one| opener(program, one, given)).collect(),
    }
}

fn opener(program: &Program, opener: &Opener<'_>, given: &Given) -> OpenerView {
    let function = program.function(opener.opening.function);
    OpenerView {
        resource: resource(opener.opening.resource),
        api: program.api_name(&opener.opening.api).to_owned(),
        span: opener.opening.span.clone(),
        function: function.path.to_string(),
        by: opener.by.iter().map(|&id| program.function(id).name().to_owned()).collect(),
        server: opener.address.server(),
        address: opener.address.parts.iter().map(ToString::to_string).collect::<BTreeSet<_>>().into_iter().collect(),
        local_file: opener.local_file,
        connections: amount(&Sum { terms: vec![opener.connections()] }, &given.values),
        maximum: of_term(&opener.maximum.term, &given.values),
        maximum_unknown: opener.maximum.unknown,
        maximum_set_at: opener.maximum.set_at.clone(),
        times: of_term(&Term::of(opener.times.clone()), &given.values),
        ways: opener.ways,
        per_request: opener.per_request,
        counted: !opener.instead_of_larger,
    }
}

fn resource(resource: Resource) -> &'static str {
    match resource {
        Resource::Pool => "pool",
        Resource::Client => "client",
        Resource::Connection => "connection",
    }
}

fn of_term(term: &Term, values: &Values) -> AmountView {
    amount(&Sum { terms: vec![term.clone()] }, values)
}

fn amount(sum: &Sum, values: &Values) -> AmountView {
    AmountView {
        text: sum.shown(values),
        value: sum.value(values),
        at_least: sum.at_least(values),
        unknown: sum.unknown(values),
    }
}

fn figure(figure: &Figure) -> AmountView {
    let names = figure.unknown.iter().map(|name| format!("[{name}]")).collect::<Vec<_>>().join(", ");
    let text = match figure.unknown.len() {
        0 => figure.at_least.to_string(),
        _ => format!("{} and what depends on {names}", figure.at_least),
    };
    AmountView {
        text,
        value: figure.unknown.is_empty().then_some(figure.at_least),
        at_least: figure.at_least,
        unknown: figure.unknown.clone(),
    }
}

fn server(load: &ServerLoad, given: &Given) -> ServerView {
    let by_program = load.by_program.iter().map(|(name, sum)| (name.clone(), amount(sum, &given.values)));
    let (always, during_deploy) = load.exceeds();
    ServerView {
        name: load.server.clone(),
        by_program: by_program.collect(),
        fleet: load.fleet.as_ref().map(figure),
        during_deploy: load.during_deploy.as_ref().filter(|_| given.rolling_deploy).map(figure),
        limit: load.limit,
        exceeds: (always, during_deploy && given.rolling_deploy),
    }
}

/// The pools of all programs, each place and maximum once.
fn pools(processes: &[Process<'_>], given: &Given) -> Vec<PoolView> {
    let openers = processes.iter().flat_map(|process| &process.openers);
    let by_place: BTreeMap<(&Span, &[Amount]), (&Opener<'_>, &PoolFacts<'_>)> = openers
        .filter_map(|opener| {
            let key = (&opener.opening.span, &opener.maximum.term.factors[..]);
            Some((key, (opener, opener.pool.as_ref()?)))
        })
        .collect();
    let pool = |((span, _), (opener, facts)): ((&Span, &[Amount]), (&Opener<'_>, &PoolFacts<'_>))| PoolView {
        ty: facts.ty.map_or_else(|| opener.opening.api.clone(), str::to_owned),
        span: span.clone(),
        maximum: of_term(&opener.maximum.term, &given.values),
        held_at_once: facts.held_at_once,
        one_of: facts.one_of,
        nested_at: facts.nested_at.cloned(),
        least_maximum: given.tasks.and_then(|tasks| opener.least_maximum(tasks)),
        limits: vec![
            limit("the wait for a connection", facts.acquire_timeout),
            limit("the time of a statement", facts.statement_timeout),
            limit("the age of a connection", facts.max_lifetime),
        ],
    };
    by_place.into_iter().map(pool).collect()
}

fn limit(of: &'static str, limit: Limit<'_>) -> LimitView {
    let setting = match limit {
        Limit::Setting(setting) => Some(config_of::setting(setting)),
        Limit::None => None,
    };
    LimitView { of, missing: limit.is_missing(), setting }
}

/// What the traffic of the service comes to in one of its processes.
fn traffic(program: &Program, rows: &[RouteTraffic], given: &Given, pools: &[PoolView]) -> TrafficView {
    let replicas = given.replicas.of_all.unwrap_or(1).max(1);
    let share = |row: &RouteTraffic| RouteTraffic { rate: row.rate / replicas as f64, ..row.clone() };
    let load = program.traffic_load(&rows.iter().map(share).collect::<Vec<_>>());
    let number = |span: &Span| pools.iter().position(|pool| pool.span == *span);
    let routes = load.routes.iter().map(|route| RouteLoadView {
        route: route.traffic.route.clone(),
        served_by: program.entry(route.entry).route.clone().unwrap_or_default(),
        rate: route.traffic.rate,
        in_flight: route.traffic.rate * route.traffic.mean,
        opened_per_second: route.opened_per_second,
        opens_in_loop: route.opens_in_loop,
        pools: route.pools.iter().filter_map(|(span, held)| Some((number(span)?, *held))).collect(),
    });
    let of_pools = load.pools.iter().filter_map(|pool| {
        let at = number(&pool.built_at)?;
        // Where several pools are built at one place, it is not known which of them is meant.
        let here = || pools.iter().filter(|other| other.span == pool.built_at);
        let maximum = pools.get(at).filter(|_| here().count() == 1).and_then(|pool| pool.maximum.value);
        Some(PoolLoadView {
            pool: at,
            rate: pool.rate,
            held: pool.held,
            held_at_p99: pool.held_at_p99,
            saturates_at: maximum.and_then(|maximum| pool.saturates_at(maximum)),
            most_used_by: pool.most.0.clone(),
            most_used_share: pool.most.1,
        })
    });
    TrafficView { routes: routes.collect(), unmatched: load.unmatched.clone(), pools: of_pools.collect(), replicas }
}
