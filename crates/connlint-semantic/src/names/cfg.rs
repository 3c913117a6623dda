//! Which `cfg`s are off in every program that serves: those of targets without sockets, and of features that no
//! program turns on, or all programs do.

use connlint_facts::{Attribute, Body, Conditional, CrateFacts, FileFacts, Literal, Meta, MetaValue, OpId, Path};

/// Whether an item under these attributes is compiled for no target that a service runs on, or with features only that no
/// program turns on, or that all do without.
pub(crate) fn is_off(facts: &FileFacts, krate: &CrateFacts, attributes: &[Attribute]) -> bool {
    let mut held = predicates(facts, attributes).map(|predicate| holds(facts, krate, predicate, None));
    held.any(|holds| holds == Some(false))
}

/// Whether an item under these attributes is there for tests, and else where somebody asks for it only:
/// `cfg(any(test, feature = "test-util"))` with a feature that is off by default.
pub(crate) fn is_for_tests(facts: &FileFacts, krate: &CrateFacts, attributes: &[Attribute]) -> bool {
    let is_test = |part: &Meta| part.path.as_ref().is_some_and(|path| is(facts, path, "test"));
    let is_on = |feature: &str| krate.features_default.iter().chain(&krate.features_on).any(|on| on == feature);
    let is_extra = |part: &Meta| match (&part.path, &part.value) {
        (Some(path), MetaValue::Literal(Literal::Str(value))) => {
            is(facts, path, "feature") && !is_on(facts.text(*value))
        }
        _ => false,
    };
    predicates(facts, attributes).any(|predicate| match (&predicate.path, &predicate.value) {
        (Some(path), MetaValue::List(parts)) => {
            is(facts, path, "any")
                && parts.iter().any(is_test)
                && parts.iter().all(|part| is_test(part) || is_extra(part))
        }
        _ => false,
    })
}

/// The predicates of the `cfg`s among attributes.
fn predicates<'f>(facts: &FileFacts, attributes: &'f [Attribute]) -> impl Iterator<Item = &'f Meta> {
    let of_cfg = move |attribute: &&Attribute| is(facts, &attribute.path, "cfg");
    attributes.iter().filter(of_cfg).flat_map(|attribute| &attribute.args)
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
