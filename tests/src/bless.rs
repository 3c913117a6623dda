//! Files that are generated, committed, and compared by a test. `cargo xtask bless` writes them.

use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::files::shown;

/// Whether this run writes generated files instead of comparing them.
pub fn blessing() -> bool {
    std::env::var_os("CONNLINT_BLESS").is_some()
}

/// Compares the file with what it should be, or writes it.
pub fn compare(path: &Path, expected: &str) {
    let found = fs::read_to_string(path).unwrap_or_default();
    if found == expected {
        return;
    }
    if blessing() {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).unwrap();
        }
        fs::write(path, expected).unwrap();
        return;
    }
    let line = found.lines().zip(expected.lines()).take_while(|(a, b)| a == b).count();
    panic!(
        "{} is out of date from its line {} on: `cargo xtask bless` writes it\nfound:    {:?}\nexpected: {:?}",
        shown(path),
        line + 1,
        found.lines().nth(line).unwrap_or_default(),
        expected.lines().nth(line).unwrap_or_default(),
    );
}

/// Compares the part of a text file between the lines `<!-- NAME: begin -->` and `<!-- NAME: end -->`, or writes it.
pub fn compare_part(path: &Path, name: &str, expected: &str) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", shown(path)));
    let (begin, end) = (format!("<!-- {name}: begin -->\n"), format!("<!-- {name}: end -->"));
    let (head, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("{} lacks the line {begin}", shown(path)));
    let (_, tail) = rest.split_once(&end).unwrap_or_else(|| panic!("{} lacks the line {end}", shown(path)));
    compare(path, &format!("{head}{begin}{expected}{end}{tail}"));
}
