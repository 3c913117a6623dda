//! What is known of a lint apart from its check.

use std::fmt;
use std::str::FromStr;

/// How much a finding matters. Ordered from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The lint is not run.
    Off,
    /// A warning.
    Warn,
    /// An error.
    Error,
}

impl Level {
    /// All levels.
    pub const ALL: &[Self] = &[Self::Off, Self::Warn, Self::Error];

    /// The name that users write: `off`, `warn`, `error`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// What kind of damage a lint is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Connections are opened without bound.
    Exhaustion,
    /// Connections are held too long.
    Holding,
    /// Connections and transactions are not ended properly.
    Lifecycle,
    /// Pools and clients are set up in a way that fails under load.
    Configuration,
    /// Queries are sent in a wasteful way.
    Queries,
    /// Limits that the project declares are exceeded.
    Limits,
}

impl Category {
    /// All categories, in the order in which they are listed.
    pub const ALL: &[Self] =
        &[Self::Exhaustion, Self::Holding, Self::Lifecycle, Self::Configuration, Self::Queries, Self::Limits];

    /// The name that users write, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exhaustion => "exhaustion",
            Self::Holding => "holding",
            Self::Lifecycle => "lifecycle",
            Self::Configuration => "configuration",
            Self::Queries => "queries",
            Self::Limits => "limits",
        }
    }

    /// What its lints report, as a clause.
    pub fn summary(self) -> &'static str {
        match self {
            Self::Exhaustion => "connections are opened without bound",
            Self::Holding => "connections are held too long",
            Self::Lifecycle => "connections and transactions are not ended properly",
            Self::Configuration => "pools and clients are set up in a way that fails under load",
            Self::Queries => "queries are sent in a wasteful way",
            Self::Limits => "limits that the project declares are exceeded",
        }
    }
}

/// How sure it is that the code does this, whether or not it hurts. Ordered from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// Some step was guessed by name, or the pattern is often intended.
    Low,
    /// Likely: one step could not be proved.
    Medium,
    /// Every step was resolved.
    High,
}

/// How much it hurts if the code does this. Ordered from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Impact {
    /// It is rare, or concerns one user, or nothing runs out.
    Low,
    /// It hurts under some load, or at times.
    Medium,
    /// It hurts with each request, message or short tick.
    High,
}

impl Confidence {
    /// All degrees of confidence.
    pub const ALL: &[Self] = &[Self::Low, Self::Medium, Self::High];

    /// The name that users write: `low`, `medium`, `high`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl Impact {
    /// All degrees of impact.
    pub const ALL: &[Self] = &[Self::Low, Self::Medium, Self::High];

    /// The name that users write: `low`, `medium`, `high`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    /// The next lower degree; the lowest has none below it.
    pub fn lower(self) -> Self {
        match self {
            Self::High => Self::Medium,
            Self::Medium | Self::Low => Self::Low,
        }
    }
}

/// A word that is not the name of any value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseNameError {
    word: String,
    expected: Vec<&'static str>,
}

impl fmt::Display for ParseNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is none of {}", self.word, self.expected.join(", "))
    }
}

impl std::error::Error for ParseNameError {}

macro_rules! named {
    ($($ty:ty),*) => {$(
        impl fmt::Display for $ty {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }

        impl FromStr for $ty {
            type Err = ParseNameError;

            fn from_str(word: &str) -> Result<Self, ParseNameError> {
                Self::ALL.iter().copied().find(|value| value.name() == word).ok_or_else(|| ParseNameError {
                    word: word.to_owned(),
                    expected: Self::ALL.iter().map(|value| value.name()).collect(),
                })
            }
        }
    )*};
}

named!(Level, Category, Confidence, Impact);

/// What is known of a lint apart from its check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LintMetadata {
    /// Its name in kebab-case: `connection-per-request`. Never changes once published.
    pub name: &'static str,
    /// One line without a full stop: `a connection is opened for every request`.
    pub summary: &'static str,
    /// What it is about.
    pub category: Category,
    /// Its level unless the user says otherwise.
    pub level: Level,
    /// The first version that has it.
    pub since: &'static str,
    /// Its documentation: the markdown of its doc comment, with second-level headings such as `## What it does`.
    pub docs: &'static str,
}

