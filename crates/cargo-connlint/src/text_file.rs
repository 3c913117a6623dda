//! Text files that the command line or the settings name, read within bounds.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use crate::exit::Failure;

/// Reads a regular file of UTF-8; a pipe or device is never opened, since that may block.
pub(crate) fn read_text(path: &Path, name: &str, max_bytes: u64) -> Result<Arc<str>, Failure> {
    let unreadable = |why: &dyn std::fmt::Display| Failure::new(format!("`{name}` cannot be read: {why}"));
    let meta = fs::metadata(path).map_err(|error| unreadable(&error))?;
    if !meta.is_file() {
        return Err(unreadable(&"it is no regular file"));
    }
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    read_bounded(file, name, max_bytes)
}

/// Reads all of something as UTF-8.
pub(crate) fn read_bounded(from: impl Read, name: &str, max_bytes: u64) -> Result<Arc<str>, Failure> {
    let unreadable = |why: &dyn std::fmt::Display| Failure::new(format!("`{name}` cannot be read: {why}"));
    let mut bytes = Vec::new();
    from.take(max_bytes + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > max_bytes {
        return Err(unreadable(&format!("it has more than {max_bytes} bytes")));
    }
    String::from_utf8(bytes).map(Into::into).map_err(|_| unreadable(&"it is not UTF-8"))
}
