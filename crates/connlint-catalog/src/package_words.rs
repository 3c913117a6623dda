//! Words by which a package that no data file describes is judged: `data/unknown_crates.toml`.

use serde::{Deserialize, Serialize};

/// The words, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageWords {
    /// What servers are called, as a part of a package's name between `-` and `_`.
    pub servers: Vec<String>,
    /// Parts of names by which crates say that they open nothing.
    pub passive: Vec<String>,
    /// Packages that run on sockets.
    pub runtimes: Vec<String>,
}
