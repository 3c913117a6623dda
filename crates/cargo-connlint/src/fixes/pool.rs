//! A connection that a function opens each time: it is taken from a pool in a static.
//!
//! Where the function returns the connection, its signature names what the pool gives out instead, and its callers, which
//! may lie in other files, pass that on by dereferencing it.

use connlint_diagnostics::{Applicability, Diagnostic, Fix, FixEdit};
use connlint_facts::{RelPath, Span, TextRange};

use super::at_hand::{outcome, reborrows};
use super::code::{Code, Piece};
use super::edit;
use super::package::Package;
use crate::edits::line_ending;

/// The first version of Rust that has `std::sync::OnceLock`.
const ONCE_LOCK: (u32, u32) = (1, 70);

/// Names of the static and of the variable, by preference.
const NAMES: [(&str, &str); 2] = [("POOL", "pool"), ("SHARED_POOL", "shared_pool")];

/// What gives out connections instead.
pub(super) struct Pool<'r> {
    /// Its type, as code.
    pub(super) ty: &'r str,
    /// The function of the type that makes it of what the opening is given, in a `Result`.
    pub(super) made_by: &'r str,
    /// The method that gives a connection out.
    pub(super) taken_by: &'r str,
    /// The type of what is opened, a canonical path.
    pub(super) opened: &'r str,
    /// The type of what the pool gives out, as code.
    pub(super) given: &'r str,
    /// Methods that end what is opened.
    pub(super) closed_by: &'r [String],
}

/// `calls` are those of the function around the opening, `other` reads another file.
pub(super) fn fix(
    finding: &Diagnostic,
    pool: &Pool<'_>,
    calls: &[Span],
    code: &Code,
    other: &dyn Fn(&RelPath) -> Option<Code>,
) -> Option<Fix> {
    let opening = Opening::of(finding.primary.range, code)?;
    let is_free = |(shared, local): &&(&str, &str)| {
        [shared, local].iter().all(|name| code.words(name, opening.piece.body).is_empty())
    };
    let names = *NAMES.iter().find(is_free)?;
    let mut edits = match opening.taker {
        Taker::Variable(name) => pool.at_uses(name, &opening.piece, code)?,
        Taker::Caller => {
            let mut edits = vec![return_type(&opening.piece, pool, code)?];
            for call in calls {
                edits.extend(at_call(call, pool, &other(&call.file)?)?);
            }
            edits
        }
    };
    let at = code.before_line(opening.piece.range.start);
    edits.push(edit(&code.file, TextRange::new(at, at), opening.pool_lines(names, pool, code)?));
    let taken = format!("{}.{}().await", names.1, pool.taken_by);
    edits.push(edit(&code.file, opening.awaited, taken));
    let message = format!("take it from a pool, in a static `{}`, which the first call makes", names.0);
    Some(Fix { message, edits, applicability: Applicability::Likely })
}

/// Who is given the connection.
enum Taker<'c> {
    /// A variable of the function.
    Variable(&'c str),
    /// The function's caller.
    Caller,
}

/// The opening in its function.
struct Opening<'c> {
    range: TextRange,
    /// With `.await`.
    awaited: TextRange,
    piece: Piece,
    taker: Taker<'c>,
    /// What comes of a failure: `?`, `.unwrap()`, or nothing where the caller is given that too.
    failure: &'c str,
}

impl<'c> Opening<'c> {
    fn of(range: TextRange, code: &'c Code) -> Option<Self> {
        let piece = code.piece(range)?;
        let (awaited, failure) = outcome(code.slice(TextRange::new(range.end, piece.range.end)));
        let length = |text: usize| u32::try_from(text).ok();
        let awaited_range = TextRange::new(range.start, range.end + length(awaited)?);
        let end = awaited_range.end + length(failure.len())?;
        let before = code.slice(TextRange::new(piece.range.start, range.start));
        let after = code.slice(TextRange::new(end, piece.range.end));
        let is_last = piece.tail == Some(piece.range) && piece.block == piece.body;
        let taker = match (before, failure, after) {
            ("", "", "") | ("Ok(", "?", ")") if is_last => Taker::Caller,
            ("", failure, "") if is_last && failure.trim_start().starts_with('.') => Taker::Caller,
            (_, failure, ";") if !failure.is_empty() => Taker::Variable(untyped_name(&piece, code)?),
            _ => return None,
        };
        let runs_here = !code.runs_apart(range, piece.body);
        (awaited > 0 && runs_here).then_some(Self { range, awaited: awaited_range, piece, taker, failure })
    }

