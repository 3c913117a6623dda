//! Numbers and names that no program has. syn reads the digits of an integer one by one into a sum of that length, which
//! takes time in the square of it; a name is copied into every finding and notice about it.

use std::borrow::Cow;
use std::hash::Hasher as _;

use crate::prescan::ByteRange;
use crate::scan::{Scanner, TokenKind};
use crate::unreadable::blank;

/// Longest number that is read, in bytes. The longest that Rust has, a `u128` in binary with separators and a suffix, is
/// shorter.
const MAX_NUMBER: usize = 192;
/// What is left of a longer one: still more than any type of Rust holds.
const KEPT: usize = 48;
/// Longest name that is read, in bytes. Generated code has names of some hundred.
const MAX_NAME: usize = 1024;
/// Characters that are left of a longer one, before the hash of the whole.
const KEPT_OF_NAME: usize = 64;
/// Every so many bytes one is looked at; each run of [`MAX_NUMBER`] bytes has one of them.
const STRIDE: usize = MAX_NUMBER / 2;

/// The text with what is too much of its numbers and names blank; all else stays in its place.
pub(crate) fn with_short_words(text: &str) -> Cow<'_, str> {
    if !may_have_long_words(text.as_bytes()) {
        return Cow::Borrowed(text);
    }
    let (mut ends, mut names) = (Vec::<ByteRange>::new(), Vec::<ByteRange>::new());
    for token in Scanner::new(text) {
        let length = token.end - token.start;
        match token.kind {
            TokenKind::Literal if length > MAX_NUMBER && starts_with_digit(text, token.start) => {
                ends.push((token.start + KEPT, token.end));
            }
            TokenKind::Ident | TokenKind::Lifetime if length > MAX_NAME => names.push((token.start, token.end)),
            _ => {}
        }
    }
    if ends.is_empty() && names.is_empty() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(with_short_names(blank(text, 0, &ends), &names))
}

fn starts_with_digit(text: &str, at: usize) -> bool {
    text.as_bytes().get(at).is_some_and(u8::is_ascii_digit)
}

/// Names become their beginning and a hash, so that two of them do not become the same.
fn with_short_names(text: String, names: &[ByteRange]) -> String {
    let mut short = String::with_capacity(text.len());
    let mut at = 0;
    for &(start, end) in names {
        let Some(name) = text.get(start..end) else { continue };
        let kept: String = name.chars().take(KEPT_OF_NAME).collect();
        let mut hasher = rustc_hash::FxHasher::default();
        hasher.write(name.as_bytes());
        let hash = format!("_{:016x}", hasher.finish());
        short.push_str(text.get(at..start).unwrap_or_default());
        short.push_str(&kept);
        short.push_str(&hash);
        // Lines keep their number of characters.
        short.extend(name.chars().skip(KEPT_OF_NAME + hash.len()).map(|_| ' '));
        at = end;
    }
    short.push_str(text.get(at..).unwrap_or_default());
    short
}

/// Whether somewhere so many letters and digits follow each other. Looks at a few bytes only.
fn may_have_long_words(text: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80;
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
        let short = with_short_words(&text);
        assert_eq!(short.len(), text.len());
        let kept = format!("{}{}", "1".repeat(KEPT), " ".repeat(1_000 - KEPT));
        assert_eq!(short, format!("let a = {kept}; let b{digits} = \"{digits}\"; let c = x.{kept};"));
    }

    #[test]
    fn a_number_of_the_largest_type_is_kept() {
        let text = format!("let a = 0b{}u128;", "1".repeat(128));
        assert!(matches!(with_short_words(&text), Cow::Borrowed(_)));
    }

    #[test]
    fn names_without_bound_are_shortened_and_stay_apart() {
        let (a, b) = ("a".repeat(5_000), "a".repeat(5_001));
        let text = format!("fn {a}() {{ {b}() }} // {a}\nconst C: &str = \"{a}\";");
        let short = with_short_words(&text);
        assert_eq!(short.len(), text.len());
        assert!(short.ends_with(&format!("// {a}\nconst C: &str = \"{a}\";")));
        let words: Vec<&str> = short.split_whitespace().collect();
        let (first, second) = (words[1], words[4]);
        assert!(first.starts_with(&"a".repeat(KEPT_OF_NAME)) && first.len() < 100, "{first}");
        assert!(second.starts_with(&"a".repeat(KEPT_OF_NAME)) && first != second, "{first} {second}");
        let wide = "é".repeat(1_000);
        assert_eq!(with_short_words(&wide).chars().count(), wide.chars().count());
    }
}
