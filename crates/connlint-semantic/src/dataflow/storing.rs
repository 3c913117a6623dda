//! Methods that put their argument into their receiver, by name: what wraps a map, a cell or a list is most often of the
//! project itself or of a crate that the catalog does not describe, and these names are the same everywhere.

/// Methods after which the receiver has what it is given.
const STORING: [&str; 17] = [
    "add",
    "extend",
    "get_or_insert",
    "insert",
    "insert_entry",
    "or_insert",
    "push",
    "push_back",
    "push_front",
    "put",
    "put_nonempty",
    "replace",
    "send_replace",
    "set",
    "store",
    "swap",
    "try_insert",
];

/// Those that may take the place of what the receiver had before.
const REPLACING: [&str; 4] = ["insert", "replace", "store", "swap"];

/// Whether a method of this name keeps its argument in its receiver.
pub(crate) fn stores(method: &str) -> bool {
    STORING.contains(&method)
}

/// Whether a method of this name may replace what its receiver had before.
pub(crate) fn replaces(method: &str) -> bool {
    REPLACING.contains(&method)
}
