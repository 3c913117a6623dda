//! Which `cfg`s are off in every program that serves: those of targets without sockets, and of features that nobody turns
//! on.

use connlint_facts::{Attribute, FileFacts, Literal, Meta, MetaValue, Path};

/// Whether an item under these attributes is compiled for no target that a service runs on, or only with one of the
/// `features` that no program turns on.
pub(crate) fn is_off(facts: &FileFacts, features: &[String], attributes: &[Attribute]) -> bool {
    let of_cfg = |attribute: &&Attribute| is(facts, &attribute.path, "cfg");
    let predicates = attributes.iter().filter(of_cfg).flat_map(|attribute| &attribute.args);
    let mut held = predicates.map(|predicate| holds(facts, features, predicate));
    held.any(|holds| holds == Some(false))
}

/// Whether a predicate holds on such a target; `None` where that differs, or is not known.
fn holds(facts: &FileFacts, features: &[String], predicate: &Meta) -> Option<bool> {
    let path = predicate.path.as_ref()?;
    match &predicate.value {
        MetaValue::Literal(Literal::Str(value)) => {
            let value = facts.text(*value);
            let off = (is(facts, path, "target_arch") && value.starts_with("wasm"))
                || (is(facts, path, "target_family") && value == "wasm")
                || (is(facts, path, "target_os") && matches!(value, "wasi" | "emscripten"))
                || (is(facts, path, "feature") && features.iter().any(|feature| feature == value));
            off.then_some(false)
        }
        MetaValue::List(parts) => {
            let mut parts = parts.iter().map(|part| holds(facts, features, part));
            if is(facts, path, "not") {
                parts.next()?.map(|inner| !inner)
            } else if is(facts, path, "all") {
                parts.any(|part| part == Some(false)).then_some(false)
            } else if is(facts, path, "any") {
                parts.all(|part| part == Some(false)).then_some(false)
            } else {
                None
            }
        }
        _ => None,
    }
}

fn is(facts: &FileFacts, path: &Path, name: &str) -> bool {
    matches!(&path.segments[..], [segment] if facts.text(segment.name) == name)
}
