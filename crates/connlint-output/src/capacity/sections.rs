//! `capacity` as headings with lists of sentences, for people.

use connlint_facts::Span;

use super::{
    AmountView, CapacityView, LimitView, OpenerView, PoolLoadView, PoolView, ProgramView, ServerView, TrafficView,
};
use crate::sources::SourceCache;
use crate::summary::counted;

/// A heading with what is below it.
pub(super) struct Section {
    pub(super) heading: String,
    pub(super) items: Vec<Item>,
}

/// A sentence with further ones.
pub(super) struct Item {
    pub(super) text: String,
    pub(super) details: Vec<String>,
}

impl Item {
    fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), details: Vec::new() }
    }
}

/// All of it.
pub(super) fn sections(view: &CapacityView, sources: &SourceCache<'_>) -> Vec<Section> {
    let at = |span: &Span| sources.place(&span.file, Some(span.range));
    let (opening, others): (Vec<&ProgramView>, Vec<&ProgramView>) =
        view.programs.iter().partition(|program| !program.openers.is_empty());
    let mut found: Vec<Section> = opening.iter().map(|program| self::program(program, &at)).collect();
    if !others.is_empty() {
        let items = others.iter().map(|program| Item::new(format!("`{}`", program.name))).collect();
        found.push(Section { heading: "Programs that open no connection, as far as is known".to_owned(), items });
    }
    if !view.servers.is_empty() {
        found.push(Section { heading: "By server".to_owned(), items: view.servers.iter().map(server).collect() });
    }
    if !view.pools.is_empty() {
        let items = view.pools.iter().map(|one| pool(one, view.tasks, &at)).collect();
        found.push(Section { heading: "Pools".to_owned(), items });
    }
    if let Some(traffic) = &view.traffic {
        found.push(self::traffic(traffic, view, &at));
    }
    let unused = view.unused_values.iter().map(|name| Item::new(format!("nothing here is called `{name}`")));
    let unused: Vec<Item> = unused.collect();
    if !unused.is_empty() {
        found.push(Section { heading: "Assumptions that are not used".to_owned(), items: unused });
    }
    found
}

fn program(view: &ProgramView, at: &impl Fn(&Span) -> String) -> Section {
    let kind = if view.one_shot { " (serves nothing and ends)" } else { "" };
    let replicas = view.replicas.map(|count| format!(", {}", processes(count))).unwrap_or_default();
    let items = view.openers.iter().map(|one| opener(one, at)).collect();
    Section { heading: format!("One process of `{}`{kind}{replicas}", view.name), items }
}

/// `1 process`, `3 processes`.
fn processes(count: u64) -> String {
    if count == 1 { "1 process".to_owned() } else { format!("{count} processes") }
}

fn opener(view: &OpenerView, at: &impl Fn(&Span) -> String) -> Item {
    let place = at(&view.span);
    let mut item = Item::new(format!("{}: {} `{}` at {place}", view.connections.text, view.resource, view.api));
    item.details.push(match (&view.server, view.local_file) {
        (_, true) => "opens a local file, which counts for no server".to_owned(),
        (Some(server), _) => format!("connects to `{server}`"),
        (None, _) if view.address.is_empty() => "connects to a server that the code does not name".to_owned(),
        (None, _) => format!("connects to a server that is not known: it is named by {}", view.address.join(" and ")),
    });
    if view.resource != "connection" {
        item.details.push(format!("at most {} each, {}", view.maximum.text, origin(view, at)));
    }
    if view.per_request {
        item.details.push("each request opens it anew".to_owned());
    } else if view.times.text != "1" {
        item.details.push(format!("{} of it", view.times.text));
    }
    if !view.counted {
        item.details.push(
            "not counted: a process that opens this one does not open another that is as large or larger".to_owned(),
        );
    }
    if !view.by.is_empty() {
        item.details.push(format!(
            "by way of {}",
            view.by.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        ));
    }
    item
}

fn origin(view: &OpenerView, at: &impl Fn(&Span) -> String) -> String {
    match &view.maximum_set_at {
        Some(span) => format!("set at {}", at(span)),
        None => match view.maximum_unknown {
            Some(why) => format!("not known: {why}"),
            None => "the default of the library".to_owned(),
        },
    }
}

fn server(view: &ServerView) -> Item {
    let mut item = Item::new(match &view.name {
        Some(name) => format!("`{name}`"),
        None => "servers that the code does not name (they may be the same as others)".to_owned(),
    });
    for (program, sum) in &view.by_program {
        item.details.push(format!("one process of `{program}`: {}", amount(sum)));
    }
    let compared = |figure: &AmountView, exceeds: bool| match (view.limit, exceeds) {
        (None, _) => String::new(),
        (Some(limit), true) => format!(", more than the {limit} that the server allows"),
        (Some(limit), false) if figure.value.is_some() => format!(" of {limit}"),
        (Some(limit), false) => format!(" of {limit}, if what is not known allows it"),
    };
    if let Some(fleet) = &view.fleet {
        item.details.push(format!("all processes: {}{}", fleet.text, compared(fleet, view.exceeds.0)));
    }
    if let Some(deploy) = &view.during_deploy {
        let figure = format!("{}{}", deploy.text, compared(deploy, view.exceeds.1));
        item.details.push(format!("during a deploy, old and new side by side: {figure}"));
    }
    item
}

