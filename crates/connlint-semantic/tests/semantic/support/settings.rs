//! What is built, with its settings and requests.

use std::fmt::Write as _;

use connlint_facts::Span;
use connlint_semantic::{Effective, SettingValue};

use super::Workspace;

/// Each pool or client with a setting: how long its requests, or those who wait for it, may take, and its requests.
pub(crate) fn built(fixture: &str, purpose: &str) -> String {
    let workspace = Workspace::new(fixture);
    let program = workspace.link();
    let text = |span: &Span| workspace.text(span.file.as_str(), span.range.start, span.range.end);
    let mut told = String::new();
    for built in program.built() {
        let Some(setting) = built.setting(purpose) else { continue };
        let _ = write!(told, "`{}` {}", text(&built.span), effective(&setting.effective));
        for used in &built.uses {
            let bounded = if used.bounded { " (bounded)" } else { "" };
            let other = if used.by_other { " (by another crate)" } else { "" };
            let _ = write!(told, "\n    `{}`{bounded}{other}", text(&used.span));
        }
        told.push('\n');
    }
    told
}

fn effective(of: &Effective) -> String {
    match of {
        Effective::Set(SettingValue::Millis(millis), _) => format!("set: {millis} ms"),
        Effective::Set(value, _) => format!("set: {value:?}"),
        Effective::Default(default) => format!("default: {default}"),
        Effective::Unknown(why) => format!("not known: {why}"),
    }
}
