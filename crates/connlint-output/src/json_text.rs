//! JSON as text.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{Formatter, PrettyFormatter};

use crate::visible::is_hidden;

/// Writes a value as indented JSON. Characters that are not shown or change the order of text are escaped, so that the
/// document reads in an editor or a review as a parser reads it.
///
/// # Errors
///
/// Where `to` cannot be written to.
pub fn write_json(to: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    let mut serializer = Serializer::with_formatter(&mut *to, Visible { layout: PrettyFormatter::new() });
    value.serialize(&mut serializer).map_err(io::Error::from)?;
    writeln!(to)
}

/// The usual layout, with hidden characters escaped.
struct Visible {
    layout: PrettyFormatter<'static>,
}

impl Formatter for Visible {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, to: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, hidden)) = rest.char_indices().find(|(_, c)| is_hidden(*c)) {
            let (shown, behind) = rest.split_at(at);
            to.write_all(shown.as_bytes())?;
            for unit in hidden.encode_utf16(&mut [0; 2]) {
                write!(to, "\\u{unit:04x}")?;
            }
            rest = behind.strip_prefix(hidden).unwrap_or_default();
        }
        to.write_all(rest.as_bytes())
    }

    fn begin_array<W: ?Sized + Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.layout.begin_array(to)
    }

    fn end_array<W: ?Sized + Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.layout.end_array(to)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, to: &mut W, first: bool) -> io::Result<()> {
        self.layout.begin_array_value(to, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.layout.end_array_value(to)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.layout.begin_object(to)
    }

    fn end_object<W: ?Sized + Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.layout.end_object(to)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, to: &mut W, first: bool) -> io::Result<()> {
        self.layout.begin_object_key(to, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.layout.begin_object_value(to)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.layout.end_object_value(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_escaped_and_read_back() {
        let value = serde_json::json!({ "a\u{202e}": ["naïve 🦀", "x\u{2066}y\u{e0001}", "\n"] });
        let mut text = Vec::new();
        write_json(&mut text, &value).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.contains(r#""a\u202e""#) && text.contains(r#""x\u2066y\udb40\udc01""#), "{text}");
        assert!(text.contains("naïve 🦀"));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
        let mut usual = serde_json::to_string_pretty(&serde_json::json!({ "a": [1, {}], "b": [] })).unwrap();
        usual.push('\n');
        let mut ours = Vec::new();
        write_json(&mut ours, &serde_json::json!({ "a": [1, {}], "b": [] })).unwrap();
        assert_eq!(String::from_utf8(ours).unwrap(), usual);
    }
}