impl LintMetadata {
    /// The text below the second-level heading `title` of the documentation, trimmed; `None` if there is none.
    pub fn section(&self, title: &str) -> Option<&'static str> {
        self.sections().into_iter().find(|(heading, _)| heading.eq_ignore_ascii_case(title)).map(|(_, text)| text)
    }

    /// The points of the list in the section `title`, each on one line; empty without that section.
    pub fn points(&self, title: &str) -> Vec<String> {
        let mut points: Vec<String> = Vec::new();
        for line in self.section(title).unwrap_or_default().lines() {
            match line.trim_start().strip_prefix("- ").or_else(|| line.trim_start().strip_prefix("* ")) {
                Some(point) => points.push(point.trim().to_owned()),
                None => {
                    if let Some(last) = points.last_mut().filter(|_| !line.trim().is_empty()) {
                        last.push(' ');
                        last.push_str(line.trim());
                    }
                }
            }
        }
        points
    }

    /// The documentation's second-level sections in order: heading and trimmed text. Headings inside fenced code are
    /// code. Text before the first heading has the heading `""`.
    pub fn sections(&self) -> Vec<(&'static str, &'static str)> {
        let mut sections = Vec::new();
        let (mut heading, mut start, mut offset, mut fenced) = ("", 0, 0, false);
        for line in self.docs.split_inclusive('\n') {
            let trimmed = line.trim();
            fenced ^= trimmed.starts_with("```");
            if let Some(title) = trimmed.strip_prefix("## ").filter(|_| !fenced) {
                sections.push((heading, self.docs.get(start..offset).unwrap_or_default().trim()));
                (heading, start) = (title.trim(), offset + line.len());
            }
            offset += line.len();
        }
        sections.push((heading, self.docs.get(start..).unwrap_or_default().trim()));
        sections.retain(|(heading, text)| !heading.is_empty() || !text.is_empty());
        sections
    }
}

/// Documentation without the marks that tests compare with findings: `//~ ERROR some-lint`.
pub fn without_marks(docs: &str) -> String {
    let mut shown = String::with_capacity(docs.len());
    for line in docs.split_inclusive('\n') {
        match line.split_once("//~") {
            None => shown.push_str(line),
            // A line of nothing but a mark is left out.
            Some((code, _)) if code.trim().is_empty() => {}
            Some((code, _)) => {
                shown.push_str(code.trim_end());
                shown.push('\n');
            }
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINT: LintMetadata = LintMetadata {
        name: "a",
        summary: "b",
        category: Category::Queries,
        level: Level::Warn,
        since: "0.1.0",
        docs: " ## What it does\n One.\n\n ## Example\n ```\n ## no heading\n ```\n ## Known limits\n - a\n   b\n - c\n",
    };

    #[test]
    fn sections_are_split_at_headings_outside_code() {
        let headings: Vec<&str> = LINT.sections().into_iter().map(|(heading, _)| heading).collect();
        assert_eq!(headings, ["What it does", "Example", "Known limits"]);
        assert_eq!(LINT.section("what it does"), Some("One."));
    }

    #[test]
    fn marks_of_tests_are_not_shown() {
        let docs = "let a = open(); //~ ERROR some-lint\n//~^ NOTE some-lint: x\nlet b = a;\n";
        assert_eq!(without_marks(docs), "let a = open();\nlet b = a;\n");
    }

    #[test]
    fn points_join_their_lines() {
        assert_eq!(LINT.points("Known limits"), ["a b", "c"]);
        assert!(LINT.points("Nothing").is_empty());
    }

    #[test]
    fn names_parse_back() {
        assert_eq!("warn".parse(), Ok(Level::Warn));
        assert_eq!("high".parse(), Ok(Confidence::High));
        assert_eq!("x".parse::<Level>().unwrap_err().to_string(), "`x` is none of off, warn, error");
    }
}
