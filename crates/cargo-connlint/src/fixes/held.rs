//! A call that is given the pool while a transaction is held: it gets the transaction, as other calls beside it do.

use std::collections::BTreeSet;

use connlint_diagnostics::{Applicability, Fix};
use connlint_facts::{Span, TextRange};

use super::code::Code;
use super::edit;

pub(super) fn fix(name: &str, begun: &Span, calls: &[Span], code: &Code) -> Option<Fix> {
    let begun = (begun.file == code.file).then_some(begun.range)?;
    let body = code.piece(begun)?.body;
    if !is_free(name, body, begun, code) {
        return None;
    }
    let mut edits = Vec::new();
    for call in calls {
        if call.file != code.file || !body.contains(call.range) || !is_alone(call.range, begun, code) {
            return None;
        }
        let (method, argument) = last_argument(code.slice(call.range))?;
        let given = given(name, method, body, code)?;
        let start = call.range.start + u32::try_from(argument.start).ok()?;
        let range = TextRange::new(start, start + u32::try_from(argument.len()).ok()?);
        edits.push(edit(&code.file, range, given));
    }
    let message = format!("run it on `{name}`, which is held already");
    (!edits.is_empty()).then_some(Fix { message, edits, applicability: Applicability::Certain })
}

/// The method of a call `….method(&pool)`, and the bytes of its only argument, a variable or field.
fn last_argument(call: &str) -> Option<(&str, std::ops::Range<usize>)> {
    let inner = call.strip_suffix(')')?;
    let open = inner.rfind('(')?;
    let argument = inner.get(open + 1..)?;
    let is_place = argument.trim_start_matches('&').chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
    let method = inner.get(..open)?.rsplit_once('.')?.1;
    let method = method.split("::").next().unwrap_or(method);
    (is_place && !argument.is_empty()).then_some((method, open + 1..inner.len()))
}

/// How the same method is given the transaction elsewhere in the function, or else any method; only one way may occur.
fn given(name: &str, method: &str, body: TextRange, code: &Code) -> Option<String> {
    let text = code.slice(body);
    let ways = |opening: &str| -> BTreeSet<&str> {
        let calls = text.match_indices(opening).filter_map(|(at, opening)| {
            let rest = text.get(at + opening.len()..)?;
            let argument = rest.get(..rest.find(')')?)?;
            argument.strip_suffix(name).filter(|before| is_borrow(before)).map(|_| argument)
        });
        calls.collect()
    };
    let same = ways(&format!(".{method}("));
    // What is reborrowed is the connection itself, which every method takes that takes the pool.
    let of_all: BTreeSet<&str> = ways("(").into_iter().filter(|way| way.contains('*')).collect();
    let mut ways = if same.is_empty() { of_all } else { same }.into_iter();
    ways.next().filter(|_| ways.next().is_none()).map(str::to_owned)
}

/// Whether a call is done at once, where the transaction is: it runs neither beside other futures nor in a closure.
fn is_alone(call: TextRange, begun: TextRange, code: &Code) -> bool {
    let rest = code.slice(TextRange::new(call.end, code.all().end));
    let is_sync = !code.slice(TextRange::new(begun.end, code.all().end)).trim_start().starts_with(".await");
    !code.runs_apart(call, begun) && (is_sync || rest.trim_start().starts_with(".await"))
}

/// Whether each use of the transaction in the function is over when its statement goes on: a stream of rows borrows it
/// for longer, and so does a closure.
fn is_free(name: &str, body: TextRange, begun: TextRange, code: &Code) -> bool {
    code.words(name, body).into_iter().all(|at| {
        let Ok(start) = u32::try_from(at) else { return false };
        let place = TextRange::new(start, start + 1);
        let Some(piece) = code.piece(place).filter(|_| !code.runs_apart(place, begun)) else { return false };
        let rest = code.slice(TextRange::new(start, piece.range.end));
        let own = rest.split('{').next().unwrap_or_default();
        let is_declared = code.binds_only(name, &piece);
        is_declared || own.contains(".await") || own.contains(")?")
    })
}

/// Nothing, `&`, `&mut `, `&mut *`, `&mut **`.
fn is_borrow(before: &str) -> bool {
    let place = before.strip_prefix("&mut ").or_else(|| before.strip_prefix('&')).unwrap_or(before);
    place.chars().all(|c| c == '*')
}

#[cfg(test)]
mod tests {
    use super::last_argument;

    #[test]
    fn only_a_variable_or_field_is_replaced() {
        let argument = |call: &'static str| last_argument(call).map(|(method, range)| (method, &call[range]));
        assert_eq!(argument("query(\"a(b)\").execute(&pool)"), Some(("execute", "&pool")));
        assert_eq!(argument("q.fetch_one::<_>(&self.db.pool)"), Some(("fetch_one", "&self.db.pool")));
        assert_eq!(argument("q.execute(pool())"), None);
        assert_eq!(argument("q.execute()"), None);
    }
}
