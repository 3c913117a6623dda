//! Numbers that no program has: syn reads the digits of an integer one by one into a sum of that length, which takes time
//! in the square of it.

use std::borrow::Cow;

use crate::prescan::ByteRange;
use crate::scan::{Scanner, TokenKind};
use crate::unreadable::blank;

/// Longest number that is read, in bytes. The longest that Rust has, a `u128` in binary with separators and a suffix, is
/// shorter.
const MAX_NUMBER: usize = 192;
/// What is left of a longer one: still more than any type of Rust holds.
const KEPT: usize = 48;
/// Every so many bytes one is looked at; each run of [`MAX_NUMBER`] bytes has one of them.
const STRIDE: usize = MAX_NUMBER / 2;

/// The text with what is too much of its numbers blank; all else stays in its place.
pub(crate) fn with_short_numbers(text: &str) -> Cow<'_, str> {
    if !may_have_long_numbers(text.as_bytes()) {
        return Cow::Borrowed(text);
    }
    let is_long = |start: usize, end: usize| {
        end - start > MAX_NUMBER && text.as_bytes().get(start).is_some_and(u8::is_ascii_digit)
    };
    let numbers =
        Scanner::new(text).filter(|token| token.kind == TokenKind::Literal && is_long(token.start, token.end));
    let ends: Vec<ByteRange> = numbers.map(|token| (token.start + KEPT, token.end)).collect();
    if ends.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(blank(text, 0, &ends)) }
}

/// Whether somewhere so many letters and digits follow each other. Looks at a few bytes only.
fn may_have_long_numbers(text: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    (STRIDE..text.len()).step_by(STRIDE).any(|at| {
        let (before, behind) = (text.get(..at).unwrap_or_default(), text.get(at..).unwrap_or_default());
        let before = before.iter().rev().take(MAX_NUMBER).take_while(|byte| is_part(byte)).count();
        before + behind.iter().take(MAX_NUMBER).take_while(|byte| is_part(byte)).count() > MAX_NUMBER
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_longer_than_any_type_lose_digits() {
        let digits = "1".repeat(1_000);
        let text = format!("let a = {digits}; let b{digits} = \"{digits}\"; let c = x.{digits};");
        let short = with_short_numbers(&text);
        assert_eq!(short.len(), text.len());
        let kept = format!("{}{}", "1".repeat(KEPT), " ".repeat(1_000 - KEPT));
        assert_eq!(short, format!("let a = {kept}; let b{digits} = \"{digits}\"; let c = x.{kept};"));
    }

    #[test]
    fn a_number_of_the_largest_type_is_kept() {
        let text = format!("let a = 0b{}u128;", "1".repeat(128));
        assert!(matches!(with_short_numbers(&text), Cow::Borrowed(_)));
    }
}
