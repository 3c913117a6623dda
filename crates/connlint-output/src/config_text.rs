//! `config-of` for people: each setting with its value and where that comes from.

use std::io::{self, Write};

use crate::EmitOptions;
use crate::sources::SourceCache;
use crate::summary::counted;
use crate::views::{BuiltView, ConfigView};
use crate::visible::visible_line;

/// Writes `config-of`.
pub(crate) fn write(
    view: &ConfigView,
    sources: &SourceCache<'_>,
    options: &EmitOptions,
    to: &mut dyn Write,
) -> io::Result<()> {
    if view.built.is_empty() {
        let place = format!("{}:{}", visible_line(&view.path), view.line);
        writeln!(to, "{place}: nothing is built here whose settings are known")?;
    }
    for (index, built) in view.built.iter().enumerate() {
        if index > 0 {
            writeln!(to)?;
        }
        one(built, sources, to)?;
    }
    match view.notices.len() {
        0 => Ok(()),
        _ if options.verbosity < 0 => Ok(()),
        count => writeln!(to, "{}: `connlint check -v` shows what was not understood", counted(count, "notice")),
    }
}

fn one(built: &BuiltView, sources: &SourceCache<'_>, to: &mut dyn Write) -> io::Result<()> {
    let place = sources.place(&built.span.file, Some(built.span.range));
    writeln!(to, "{place}: `{}` builds a {}", visible_line(&built.api), built.resource)?;
    let width = |text: fn(&crate::views::SettingView) -> &str| {
        built.settings.iter().map(|setting| text(setting).chars().count()).max().unwrap_or(0)
    };
    let (names, values) = (width(|setting| &setting.purpose), width(|setting| &setting.value));
    for setting in &built.settings {
        let at = setting.set_at.as_ref().map(|span| sources.place(&span.file, Some(span.range)));
        let at = at.map(|place| format!(" at {place}")).unwrap_or_default();
        let (purpose, value) = (visible_line(&setting.purpose), visible_line(&setting.value));
        writeln!(to, "  {purpose:names$}  {value:values$}  {}{at}", visible_line(&setting.text))?;
    }
    match built.requests {
        0 => Ok(()),
        count => {
            let limited = built.limited_requests;
            writeln!(to, "  {} traced to it, {limited} with a limit of its own", counted(count, "request"))
        }
    }
}