    /// The lines that keep the pool, and make it where it is not there yet.
    fn pool_lines(&self, (shared, local): (&str, &str), pool: &Pool<'_>, code: &Code) -> Option<String> {
        let (_, args) = code.calls(self.range).find(|(call, _)| *call == self.range)?;
        let [arg] = args[..] else { return None };
        let lock = "std::sync::OnceLock";
        let ty = pool.ty;
        // What the pool is of, the static's type says.
        let made = format!("{}::{}({})", ty.split('<').next()?, pool.made_by, code.slice(arg));
        let failure = if self.failure.is_empty() { "?" } else { self.failure.trim() };
        // `OnceLock::get_or_try_init` is not stable. A pool that is made in vain has not connected.
        let lines = [
            format!("static {shared}: {lock}<{ty}> = {lock}::new();"),
            format!("let {local} = match {shared}.get() {{"),
            format!("    Some({local}) => {local},"),
            "    None => {".to_owned(),
            format!("        let {local} = {made}{failure};"),
            format!("        {shared}.get_or_init(|| {local})"),
            "    }".to_owned(),
            "};".to_owned(),
        ];
        let (indent, newline) = (code.indent(self.piece.range.start), line_ending(&code.text));
        Some(lines.iter().map(|line| format!("{indent}{line}{newline}")).collect())
    }
}

/// The variable that a statement binds without saying of which type.
fn untyped_name<'c>(piece: &Piece, code: &'c Code) -> Option<&'c str> {
    let name = code.bound_name(piece)?;
    let declared = code.slice(piece.range).split('=').next()?;
    (!declared.contains(':')).then_some(name)
}

/// The name of what is opened in the signature, which must be there once. A trait's method keeps its signature.
fn return_type(piece: &Piece, pool: &Pool<'_>, code: &Code) -> Option<FixEdit> {
    if code.is_of_trait(piece.body) {
        return None;
    }
    let head = code.text.get(..piece.body.start as usize)?;
    let arrow = head.rfind("->").filter(|arrow| !head[*arrow..].contains(['{', ';']))?;
    let returned = TextRange::new(u32::try_from(arrow).ok()? + 2, piece.body.start);
    let name = pool.opened.rsplit("::").next()?;
    let [at] = code.words(name, returned)[..] else { return None };
    let is_of_path = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':');
    let start = head[..at].trim_end_matches(is_of_path).len();
    let range = TextRange::new(u32::try_from(start).ok()?, u32::try_from(at + name.len()).ok()?);
    Some(edit(&code.file, range, pool.given.to_owned()))
}

/// What a caller changes: it must bind the connection, or use it up in its statement by calling a method of it.
fn at_call(call: &Span, pool: &Pool<'_>, code: &Code) -> Option<Vec<FixEdit>> {
    let piece = code.piece(call.range)?;
    let rest = code.slice(TextRange::new(call.range.end, piece.range.end));
    let (awaited, failure) = outcome(rest);
    match rest.get(awaited + failure.len()..).filter(|_| !failure.is_empty())? {
        ";" => pool.at_uses(untyped_name(&piece, code)?, &piece, code),
        after if after.trim_start().starts_with('.') => (!pool.ends(after)).then(Vec::new),
        _ => None,
    }
}

impl Pool<'_> {
    /// Whether code of a package may name the pool's crate, and what keeps the pool.
    pub(super) fn may_be_named_in(&self, package: &Package) -> bool {
        let krate = self.ty.split("::").next().unwrap_or_default();
        package.depends_on(krate) && package.may_use_rust(ONCE_LOCK)
    }

    /// What changes where a variable holds the connection. Who ends it would have the pool open one each time.
    fn at_uses(&self, name: &str, piece: &Piece, code: &Code) -> Option<Vec<FixEdit>> {
        let uses = code.words(name, TextRange::new(piece.range.end, piece.block.end));
        let mut followed = uses.iter().filter_map(|at| code.text.get(at + name.len()..));
        if followed.any(|after| self.ends(after)) { None } else { reborrows(name, piece, code) }
    }

    /// Whether a method that ends the connection is called behind its name.
    fn ends(&self, after: &str) -> bool {
        let method = after.trim_start().strip_prefix('.').and_then(|rest| rest.trim_start().split('(').next());
        method.is_some_and(|method| self.closed_by.iter().any(|name| name == method))
    }
}
