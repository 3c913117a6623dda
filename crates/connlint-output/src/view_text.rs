//! `routes` and `why` for people.

use std::collections::BTreeMap;
use std::io::{self, Write};

use connlint_facts::Span;
use unicode_width::UnicodeWidthStr;

use crate::budget_text;
use crate::config_text;
use crate::sources::SourceCache;
use crate::summary::counted;
use crate::views::{
    EffectView, EntryView, FunctionView, PathView, RouteView, RoutesView, ServedView, SharedView, StepView,
    UnresolvedView, View, WhyFunctionView, WhyView,
};
use crate::visible::visible_line;
use crate::{EmitOptions, Format};

/// Columns wider than this are not aligned.
const MAX_COLUMN: usize = 56;

/// The format.
pub(crate) static FORMAT: Format<View> = Format {
    name: "text",
    summary: "For people",
    readers: "people",
    extension: "txt",
    all_figures: true,
    has_provenance: false,
    write,
};

fn write(view: &View, sources: &SourceCache<'_>, options: &EmitOptions, to: &mut dyn Write) -> io::Result<()> {
    match view {
        View::Routes(view) => routes(view, sources, options, to),
        View::Why(view) => why(view, sources, options, to),
        View::ConfigOf(view) => config_text::write(view, sources, options, to),
        View::Budget(view) => budget_text::write(view, options, to),
    }
}

/// Writes `routes`: each entry point with what it does, one line per API.
fn routes(view: &RoutesView, sources: &SourceCache<'_>, options: &EmitOptions, to: &mut dyn Write) -> io::Result<()> {
    let pen = Pen { sources, color: options.color };
    for route in &view.routes {
        pen.route(route, to)?;
    }
    if options.verbosity < 0 {
        return Ok(());
    }
    writeln!(to, "{}", routes_summary(view))?;
    pen.notices(view.notices.len(), to)
}

/// Writes `why`.
fn why(view: &WhyView, sources: &SourceCache<'_>, options: &EmitOptions, to: &mut dyn Write) -> io::Result<()> {
    let pen = Pen { sources, color: options.color };
    let column = view.column.map(|column| format!(":{column}")).unwrap_or_default();
    let place = format!("{}:{}{column}", visible_line(&view.path), view.line);
    if let Some((_, text)) = &view.nowhere {
        writeln!(to, "{}: {}", pen.bold(&place), visible_line(text))?;
    }
    for (index, function) in view.functions.iter().enumerate() {
        if index > 0 {
            writeln!(to)?;
        }
        pen.why_function(&place, function, view.functions.len() > 1, to)?;
    }
    if options.verbosity < 0 {
        return Ok(());
    }
    pen.notices(view.notices.len(), to)
}

fn routes_summary(view: &RoutesView) -> String {
    let with =
        |wanted: &dyn Fn(&ServedView) -> bool| view.routes.iter().filter(|r| r.effects.iter().any(wanted)).count();
    let shown_routes = match view.routes.len() {
        shown if shown == view.total => counted(shown, "entry point"),
        shown => format!("{shown} of {}", counted(view.total, "entry point")),
    };
    let opens = |e: &ServedView| is_opening(&e.effect) && e.effect.shared.is_none();
    let figures = [
        (with(&opens), "open something each time"),
        (with(&|e| e.effect.effect == "acquire"), "acquire"),
        (with(&|e| e.effect.effect == "query"), "query"),
    ];
    let figures: Vec<String> = figures.iter().map(|(count, what)| format!("{count} {what}")).collect();
    let loops = match view.loops {
        0 => String::new(),
        loops => format!("; {} over items not shown (use `--kind loop`)", counted(loops, "loop")),
    };
    format!("{shown_routes}: {}{loops}", figures.join(", "))
}

fn is_opening(effect: &EffectView) -> bool {
    matches!(effect.effect, "open-connection" | "build-pool" | "build-client" | "throwaway-client")
}

struct Pen<'s> {
    sources: &'s SourceCache<'s>,
    color: bool,
}

