//! `connlint routes`: the entry points, and what each opens, acquires and queries.

use connlint_catalog::Effect;
use connlint_output::{EffectView, EntryView, RouteView, RoutesView, ServedView, SharedView, View};
use connlint_semantic::{EffectSite, EntryId, EntryKind, Program, ServedSite};

use super::budget;
use super::reading::{self, Read};
use crate::analysed_project::Project;
use crate::args::{EffectName, RoutesArgs};
use crate::exit::{Exit, Failure};
use crate::views;

pub(crate) fn run(args: &RoutesArgs) -> Result<Exit, Failure> {
    let project = Project::find(&args.reading.root, &args.paths, &args.select)?;
    if args.budget {
        return budget::run(args, project);
    }
    let Some(read) = reading::read(&args.reading, project)? else { return Ok(Exit::NothingAnalysed) };
    let view = view(args, &read);
    reading::write(&args.reading, args.output_format, &read.sources, &View::Routes(view))?;
    Ok(Exit::Clean)
}

fn view(args: &RoutesArgs, read: &Read) -> RoutesView {
    let program = &read.linked.program;
    let in_part = |id: &EntryId| {
        read.linked.part.as_ref().is_none_or(|part| part.has(&program.function(program.entry(*id).function).span))
    };
    let live = |id: &EntryId| program.is_live(program.entry(*id).function) && in_part(id);
    // A loop over items is an entry point of its own only where it is asked for.
    let named = |kind: EntryKind| args.kind.contains(&kind);
    let is_loop = |id: &EntryId| program.entry(*id).kind == EntryKind::Loop && !named(EntryKind::Loop);
    let ids = (0..program.entry_points.len() as u32).map(EntryId).filter(live);
    let (loops, ids): (Vec<EntryId>, Vec<EntryId>) = ids.partition(is_loop);
    let total = views::entry_points(program).into_iter().filter(in_part).count();
    let of_kind = ids.into_iter().filter(|&id| args.kind.is_empty() || named(program.entry(id).kind));
    let mut routes: Vec<RouteView> =
        of_kind.filter(|&id| matches_route(args.route.as_deref(), program, id)).map(|id| route(program, id)).collect();
    routes.retain(|route| args.effect.is_empty() || has_effect(&args.effect, route));
    routes.sort_by(|a, b| key(&a.entry).cmp(&key(&b.entry)));
    routes.dedup_by(|b, a| same_route(a, b));
    RoutesView { routes, total, loops: loops.len(), notices: read.linked.notices.clone() }
}

/// Whether two entry points are one, in a file that is part of several crates.
fn same_route(a: &RouteView, b: &RouteView) -> bool {
    let same = |a: &ServedView, b: &ServedView| {
        a.effect.span == b.effect.span && a.effect.effect == b.effect.effect && a.effect.shared == b.effect.shared
    };
    views::same_entry(&a.entry, &b.entry)
        && a.effects.len() == b.effects.len()
        && a.effects.iter().zip(&b.effects).all(|(a, b)| same(a, b))
}

/// By kind, then by the path of the route, then by its method.
pub(super) fn key(entry: &EntryView) -> (&str, bool, &str, &str, &str, u32) {
    let whole = entry.route.as_deref().unwrap_or_default();
    let (method, path) = whole.split_once(' ').unwrap_or(("", whole));
    let at = &entry.function.span;
    (entry.kind, entry.route.is_none(), path, method, at.file.as_str(), at.range.start)
}

/// Whether the route or the function of an entry point contains a text.
pub(super) fn matches_route(wanted: Option<&str>, program: &Program, id: EntryId) -> bool {
    let Some(wanted) = wanted else { return true };
    let wanted = wanted.to_lowercase();
    let entry = program.entry(id);
    let route = entry.route.as_deref().unwrap_or_default();
    [route, &program.function(entry.function).path].iter().any(|text| text.to_lowercase().contains(&wanted))
}

fn has_effect(wanted: &[EffectName], route: &RouteView) -> bool {
    route.effects.iter().any(|served| wanted.iter().any(|name| name.names(served.effect.effect)))
}

fn route(program: &Program, id: EntryId) -> RouteView {
    let effects = sites(program, id).iter().map(|served| self::served(program, served)).collect();
    RouteView { entry: views::entry(program, id), effects }
}

/// What an entry point does to connections, by what that is and where.
pub(super) fn sites(program: &Program, id: EntryId) -> Vec<ServedSite<'_>> {
    let mut sites = program.sites_of_entry(id, |site| is_told(program, site));
    sites.sort_by(|a, b| {
        let key = |s: &ServedSite<'_>| (s.site.effect, s.shared.is_some(), s.site.api.clone(), s.site.span.clone());
        key(a).cmp(&key(b))
    });
    sites
}

/// What concerns connections; waiting, settings and the calls of other services do not.
fn is_told(program: &Program, site: &EffectSite) -> bool {
    match site.effect {
        Effect::Configure | Effect::Block | Effect::AwaitExternal | Effect::DriverFuture => false,
        Effect::Query => !program.is_of_service(site),
        _ => true,
    }
}

fn served(program: &Program, served: &ServedSite<'_>) -> ServedView {
    let effect = EffectView { shared: shared(program, served), ..views::effect(program, served.site) };
    ServedView {
        effect,
        in_loop: served.in_loop,
        spawned: served.spawned,
        certainty: served.certainty.name(),
        steps: views::steps(program, &served.path),
    }
}

/// What keeps an effect from running each time: something around the expression, or on the way to it.
pub(super) fn shared(program: &Program, served: &ServedSite<'_>) -> Option<SharedView> {
    let own = served.site.shared.map(|kind| views::shared(program, kind, &served.site.span));
    own.or_else(|| {
        let kind = served.shared?;
        let calls = served.path.iter().filter_map(|&call| program.calls.get(call as usize));
        let at = calls.into_iter().find(|call| call.shared == Some(kind));
        Some(views::shared(program, kind, at.map_or(&served.site.span, |call| &call.span)))
    })
}
