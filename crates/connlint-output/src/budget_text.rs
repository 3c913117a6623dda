//! `routes --budget` for people: what each entry point costs, and the budget that the code keeps as it is.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use crate::EmitOptions;
use crate::summary::counted;
use crate::views::{BudgetView, CostView, LoadView};
use crate::visible::visible_line;

const HEADS: [&str; 3] = ["connections", "queries", "route"];

/// Writes `routes --budget`.
pub(crate) fn write(view: &BudgetView, options: &EmitOptions, to: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<[String; 2]> =
        view.routes.iter().map(|route| [cell(&route.connections), cell(&route.queries)]).collect();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].width());
        cells.chain([HEADS[column].width()]).max().unwrap_or_default()
    };
    let widths = [width(0), width(1)];
    let [connections, queries, route] = HEADS;
    if !rows.is_empty() {
        writeln!(to, "{connections:>0$}  {queries:>1$}  {route}", widths[0], widths[1])?;
    }
    for (route, [connections, queries]) in view.routes.iter().zip(&rows) {
        let over = route.connections.is_exceeded() || route.queries.is_exceeded();
        let (start, end) = if over && options.color { ("\u{1b}[1;31m", "\u{1b}[0m") } else { ("", "") };
        writeln!(to, "{start}{connections:>0$}  {queries:>1$}{end}  {2}", widths[0], widths[1], name(route))?;
    }
    if options.verbosity < 0 {
        return Ok(());
    }
    if !rows.is_empty() {
        writeln!(to)?;
    }
    writeln!(to, "{}", summary(view))?;
    smallest(view, to)?;
    match view.notices.len() {
        0 => Ok(()),
        count => writeln!(to, "{}: `connlint check -v` shows what was not understood", counted(count, "notice")),
    }
}

/// A figure, with its budget where there is one: `7 of 5`.
fn cell(cost: &CostView) -> String {
    let budget = cost.budget.map(|budget| format!(" of {budget}")).unwrap_or_default();
    match (cost.unbounded, cost.open) {
        (true, _) => format!("unbounded{budget}"),
        (false, true) => format!("{} or more{budget}", cost.least),
        (false, false) => format!("{}{budget}", cost.least),
    }
}

fn name(route: &LoadView) -> String {
    let entry = &route.entry;
    let kind = entry.kind.replace('-', " ");
    match &entry.route {
        Some(route) => format!("{}  ({kind} `{}`)", visible_line(route), visible_line(&entry.function.name)),
        None => format!("{}  ({kind})", visible_line(&entry.function.name)),
    }
}

fn summary(view: &BudgetView) -> String {
    let over = view.routes.iter().filter(|route| route.connections.is_exceeded() || route.queries.is_exceeded());
    let with = view.routes.iter().filter(|route| route.connections.budget.or(route.queries.budget).is_some()).count();
    let budgets = match with {
        0 => "no budget is declared".to_owned(),
        with => format!("{with} with a budget, {} over it", over.count()),
    };
    format!("{}: {budgets}", counted(view.routes.len(), "entry point"))
}

/// The smallest budget that the code keeps: a team can start from it.
fn smallest(view: &BudgetView, to: &mut dyn Write) -> io::Result<()> {
    let requests = || view.routes.iter().filter(|route| route.is_request);
    let most = |cost: fn(&LoadView) -> &CostView| {
        requests().map(cost).filter(|cost| !cost.unbounded).map(|cost| cost.least).max().unwrap_or_default()
    };
    if requests().next().is_none() {
        return Ok(());
    }
    writeln!(to, "\n# The smallest budget that the code keeps as it is, for `connlint.toml`:\n[budget]")?;
    writeln!(to, "connections = {}", most(|route| &route.connections))?;
    writeln!(to, "queries = {}", most(|route| &route.queries))?;
    for (key, cost) in [
        ("connections", (|route| &route.connections) as fn(&LoadView) -> &CostView),
        ("queries", |route| &route.queries),
    ] {
        let mut names: Vec<&str> = requests().filter(|route| cost(route).unbounded).map(LoadView::pattern).collect();
        names.sort_unstable();
        names.dedup();
        if !names.is_empty() {
            let names: Vec<String> = names.iter().map(|name| format!("\"{}\"", escaped(name))).collect();
            let names = names.join(", ");
            writeln!(to, "\n[[budget.routes]]\nroutes = [{names}]\n{key} = \"unlimited\"")?;
        }
    }
    writeln!(to)
}

/// A name as a string of TOML.
fn escaped(name: &str) -> String {
    visible_line(name).replace('\\', "\\\\").replace('"', "\\\"")
}