fn amount(view: &AmountView) -> String {
    match view.unknown.len() {
        0 => view.text.clone(),
        _ => format!("{} (at least {})", view.text, view.at_least),
    }
}

fn pool(view: &PoolView, tasks: Option<u64>, at: &impl Fn(&Span) -> String) -> Item {
    let mut item = Item::new(format!("`{}` at {}", view.ty, at(&view.span)));
    item.details.push(format!("maximum: {}", view.maximum.text));
    item.details.push(held(view, tasks, at));
    if view.one_of > 1 {
        let text = "what takes a connection takes it from one of {} pools of this type: of which is not known";
        item.details.push(text.replace("{}", &view.one_of.to_string()));
    }
    item.details.extend(view.limits.iter().map(|limit| self::limit(limit, at)));
    item
}

fn held(view: &PoolView, tasks: Option<u64>, at: &impl Fn(&Span) -> String) -> String {
    match (view.held_at_once, &view.nested_at) {
        (0, _) => "nothing is known to take from it".to_owned(),
        (1, _) => "no task is known to hold more than one of its connections at once".to_owned(),
        (held, nested) => {
            let place = nested.as_ref().map(|span| format!(" (at {})", at(span))).unwrap_or_default();
            let least = match (tasks, view.least_maximum) {
                (Some(tasks), Some(least)) => format!("{tasks} × {} + 1 = {least}", held - 1),
                _ => format!("T × {} + 1 for T tasks at once", held - 1),
            };
            format!(
                "a task holds {held} connections at once{place}: the smallest maximum that cannot deadlock is {least}"
            )
        }
    }
}

fn limit(view: &LimitView, at: &impl Fn(&Span) -> String) -> String {
    let of = view.of;
    let Some(setting) = &view.setting else { return format!("no limit of {of}: the library has no setting for it") };
    let place = setting.set_at.as_ref().map(|span| format!(" at {}", at(span))).unwrap_or_default();
    let none = if view.missing { "no limit of " } else { "" };
    format!("{none}{of}: {} ({}{place})", setting.value, setting.text)
}

fn traffic(view: &TrafficView, all: &CapacityView, at: &impl Fn(&Span) -> String) -> Section {
    let mut items: Vec<Item> = view.pools.iter().map(|load| pool_load(load, all, at)).collect();
    for route in &view.routes {
        let mut text = format!(
            "`{}`: {} requests/s, {} under way at once",
            route.route,
            figure(route.rate),
            figure(route.in_flight)
        );
        if route.opened_per_second > 0.0 {
            let more = if route.opens_in_loop { "at least " } else { "" };
            text.push_str(&format!(", opens {more}{} connections/s", figure(route.opened_per_second)));
        }
        let mut item = Item::new(text);
        if route.served_by != route.route {
            item.details.push(format!("served by `{}`", route.served_by));
        }
        items.push(item);
    }
    items.extend(view.unmatched.iter().map(|route| Item::new(format!("`{route}`: no entry point serves it"))));
    let share = if view.replicas > 1 { format!(", a share of 1 in {}", view.replicas) } else { String::new() };
    Section { heading: format!("Traffic of one process{share}"), items }
}

fn pool_load(load: &PoolLoadView, all: &CapacityView, at: &impl Fn(&Span) -> String) -> Item {
    let (name, place) = all.pools.get(load.pool).map(|pool| (pool.ty.clone(), at(&pool.span))).unwrap_or_default();
    let mut item = Item::new(format!(
        "pool `{name}` at {place}: up to {} connections held at once, {} where each request is as slow as the slowest of 100",
        figure(load.held),
        figure(load.held_at_p99),
    ));
    item.details.push(match load.saturates_at {
        Some(rate) => format!(
            "{} requests/s take from it; saturated at {} requests/s of this mix",
            figure(load.rate),
            figure(rate)
        ),
        None => format!(
            "{} requests/s take from it; its maximum is not known or not the same everywhere",
            figure(load.rate)
        ),
    });
    let share = (load.most_used_share * 100.0).round();
    item.details.push(format!("`{}` uses most of it: {share} %", load.most_used_by));
    item
}

/// A figure with at most two digits behind the point.
fn figure(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// What is said of notices.
pub(super) fn remark(notices: usize) -> Option<String> {
    (notices > 0).then(|| format!("{}: `connlint check -v` shows what was not understood", counted(notices, "notice")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_as_short_as_they_are_exact() {
        assert_eq!([2.0, 0.25, 1.0 / 3.0, 120.0].map(figure), ["2", "0.25", "0.33", "120"]);
    }
}
