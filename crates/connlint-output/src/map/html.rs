//! The map as one page that loads nothing.
//!
//! Every text of the analysed project is in one JSON element, from which the page's script sets it as text, never as
//! markup. The title alone is in the markup, escaped.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::{MapView, json};
use crate::sources::SourceCache;
use crate::visible::{is_hidden, visible_line};
use crate::xml::xml;
use crate::{EmitOptions, Format};

/// The format.
pub(super) static FORMAT: Format<MapView> = Format {
    name: "html",
    summary: "One page to click through, for a browser; it loads nothing",
    readers: "people: one page that loads nothing, to click through and search",
    extension: "html",
    all_figures: true,
    has_provenance: false,
    write,
};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

fn write(view: &MapView, sources: &SourceCache<'_>, _: &EmitOptions, to: &mut dyn Write) -> io::Result<()> {
    let title = xml(&visible_line(&view.project));
    let data = embedded(&json::compact(view, sources)?);
    let mut rest = PAGE;
    // One pass: a marker in what is filled in stays text.
    while let Some((before, behind)) = rest.split_once("{{") {
        let (marker, after) = behind.split_once("}}").unwrap_or((behind, ""));
        let value = match marker {
            "title" => title.as_str(),
            "style" => STYLE,
            "script" => SCRIPT,
            _ => data.as_str(),
        };
        to.write_all(before.as_bytes())?;
        to.write_all(value.as_bytes())?;
        rest = after;
    }
    to.write_all(rest.as_bytes())
}

/// JSON for an element of a page: no character of it ends the element or opens a comment, and none changes the order of
/// text or hides in it. These characters occur in strings only.
fn embedded(json: &str) -> String {
    let mut out = String::with_capacity(json.len() + json.len() / 16);
    for c in json.chars() {
        // Writing to a String never fails.
        let _ = match c {
            '<' | '>' | '&' => write!(out, "\\u{:04x}", u32::from(c)),
            c if is_hidden(c) => write!(out, "\\\\u{{{:x}}}", u32::from(c)),
            c => out.write_char(c),
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_the_data_ends_its_element() {
        let hostile = "</script><!--<script>&\u{202e}\u{2028}\u{7f}\"\\";
        let json = embedded(&serde_json::to_string(hostile).unwrap());
        assert!(!json.contains(['<', '>', '&', '\u{202e}', '\u{2028}', '\u{7f}']), "{json}");
        let back: String = serde_json::from_str(&json).unwrap();
        assert_eq!(back, "</script><!--<script>&\\u{202e}\\u{2028}\\u{7f}\"\\");
    }

    #[test]
    fn page_has_each_marker_once_and_its_parts_have_none() {
        for marker in ["{{title}}", "{{style}}", "{{script}}", "{{data}}"] {
            assert_eq!(PAGE.matches(marker).count(), 1, "{marker}");
        }
        assert_eq!(PAGE.matches("{{").count(), 4);
        assert!(!SCRIPT.contains("</script") && !STYLE.contains("</style"));
    }

    #[test]
    fn script_sets_texts_as_text_only() {
        for word in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"] {
            assert!(!SCRIPT.contains(word), "page.js uses `{word}`");
        }
        for word in ["fetch(", "XMLHttpRequest", "WebSocket", "@import", "url(", "src=", "<link"] {
            assert!(![PAGE, STYLE, SCRIPT].concat().contains(word), "the page loads something: `{word}`");
        }
    }
}
