//! `connlint routes --budget`: what one run of each entry point costs, and what its budget allows.

use connlint_lints::{Declared, budget_of, budgeted, is_request};
use connlint_output::{BudgetView, CostView, IssuedView, LoadView, View};
use connlint_semantic::{Analyses, Analysis, EntryId, IssuedQuery, Program};

use super::reading::{self, Read};
use super::routes::{key, matches_route};
use crate::analysed_project::Project;
use crate::args::RoutesArgs;
use crate::config::Settings;
use crate::exit::{Exit, Failure};
use crate::views;

fn analyses() -> Analyses {
    [Analysis::LiveRanges, Analysis::FanOuts, Analysis::QueryLoops, Analysis::QueryRuns].into_iter().collect()
}

pub(crate) fn run(args: &RoutesArgs, project: Project) -> Result<Exit, Failure> {
    let declared = Settings::load(&args.reading.config, &project)?.declared;
    let Some(read) = reading::read_for(&args.reading, project, analyses())? else { return Ok(Exit::NothingAnalysed) };
    let view = view(args, &read, &declared);
    reading::write(&args.reading, args.output_format, &read.sources, &View::Budget(view))?;
    Ok(Exit::Clean)
}

fn view(args: &RoutesArgs, read: &Read, declared: &Declared) -> BudgetView {
    let program = &read.linked.program;
    let in_part = |id: &EntryId| {
        read.linked.part.as_ref().is_none_or(|part| part.has(&program.function(program.entry(*id).function).span))
    };
    let of_kind = |id: &EntryId| args.kind.is_empty() || args.kind.contains(&program.entry(*id).kind);
    let wanted = budgeted(program).filter(|id| in_part(id) && of_kind(id));
    let wanted = wanted.filter(|&id| matches_route(args.route.as_deref(), program, id));
    let mut routes: Vec<LoadView> = wanted.map(|id| load(program, declared, id)).collect();
    routes.sort_by(|a, b| key(&a.entry).cmp(&key(&b.entry)));
    routes.dedup_by(|b, a| views::same_entry(&a.entry, &b.entry) && a.issued == b.issued && a.taken_at == b.taken_at);
    BudgetView { routes, notices: read.linked.notices.clone() }
}

fn load(program: &Program, declared: &Declared, id: EntryId) -> LoadView {
    let load = program.request_load(id);
    let (connections, queries) = budget_of(declared, program, id);
    LoadView {
        entry: views::entry(program, id),
        is_request: is_request(program.entry(id).kind),
        connections: CostView {
            least: load.held.least,
            unbounded: load.held.unbounded,
            open: false,
            budget: connections.map(|(limit, _)| limit),
        },
        queries: CostView {
            least: load.queries.least,
            unbounded: load.queries.unbounded,
            open: load.queries.open,
            budget: queries.map(|(limit, _)| limit),
        },
        taken_at: load.takes.iter().map(|take| take.span.clone()).collect(),
        issued: load.issued.iter().map(|query| issued(program, query)).collect(),
    }
}

fn issued(program: &Program, query: &IssuedQuery<'_>) -> IssuedView {
    IssuedView {
        api: program.api_name(&query.site.api).to_owned(),
        function: program.function(query.site.function).name().to_owned(),
        span: query.site.span.clone(),
        times: query.times,
        each_item: query.each_item_of.is_some(),
    }
}
