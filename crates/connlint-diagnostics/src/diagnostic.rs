//! One finding.

use connlint_facts::Span;

use crate::change::Introduced;
use crate::fix::{Fix, Remedy};
use crate::identity::Identity;
use crate::lint::{Confidence, Impact, Level, LintMetadata};
use crate::rating::Rating;

/// One finding of one lint. All texts are plain, with code in backticks; output neutralises what a terminal would
/// interpret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The lint that found it.
    pub lint: &'static LintMetadata,
    /// Its level: the lint's own; [`crate::apply_policy`] sets the one that the user asked for.
    pub level: Level,
    /// What is wrong, in one line: lower case, no full stop, makes sense alone.
    pub headline: String,
    /// The expression that is wrong. It may span lines; outputs that need one line take its first.
    pub primary: Span,
    /// What to say at the primary span.
    pub primary_label: String,
    /// Other places worth a look, in the order in which to read them. Not part of the call chain.
    pub labels: Vec<Label>,
    /// How control gets there, in call order: first the entry point (its name or its registration), then each call
    /// site. The opening expression itself is the primary span and no step.
    pub trace: Vec<TraceStep>,
    /// Facts to know: what it does to the service.
    pub notes: Vec<String>,
    /// What to do, in the imperative.
    pub help: Vec<String>,
    /// How sure it is that the code does this.
    pub confidence: Rating<Confidence>,
    /// How much that hurts.
    pub impact: Rating<Impact>,
    /// The entry point of the path that matters most.
    pub entry: Option<EntryRef>,
    /// The further entry points that reach it.
    pub other_entries: Vec<OtherEntry>,
    /// What fixes need to know, the best first.
    pub remedies: Vec<Remedy>,
    /// Changes of the source that correct it, the best first.
    pub fixes: Vec<Fix>,
    /// Further places with the same cause, which one edit corrects together with this one.
    pub siblings: Vec<Label>,
    /// By what it is known again from run to run; [`crate::identify`] gives it.
    pub identity: Identity,
    /// That the change which is reported introduces it, and where.
    pub introduced: Option<Introduced>,
}

impl Diagnostic {
    /// A finding with the lint's own level, high confidence and impact, and no more than its headline and place.
    pub fn new(
        lint: &'static LintMetadata,
        headline: impl Into<String>,
        primary: Span,
        primary_label: impl Into<String>,
    ) -> Self {
        Self {
            lint,
            level: lint.level,
            headline: headline.into(),
            primary,
            primary_label: primary_label.into(),
            labels: Vec::new(),
            trace: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
            confidence: Rating::new(Confidence::High),
            impact: Rating::new(Impact::High),
            entry: None,
            other_entries: Vec::new(),
            remedies: Vec::new(),
            fixes: Vec::new(),
            siblings: Vec::new(),
            identity: Identity::default(),
            introduced: None,
        }
    }

    /// Whether both degrees are high: what an error takes, unless the user sets the level.
    pub fn is_certain_harm(&self) -> bool {
        self.confidence.degree == Confidence::High && self.impact.degree == Impact::High
    }
}

/// A place with a remark.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// The remark.
    pub text: String,
}

/// One step of a call chain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TraceStep {
    /// The entry point's name or registration, or the call expression.
    pub span: Span,
    /// What happens there, without a number: ``handler of `GET /users` ``, ``calls `repo::all` ``.
    pub text: String,
    /// The function in which the step lies, as a short path: `repo::all`.
    pub function: String,
}

/// An entry point other than the one whose path is shown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OtherEntry {
    /// The entry point.
    pub entry: EntryRef,
    /// Its name or registration.
    pub span: Span,
}

/// The entry point of a finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryRef {
    /// Its kind in kebab-case: `request-handler`, `message-consumer`, …
    pub kind: String,
    /// Its route, command or topic, where known: `GET /users/{id}`.
    pub route: Option<String>,
    /// Its function as a path: `routes::list_users`.
    pub function: String,
}