impl Pen<'_> {
    fn bold(&self, text: &str) -> String {
        self.styled(text, "1")
    }

    fn dim(&self, text: &str) -> String {
        self.styled(text, "2")
    }

    fn styled(&self, text: &str, style: &str) -> String {
        if self.color { format!("\u{1b}[{style}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn place(&self, span: &Span) -> String {
        self.sources.place(&span.file, Some(span.range))
    }

    fn notices(&self, count: usize, to: &mut dyn Write) -> io::Result<()> {
        match count {
            0 => Ok(()),
            count => writeln!(to, "{}: `connlint check -v` shows what was not understood", counted(count, "notice")),
        }
    }

    fn route(&self, route: &RouteView, to: &mut dyn Write) -> io::Result<()> {
        let entry = &route.entry;
        let head = self.bold(&visible_line(entry.route.as_deref().unwrap_or(&entry.function.name)));
        let rest = format!("{}, {}", entry_words(entry), self.place(&entry.function.span));
        writeln!(to, "{head}  {}", self.dim(&visible_line(&rest)))?;
        let lines = self.effect_lines(route);
        let widths = [0, 1, 2].map(|column| {
            let cells = lines.iter().filter_map(|line| line.cells.get(column)).map(|cell| cell.width());
            cells.filter(|width| *width <= MAX_COLUMN).max().unwrap_or_default()
        });
        for line in &lines {
            let mut text = String::from("    ");
            for (cell, width) in line.cells.iter().zip(widths) {
                text.push_str(cell);
                text.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.width()) + 2));
            }
            let when = if line.alarms { self.styled(&line.when, "1;31") } else { line.when.clone() };
            writeln!(to, "{text}{when}")?;
        }
        writeln!(to)
    }

    /// The effects of an entry point: those of one API that run as often on one line.
    fn effect_lines(&self, route: &RouteView) -> Vec<EffectLine> {
        let mut groups: Vec<(String, Vec<&ServedView>)> = Vec::new();
        let mut at: BTreeMap<String, usize> = BTreeMap::new();
        for served in &route.effects {
            let key = format!("{}\0{}\0{}", served.effect.text, served.effect.api, when(served, &route.entry));
            let index = *at.entry(key.clone()).or_insert(groups.len());
            match groups.get_mut(index) {
                Some((_, members)) => members.push(served),
                None => groups.push((key, vec![served])),
            }
        }
        groups.into_iter().filter_map(|(_, members)| self.effect_line(&members, &route.entry)).collect()
    }

    fn effect_line(&self, members: &[&ServedView], entry: &EntryView) -> Option<EffectLine> {
        let first = members.first()?;
        let more = members.len() - 1;
        let more = if more > 0 { format!(" and {}", counted(more, "more place")) } else { String::new() };
        Some(EffectLine {
            cells: vec![
                first.effect.text.to_owned(),
                visible_line(&first.effect.api).into_owned(),
                format!("{}{more}", self.place(&first.effect.span)),
            ],
            when: when(first, entry),
            alarms: is_opening(&first.effect) && first.effect.shared.is_none(),
        })
    }

    fn why_function(&self, place: &str, view: &WhyFunctionView, several: bool, to: &mut dyn Write) -> io::Result<()> {
        let krate = if several { format!(" of crate `{}`", view.function.krate) } else { String::new() };
        writeln!(to, "{}: in {}{krate}", self.bold(place), visible_line(&function_words(&view.function)))?;
        for effect in &view.effects {
            let shared = effect.shared.as_ref().map(|s| format!(", {}", self.shared_words(s))).unwrap_or_default();
            writeln!(to, "  {}: `{}`{shared}", effect.text, visible_line(&effect.api))?;
        }
        for call in &view.calls {
            writeln!(to, "  {}", self.step_words(call))?;
        }
        for call in &view.unresolved {
            writeln!(to, "  {} was not resolved: {}", called(call), unresolved_words(call))?;
        }
        writeln!(to, "{}", self.bold(&visible_line(&view.summary)))?;
        self.paths(&view.paths, view, to)?;
        left_out(view.paths_left_out, to)?;
        if !view.shared_paths.is_empty() {
            if !view.paths.is_empty() {
                writeln!(to, "\nbehind something that runs less often:")?;
            }
            self.paths(&view.shared_paths, view, to)?;
            left_out(view.shared_paths_left_out, to)?;
        }
        self.startup(view, to)?;
        self.uncalled(view, to)
    }

    fn paths(&self, paths: &[PathView], view: &WhyFunctionView, to: &mut dyn Write) -> io::Result<()> {
        for (index, path) in paths.iter().enumerate() {
            let entry = &path.entry;
            let title = entry.route.clone().unwrap_or_else(|| entry.function.name.clone());
            let head = format!("{}. {}", index + 1, visible_line(&title));
            writeln!(to, "\n{} {}", self.bold(&head), self.dim(&format!("({})", visible_line(&entry_words(entry)))))?;
            let mut lines = vec![(self.place(&entry.function.span), "enters here".to_owned())];
            lines.extend(path.steps.iter().map(|step| (self.place(&step.span), self.step_words(step))));
            let opens = view.effects.iter().any(is_opening);
            let ends = view.effects.iter().filter(|e| !opens || is_opening(e));
            lines.extend(ends.map(|e| (self.place(&e.span), e.text.to_owned())));
            self.table(&lines, to)?;
            for (_, remark) in &path.remarks {
                writeln!(to, "   note: {remark}")?;
            }
        }
        Ok(())
    }

    /// Places with what happens there, one below the other.
    fn table(&self, lines: &[(String, String)], to: &mut dyn Write) -> io::Result<()> {
        let width = lines.iter().map(|(place, _)| place.width()).filter(|w| *w <= MAX_COLUMN).max().unwrap_or_default();
        for (place, text) in lines {
            let padding = " ".repeat(width.saturating_sub(place.width()) + 2);
            writeln!(to, "   {place}{padding}{text}")?;
        }
        Ok(())
    }

    fn step_words(&self, step: &StepView) -> String {
        let mut text = visible_line(&step.text).into_owned();
        if step.spawned {
            text.push_str(", in a task or thread of its own");
        }
        if let Some(shared) = &step.shared {
            text.push_str(&format!(", {}", self.shared_words(shared)));
        }
        if step.certainty != "high" {
            text.push_str(&format!(" ({} certainty)", step.certainty));
        }
        text
    }

    fn shared_words(&self, shared: &SharedView) -> String {
        let by = shared.by.as_ref().map(|by| format!(" by `{}`", visible_line(by))).unwrap_or_default();
        let at = shared.span.as_ref().map(|span| format!(" at {}", self.place(span))).unwrap_or_default();
        format!("{}{by}{at}", shared.text)
    }

    fn startup(&self, view: &WhyFunctionView, to: &mut dyn Write) -> io::Result<()> {
        let Some(steps) = &view.startup else { return Ok(()) };
        let also = if view.paths.is_empty() && view.shared_paths.is_empty() { "" } else { "also " };
        let Some(first) = steps.first() else {
            return writeln!(to, "\nit is in `main` itself");
        };
        writeln!(to, "\n{also}from `{}`, at start-up:", visible_line(&first.function))?;
        let lines: Vec<(String, String)> =
            steps.iter().map(|step| (self.place(&step.span), self.step_words(step))).collect();
        self.table(&lines, to)
    }

    fn uncalled(&self, view: &WhyFunctionView, to: &mut dyn Write) -> io::Result<()> {
        if view.uncalled.is_empty() {
            return Ok(());
        }
        writeln!(to, "\nno caller was found of:")?;
        for uncalled in &view.uncalled {
            let place = self.place(&uncalled.function.span);
            let tests: Vec<String> = uncalled.tests.iter().map(|span| self.place(span)).collect();
            let tests = if tests.is_empty() { String::new() } else { format!(" ({})", tests.join(", ")) };
            let name = visible_line(&uncalled.function.path);
            writeln!(to, "   `{name}` at {place}: {}{tests}", visible_line(&uncalled.text))?;
        }
        left_out(view.uncalled_left_out, to)?;
        if view.may_be_called_at.is_empty() {
            return Ok(());
        }
        writeln!(to, "\ncalls that were not resolved and may be the missing ones:")?;
        for call in &view.may_be_called_at {
            writeln!(to, "   {}: {}: {}", self.place(&call.span), called(call), unresolved_words(call))?;
        }
        Ok(())
    }
}

