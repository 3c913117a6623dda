//! What the XML formats share.

/// Text for the value of an attribute or between tags. Characters that XML cannot hold at all become `\u{…}`.
pub(crate) fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\n' => out.push_str("&#10;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                out.push_str(&format!("\\u{{{:x}}}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::xml;

    #[test]
    fn what_xml_cannot_hold_is_shown_as_an_escape() {
        assert_eq!(
            xml("<a b='\"&\"'>\n\u{1b}\u{ffff}漢"),
            "&lt;a b=&apos;&quot;&amp;&quot;&apos;&gt;&#10;\\u{1b}\\u{ffff}漢"
        );
    }
}
