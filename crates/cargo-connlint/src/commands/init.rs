//! `connlint init`: a settings file in which everything is said and nothing is set.

use std::fmt::Write as _;
use std::path::Path;

use connlint_diagnostics::Category;

use crate::args::InitArgs;
use crate::exit::{Exit, Failure};
use crate::levels::lint_metadata;
use crate::paths::real;
use crate::sink;

const NAME: &str = "connlint.toml";

/// What precedes the levels.
const HEAD: &str = concat!(
    "# Settings of connlint. Every line that is commented out states the default or an example.\n",
    "#:schema ",
    env!("CARGO_PKG_REPOSITORY"),
    "/raw/main/docs/connlint.schema.json\n\n",
    "# Whether the sources of dependencies that connlint does not know are read too, where they are at hand.\n",
    "# dependencies = false\n\n",
    "# Levels: \"off\", \"warn\", \"error\". A lint's own entry wins over that of its category, and that over `all`.\n",
    "[lints]\n",
    "# all = \"warn\"\n",
);

/// What follows them.
const TAIL: &str = r#"
# Levels of some findings: by the file they are in, by package, by route. Later entries win.
# [[overrides]]
# paths = ["crates/legacy"]
# lints = { all = "warn" }
#
# [[overrides]]
# routes = ["/health*", "GET /admin/**"]
# lints = { connection-per-request = "off" }

# Kinds of notices that are not shown. `--strict` counts them all the same.
# [notices]
# orphan-file = "off"

# [suppressions]
# A suppression without a reason suppresses nothing.
# require-reason = true

# What one request may cost: `connlint routes --budget` shows what each costs now.
# [budget]
# connections = 1
# queries = 10
#
# [[budget.routes]]
# routes = ["GET /reports/**"]
# queries = "unlimited"

# What servers allow, and how many processes run: `connlint capacity` shows the names.
# [capacity]
# replicas = 4
# server-limit = 100
# values = { workers = 8 }
# rolling-deploy = true

# What crates do that connlint does not know: `connlint models suggest` proposes models.
# models = ["models/acme-db.toml"]
"#;

pub(crate) fn run(args: &InitArgs) -> Result<Exit, Failure> {
    let text = text();
    if args.print {
        sink::to_stdout(|out| out.write_all(text.as_bytes()))?;
        return Ok(Exit::Clean);
    }
    let folder = args.path.as_deref().unwrap_or(Path::new("."));
    if !real(folder)?.is_dir() {
        return Err(Failure::new(format!("`{}` is no folder", folder.display())));
    }
    let path = folder.join(NAME);
    if path.symlink_metadata().is_ok() {
        return Err(Failure::new(format!("there is a `{}` already", path.display())));
    }
    sink::to_file(&path, |out| out.write_all(text.as_bytes()))?;
    sink::to_stdout(|out| writeln!(out, "wrote {}", path.display()))?;
    Ok(Exit::Clean)
}

fn text() -> String {
    let mut text = HEAD.to_owned();
    let lints = lint_metadata();
    for category in Category::ALL {
        let mut members: Vec<_> = lints.iter().filter(|lint| lint.category == *category).collect();
        members.sort_by_key(|lint| lint.name);
        if !members.is_empty() {
            // Writing to a string succeeds.
            let _ = writeln!(text, "#\n# {category} = \"warn\"");
        }
        for lint in members {
            let _ = writeln!(text, "# {} = \"{}\" # {}", lint.name, lint.level, lint.summary);
        }
    }
    text + TAIL
}