/// One line of an entry point's table.
struct EffectLine {
    cells: Vec<String>,
    when: String,
    /// Whether it is an opening that runs each time.
    alarms: bool,
}

fn left_out(count: usize, to: &mut dyn Write) -> io::Result<()> {
    match count {
        0 => Ok(()),
        count => writeln!(to, "   … and {count} more (`--limit 0` shows all)"),
    }
}

/// How often an effect runs.
fn when(served: &ServedView, entry: &EntryView) -> String {
    let mut text = match &served.effect.shared {
        Some(shared) => shared.text.to_owned(),
        None if served.in_loop => "every iteration".to_owned(),
        None => format!("every {}", entry.unit),
    };
    if served.spawned {
        text.push_str(", in a task of its own");
    }
    if served.certainty != "high" {
        text.push_str(&format!(" ({} certainty)", served.certainty));
    }
    text
}

/// ``request handler `routes::list_users`, axum``
fn entry_words(entry: &EntryView) -> String {
    let mut text = format!("{} {}", entry.kind.replace('-', " "), function_words(&entry.function));
    if let Some(framework) = &entry.framework {
        text.push_str(&format!(", {framework}"));
    }
    if let Some(seconds) = entry.period_seconds {
        text.push_str(&format!(", every {seconds} s"));
    }
    if entry.certainty != "high" {
        text.push_str(&format!(", {} certainty", entry.certainty));
    }
    text
}

fn function_words(function: &FunctionView) -> String {
    match function.kind {
        "function" => format!("`{}`", function.name),
        kind => format!("a {kind} in `{}`", function.name),
    }
}

fn called(call: &UnresolvedView) -> String {
    match (call.is_method, call.name.is_empty()) {
        (true, _) => format!("`.{}()`", visible_line(&call.name)),
        (false, false) => format!("`{}()`", visible_line(&call.name)),
        (false, true) => "the call of a value".to_owned(),
    }
}

fn unresolved_words(call: &UnresolvedView) -> String {
    match &call.because {
        Some(because) => format!("{} (`{}`)", call.text, visible_line(because)),
        None => call.text.to_owned(),
    }
}
