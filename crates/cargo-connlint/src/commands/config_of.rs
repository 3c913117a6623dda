//! `connlint config-of FILE:LINE`: the settings of what a line builds, and where each value comes from.

use connlint_output::{BuiltView, ConfigView, SettingView, View};
use connlint_semantic::{Analysis, Built, CodeLocation, Effective, Resource, Setting, SettingValue, Source};

use super::reading;
use super::why::located;
use crate::analysed_project::Project;
use crate::args::ConfigOfArgs;
use crate::exit::{Exit, Failure};

pub(crate) fn run(args: &ConfigOfArgs) -> Result<Exit, Failure> {
    let start = args.path.as_deref().or_else(|| Some(args.place.file.as_path()).filter(|file| file.is_file()));
    let project = Project::of_path(&args.reading.root, start)?;
    let analyses = [Analysis::Settings].into_iter().collect();
    let Some(read) = reading::read_for(&args.reading, project, analyses)? else { return Ok(Exit::NothingAnalysed) };
    let (place, _) = located(&args.place, &read)?;
    let program = &read.linked.program;
    let view = ConfigView {
        path: place.file.as_str().to_owned(),
        line: args.place.line,
        built: program.built().filter(|built| is_at(built, &place)).map(view).collect(),
        notices: read.linked.notices.clone(),
    };
    reading::write(&args.reading, args.output_format, &read.sources, &View::ConfigOf(view))?;
    Ok(Exit::Clean)
}

/// Whether an expression touches the line.
fn is_at(built: &Built, place: &CodeLocation) -> bool {
    let (span, asked) = (&built.span, place.range);
    span.file == place.file && span.range.start < asked.end && asked.start < span.range.end
}

fn view(built: &Built) -> BuiltView {
    BuiltView {
        resource: match built.resource {
            Resource::Pool => "pool",
            Resource::Client => "client",
            Resource::Connection => "connection",
        },
        api: built.api.clone(),
        span: built.span.clone(),
        settings: built.settings.iter().map(setting).collect(),
        requests: built.uses.len(),
        limited_requests: built.uses.iter().filter(|used| used.bounded).count(),
    }
}

pub(super) fn setting(setting: &Setting) -> SettingView {
    let (value, origin, text, set_at) = match &setting.effective {
        Effective::Set(value, at) => (words(value), "set", set(setting), Some(at.clone())),
        Effective::Default(default) => (default.clone(), "default", by_default(setting), None),
        Effective::Unknown(what) => ("not known".to_owned(), "unknown", format!("not understood: {what}"), None),
    };
    SettingView { purpose: setting.purpose.clone(), value, origin, text, set_at, setter: setting.setter.clone() }
}

/// That it is set, and where a value comes from that the code does not show.
fn set(setting: &Setting) -> String {
    let names: Vec<String> =
        setting.source.iter().filter(|source| !matches!(source, Source::Unknown(_))).map(ToString::to_string).collect();
    if names.is_empty() { "set".to_owned() } else { format!("set from {}", names.join(", ")) }
}

fn by_default(setting: &Setting) -> String {
    match &setting.setter {
        Some(setter) => format!("default of the library; `{setter}` sets it"),
        None => "default of the library, which has no setting for it".to_owned(),
    }
}

fn words(value: &SettingValue) -> String {
    match value {
        SettingValue::Millis(millis) if millis % 1000 == 0 => format!("{} s", millis / 1000),
        SettingValue::Millis(millis) => format!("{millis} ms"),
        SettingValue::Count(count) => count.to_string(),
        SettingValue::Text(text) => text.clone(),
        SettingValue::Off => "none".to_owned(),
        SettingValue::Unknown => "not known".to_owned(),
    }
}
