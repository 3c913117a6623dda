//! Whether a statement writes, as far as its text is known.

use connlint_facts::{Literal, OpId, OpKind};
use rustc_hash::FxHashSet;

use crate::infer::body_cx::BodyCx;
use crate::infer::def_use::operands;

/// What the text of a statement shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Statement {
    Reads,
    Writes,
}

const WRITES: [&str; 13] = [
    "INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "UPSERT", "CREATE", "ALTER", "DROP", "TRUNCATE", "COPY", "GRANT",
    "REVOKE",
];

const READS: [&str; 12] = [
    "SELECT",
    "SHOW",
    "EXPLAIN",
    "PRAGMA",
    "SET",
    "LOCK",
    "VALUES",
    "TABLE",
    "DESCRIBE",
    "ANALYZE",
    "SAVEPOINT",
    "LISTEN",
];

/// Expressions that are looked at for the text of one statement, at most.
const MAX_EXPRESSIONS: usize = 200;

impl<'w> BodyCx<'_, 'w> {
    /// What the statement that a call runs does, as far as its text is known.
    pub(crate) fn statement(self, call: OpId) -> Option<Statement> {
        self.statement_text(call).and_then(of_text)
    }

    /// The text of the statement that a call runs, or its beginning: a literal, here or in a constant, in the chain of calls
    /// that it ends or among its arguments. The chain comes first: what is bound to the statement's parameters is no
    /// statement.
    pub(crate) fn statement_text(self, call: OpId) -> Option<&'w str> {
        let mut left = MAX_EXPRESSIONS;
        self.text_of(call, &mut left)
    }

    /// Depth first, in the order of evaluation.
    fn text_of(self, start: OpId, left: &mut usize) -> Option<&'w str> {
        let mut seen = FxHashSet::default();
        let mut stack = vec![start];
        while let Some(op) = stack.pop() {
            if !seen.insert(op) {
                continue;
            }
            *left = left.checked_sub(1)?;
            let mut next = Vec::new();
            match self.data.kind(op) {
                OpKind::Literal(Literal::Str(text)) => {
                    let text = self.text(*text);
                    if of_text(text).is_some() {
                        return Some(text);
                    }
                }
                OpKind::Local(local) => next.extend(self.data.flow.writes(*local)),
                OpKind::Path(path) => {
                    let constant = self.constant(path);
                    if let Some(text) = constant.and_then(|(there, value)| there.text_of(value, left)) {
                        return Some(text);
                    }
                }
                // What was awaited before is a result, not the statement.
                OpKind::Await { .. } | OpKind::Closure { .. } | OpKind::Async { .. } => {}
                kind => operands(kind, |operand| next.push(operand)),
            }
            stack.extend(next.into_iter().rev());
        }
        None
    }
}

/// Whether a statement takes a list of any length: rows to insert, or keys to look for.
pub(crate) fn is_set_based(text: &str) -> bool {
    let text = text.to_ascii_uppercase();
    ["ANY(", "ANY (", "UNNEST(", "UNNEST (", "JSON_EACH(", "JSONB_TO_RECORDSET(", "JSON_TABLE("]
        .iter()
        .any(|form| text.contains(form))
}

fn of_text(text: &str) -> Option<Statement> {
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|w| !w.is_empty());
    let first = words.next()?.to_ascii_uppercase();
    if WRITES.contains(&first.as_str()) {
        let loses_nothing = is_lock(text) || only_if_missing(text);
        return Some(if loses_nothing { Statement::Reads } else { Statement::Writes });
    }
    if first == "WITH" {
        return Some(if any_writes(words) { Statement::Writes } else { Statement::Reads });
    }
    READS.contains(&first.as_str()).then_some(Statement::Reads)
}

/// Whether one of the parts of a statement writes. `FOR UPDATE` and `FOR NO KEY UPDATE` only lock what is read.
fn any_writes<'t>(words: impl Iterator<Item = &'t str>) -> bool {
    let is = |word: &str, of: &[&str]| of.iter().any(|keyword| word.eq_ignore_ascii_case(keyword));
    let mut before = "";
    for word in words {
        let locks = is(word, &["UPDATE"]) && is(before, &["FOR", "KEY"]);
        if is(word, &["INSERT", "UPDATE", "DELETE", "MERGE"]) && !locks {
            return true;
        }
        before = word;
    }
    false
}

/// Whether an `UPDATE` gives one fixed row a fixed value: `UPDATE write_lock SET taken = TRUE WHERE id = 1`. Nothing is lost
/// with it; it is how SQLite's write lock is taken early.
fn is_lock(text: &str) -> bool {
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || c == ';').filter(|w| !w.is_empty()).collect();
    let [update, _, set, _, "=", value, filter, _, "=", row] = words[..] else { return false };
    let is = |word: &str, keyword: &str| word.eq_ignore_ascii_case(keyword);
    let is_fixed = |word: &str| is(word, "TRUE") || is(word, "FALSE") || word.bytes().all(|byte| byte.is_ascii_digit());
    is(update, "UPDATE") && is(set, "SET") && is(filter, "WHERE") && is_fixed(value) && is_fixed(row)
}

/// `CREATE TABLE IF NOT EXISTS log (…)`: who needs it next makes it again. Of several statements, others may write.
fn only_if_missing(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let creates = words.next().is_some_and(|word| word.eq_ignore_ascii_case("CREATE"));
    let words: Vec<String> = words.take(6).map(str::to_ascii_uppercase).collect();
    let single = !text.trim_end().trim_end_matches(';').contains(';');
    creates && single && words.windows(3).any(|three| three == ["IF", "NOT", "EXISTS"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_created_only_if_it_is_missing_is_no_write() {
        assert_eq!(of_text("CREATE TABLE IF NOT EXISTS log (at INT);"), Some(Statement::Reads));
        assert_eq!(of_text("create unique index concurrently if not exists i on log (at)"), Some(Statement::Reads));
        assert_eq!(of_text("CREATE TABLE log (at INT)"), Some(Statement::Writes));
        assert_eq!(of_text("CREATE TABLE IF NOT EXISTS a (b INT); INSERT INTO a VALUES (1)"), Some(Statement::Writes));
    }

    #[test]
    fn a_lock_on_what_a_part_reads_is_no_write() {
        for reads in [
            "WITH due AS (SELECT id FROM jobs WHERE done IS NULL FOR UPDATE SKIP LOCKED) SELECT id FROM due",
            "with due as (select id from jobs for no key update) select id from due",
        ] {
            assert_eq!(of_text(reads), Some(Statement::Reads), "{reads}");
        }
        let writes = "WITH due AS (SELECT id FROM jobs FOR UPDATE) UPDATE jobs SET taken = now() FROM due";
        assert_eq!(of_text(writes), Some(Statement::Writes));
    }

    #[test]
    fn an_update_of_one_fixed_row_to_a_fixed_value_takes_a_lock() {
        assert_eq!(of_text("UPDATE acquire_write SET lock_status = TRUE WHERE id = 1"), Some(Statement::Reads));
        assert_eq!(of_text("update lock\n set taken = 1\n where id = 1;"), Some(Statement::Reads));
        for writes in [
            "UPDATE users SET active = TRUE WHERE id = $1",
            "UPDATE users SET active = TRUE",
            "UPDATE users SET name = ? WHERE id = 1",
            "UPDATE users SET visits = visits + 1 WHERE id = 1",
            "DELETE FROM users WHERE id = 1",
        ] {
            assert_eq!(of_text(writes), Some(Statement::Writes), "{writes}");
        }
    }
}
