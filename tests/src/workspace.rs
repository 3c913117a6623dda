//! Workspaces written in one string, on disk: each file begins with a line `//- path`.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

/// Writes the files of a string below a new folder.
pub fn workspace(text: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for file in text.split("//- ").skip(1) {
        let (path, text) = file.split_once('\n').expect("a path on a line of its own");
        write(folder.path(), path.trim(), text);
    }
    folder
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().expect("files lie in folders")).expect("folders can be made");
    fs::write(path, text).expect("files can be written");
}

/// `path:line` of the line that holds a mark.
pub fn line_of(folder: &Path, path: &str, mark: &str) -> String {
    let text = fs::read_to_string(folder.join(path)).expect("the file is there");
    let line = text.lines().position(|line| line.contains(mark)).unwrap_or_else(|| panic!("no line holds {mark}"));
    format!("{path}:{}", line + 1)
}
