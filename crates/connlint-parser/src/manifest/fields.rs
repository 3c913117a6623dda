//! Typed access to fields of a TOML table. A field of another type counts as absent.

use toml::{Table, Value};

/// The table at a path of keys.
pub(crate) fn table_in<'t>(table: &'t Table, keys: &[&str]) -> Option<&'t Table> {
    keys.iter().try_fold(table, |table, key| table.get(*key)?.as_table())
}

/// A string field.
pub(crate) fn str_in<'t>(table: &'t Table, key: &str) -> Option<&'t str> {
    table.get(key)?.as_str()
}

/// A boolean field under either spelling (`proc-macro`, `proc_macro`).
pub(crate) fn bool_in(table: &Table, key: &str) -> Option<bool> {
    table.get(key).or_else(|| table.get(&key.replace('-', "_")))?.as_bool()
}

/// The strings of an array field.
pub(crate) fn strings_in(table: &Table, key: &str) -> Vec<String> {
    let values = table.get(key).and_then(Value::as_array).into_iter().flatten();
    values.filter_map(Value::as_str).map(str::to_owned).collect()
}
