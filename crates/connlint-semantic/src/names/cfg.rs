//! Which `cfg`s are off in every program that serves: those of targets without sockets, and of features that no
//! program turns on, or all programs do.

use connlint_facts::{Attribute, Body, Conditional, CrateFacts, FileFacts, Literal, Meta, MetaValue, OpId, Path};

/// Whether an item under these attributes is compiled for no target that a service runs on, or with features only that no
/// program turns on, or that all do without.
pub(crate) fn is_off(facts: &FileFacts, krate: &CrateFacts, attributes: &[Attribute]) -> bool {
    let of_cfg = |attribute: &&Attribute| is(facts, &attribute.path, "cfg");
    let predicates = attributes.iter().filter(of_cfg).flat_map(|attribute| &attribute.args);
    let mut held = predicates.map(|predicate| holds(facts, krate, predicate, None));
    held.any(|holds| holds == Some(false))
}

/// The operations of a body, as the first and the one behind the last, that no such program has. `test`: whether it is
/// code for tests, where that matters.
pub(crate) fn off_in(facts: &FileFacts, krate: &CrateFacts, body: &Body, test: Option<bool>) -> Vec<(OpId, OpId)> {
    let is_off =
        |conditional: &&Conditional| holds(facts, krate, &conditional.predicate, test) == Some(conditional.negated);
    body.conditional.iter().filter(is_off).map(|conditional| (conditional.first, conditional.end)).collect()
}

/// Whether a predicate holds in such a program; `None` where that differs, or is not known.
fn holds(facts: &FileFacts, krate: &CrateFacts, predicate: &Meta, test: Option<bool>) -> Option<bool> {
    let path = predicate.path.as_ref()?;
    match &predicate.value {
        MetaValue::Flag if is(facts, path, "test") => test,
        // What serves is built for release.
        MetaValue::Flag if is(facts, path, "debug_assertions") => Some(false),
        MetaValue::Literal(Literal::Str(value)) => {
            let value = facts.text(*value);
            if is(facts, path, "feature") {
                let among = |features: &[String]| features.iter().any(|feature| feature == value);
                return if among(&krate.features_on) {
                    Some(true)
                } else {
                    among(&krate.features_off).then_some(false)
                };
            }
            let off = (is(facts, path, "target_arch") && value.starts_with("wasm"))
                || (is(facts, path, "target_family") && value == "wasm")
                || (is(facts, path, "target_os") && matches!(value, "wasi" | "emscripten"));
            off.then_some(false)
        }
        MetaValue::List(parts) => {
            let parts: Vec<Option<bool>> = parts.iter().map(|part| holds(facts, krate, part, test)).collect();
            if is(facts, path, "not") {
                parts.first().copied().flatten().map(|inner| !inner)
            } else if is(facts, path, "all") {
                decided(&parts, false)
            } else if is(facts, path, "any") {
                decided(&parts, true)
            } else {
                None
            }
        }
        _ => None,
    }
}

/// What parts decide together, of which one with this value is enough.
fn decided(parts: &[Option<bool>], enough: bool) -> Option<bool> {
    if parts.contains(&Some(enough)) {
        return Some(enough);
    }
    (!parts.contains(&None)).then_some(!enough)
}

fn is(facts: &FileFacts, path: &Path, name: &str) -> bool {
    matches!(&path.segments[..], [segment] if facts.text(segment.name) == name)
}
