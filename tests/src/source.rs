//! Our own sources as text.

/// The text without comments and string literals. It is good enough for our own, formatted sources.
pub fn bare(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '/' if chars.peek() == Some(&'/') => while chars.next_if(|c| *c != '\n').is_some() {},
            'r' if chars.peek() == Some(&'#') || chars.peek() == Some(&'"') => raw_string(&mut chars, &mut out),
            '"' => {
                while let Some(inner) = chars.next().filter(|c| *c != '"') {
                    if inner == '\\' {
                        chars.next();
                    }
                }
            }
            '\'' => match (chars.next(), chars.peek()) {
                (Some('\\'), _) => while chars.next().is_some_and(|c| c != '\'') {},
                (Some(_), Some('\'')) => drop(chars.next()),
                (Some(other), _) => out.push(other),
                (None, _) => {}
            },
            other => out.push(other),
        }
    }
    out
}

fn raw_string(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, out: &mut String) {
    let mut hashes = 0;
    while chars.next_if_eq(&'#').is_some() {
        hashes += 1;
    }
    if chars.next_if_eq(&'"').is_none() {
        out.push('r');
        return;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    let mut seen = String::new();
    for c in chars.by_ref() {
        seen.push(c);
        if seen.ends_with(&end) {
            return;
        }
    }
}
