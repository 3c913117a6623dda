//! Paths of one run: text with `/` between the parts, relative to the analysed root and normalised.
//!
//! The root itself is the empty text. A place above the root keeps its leading `..` parts, so "inside" is a test of the
//! first part.

/// Joins and normalises paths, knowing where the root itself lies.
#[derive(Clone, Debug, Default)]
pub(crate) struct Paths {
    /// The parts of the root's absolute path; empty for a root in memory.
    prefix: Vec<String>,
}

impl Paths {
    /// Paths below a root whose absolute path has these parts.
    pub(crate) fn new(prefix: Vec<String>) -> Self {
        Self { prefix }
    }

    /// `text` as seen from the folder `base`. Backslashes count as `/`; a way out of the root and back into it, or an
    /// absolute path into it, is inside.
    pub(crate) fn join(&self, base: &str, text: &str) -> String {
        let text = text.replace('\\', "/");
        let mut parts: Vec<&str> = Vec::new();
        if is_absolute(&text) {
            parts.resize(self.prefix.len().max(1), "..");
        } else {
            push_parts(&mut parts, base);
        }
        push_parts(&mut parts, &text);
        let ups = parts.iter().take_while(|part| **part == "..").count();
        let back = self.parts_back_inside(&parts, ups);
        let kept_ups = parts.iter().take(ups - back);
        kept_ups.chain(parts.iter().skip(ups + back)).copied().collect::<Vec<_>>().join("/")
    }

    /// How many of the leading `..` are undone by the parts behind them.
    fn parts_back_inside(&self, parts: &[&str], ups: usize) -> usize {
        if ups == 0 || ups > self.prefix.len() {
            return 0;
        }
        let above = self.prefix.iter().skip(self.prefix.len() - ups);
        above.zip(parts.iter().skip(ups)).take_while(|(name, part)| name == part).count()
    }
}

fn is_absolute(text: &str) -> bool {
    let drive = text.as_bytes();
    text.starts_with('/')
        || (drive.len() > 2 && drive.first().is_some_and(u8::is_ascii_alphabetic) && drive.get(1..3) == Some(b":/"))
}

fn push_parts<'a>(parts: &mut Vec<&'a str>, text: &'a str) {
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
}

/// Whether a normalised path lies outside the root.
pub(crate) fn is_outside(path: &str) -> bool {
    path == ".." || path.starts_with("../")
}

/// Whether `path` is `folder` or lies below it.
pub(crate) fn is_within(path: &str, folder: &str) -> bool {
    match path.strip_prefix(folder) {
        Some(rest) => folder.is_empty() || rest.is_empty() || rest.starts_with('/'),
        None => false,
    }
}

/// The folder around a path; empty at the top.
pub(crate) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The last part.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// The last part without `.rs`.
pub(crate) fn stem(path: &str) -> &str {
    let name = file_name(path);
    name.strip_suffix(".rs").unwrap_or(name)
}

/// `name` in `folder`, both already normalised.
pub(crate) fn child(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// A folder and those around it, up to and with the root.
pub(crate) fn ancestors(folder: &str) -> impl Iterator<Item = &str> {
    let mut next = Some(folder);
    std::iter::from_fn(move || {
        let here = next?;
        next = (!here.is_empty()).then(|| parent(here));
        Some(here)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_are_normalised_with_either_kind_of_slash() {
        let paths = Paths::default();
        assert_eq!(paths.join("a/b", "../c/./d"), "a/c/d");
        assert_eq!(paths.join("a", "x\\y.rs"), "a/x/y.rs");
        assert_eq!(paths.join("", "./x"), "x");
        assert_eq!(paths.join("a", ".."), "");
    }

    #[test]
    fn leaving_the_root_shows_and_coming_back_is_inside() {
        let paths = Paths::new(vec!["srv".into(), "app".into()]);
        assert_eq!(paths.join("a", "../../other"), "../other");
        assert_eq!(paths.join("a", "../../app/b"), "b");
        assert_eq!(paths.join("", "../../srv/app/b"), "b");
        assert_eq!(paths.join("a", "/srv/app/b"), "b");
        assert!(is_outside(&paths.join("a", "/etc/passwd")));
        assert!(is_outside(&paths.join("", "../../../../..")));
        assert!(is_outside(&Paths::default().join("", "/etc")));
        assert!(is_outside(&paths.join("", "C:\\x")));
    }

    #[test]
    fn a_folder_holds_itself_and_what_lies_below_it_but_no_sibling() {
        assert!(is_within("a/b", "a") && is_within("a", "a") && is_within("x", ""));
        assert!(!is_within("ab", "a"));
        assert_eq!(ancestors("a/b").collect::<Vec<_>>(), ["a/b", "a", ""]);
    }
}
