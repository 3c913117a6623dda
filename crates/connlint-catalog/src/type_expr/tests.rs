//! What the parser of type expressions accepts, and what it says of the rest.

use super::*;

fn path(path: &str, args: Vec<TypeExpr>) -> TypeExpr {
    TypeExpr::Path { path: path.to_owned(), args }
}

fn parsed(text: &str) -> TypeExpr {
    parse_type(text, &["T".to_owned(), "E".to_owned()]).expect(text)
}

#[test]
fn short_names_become_canonical_and_lifetimes_are_dropped() {
    let expected = path("std::result::Result", vec![path("sqlx::Pool", vec![TypeExpr::Param(0)]), TypeExpr::Param(1)]);
    assert_eq!(parsed("Result<sqlx::Pool<'a, T>, E>"), expected);
    assert_eq!(parsed("&'static mut str"), TypeExpr::Ref(Box::new(path("str", vec![]))));
}

#[test]
fn traits_stand_for_what_they_yield() {
    let future = path("std::future::Future", vec![TypeExpr::Param(0)]);
    assert_eq!(parsed("impl Future<Output = T> + Send + 'static"), future);
    assert_eq!(parsed("dyn Iterator<Item = &T>"), {
        path("std::iter::Iterator", vec![TypeExpr::Ref(Box::new(TypeExpr::Param(0)))])
    });
    assert_eq!(parsed("async Fn(T) -> T"), {
        TypeExpr::Fn { params: vec![TypeExpr::Param(0)], ret: Box::new(future) }
    });
}

#[test]
fn tuples_slices_and_unknowns_parse() {
    assert_eq!(parsed("()"), TypeExpr::Tuple(vec![]));
    assert_eq!(parsed("(T)"), TypeExpr::Param(0));
    assert_eq!(parsed("(T,)"), TypeExpr::Tuple(vec![TypeExpr::Param(0)]));
    assert_eq!(parsed("[T; 4]"), TypeExpr::Slice(Box::new(TypeExpr::Param(0))));
    assert_eq!(parsed("(_, Self, T::Output)"), {
        TypeExpr::Tuple(vec![TypeExpr::Unknown, TypeExpr::SelfType, TypeExpr::Unknown])
    });
}

#[test]
fn an_unknown_short_name_is_an_error_that_says_what_is_allowed() {
    let error = parse_type("Result<T, Foo>", &["T".to_owned()]).expect_err("Foo is unknown");
    assert_eq!(error.at, 10);
    let error = error.message;
    assert!(error.starts_with("unknown name `Foo` in `Result<T, Foo>`"), "{error}");
    assert!(error.contains("generics (T)") && error.contains("HashMap"), "{error}");
}

#[test]
fn what_is_left_over_is_an_error_with_its_place() {
    let error = parse_type("Vec<T>>", &["T".to_owned()]).expect_err("one bracket too many");
    assert_eq!(error.message, "expected the end, found `>` in `Vec<T>>`");
    assert_eq!(error.at, 6);
}

#[test]
fn a_signature_tells_receiver_generics_marks_and_effects() {
    let row = "async get_with<E>(&self, T, init: @once_per_key Future<Result<T, E>>) -> Result<T, E> ! query";
    let signature = parse_signature(row, &["T".to_owned()]).expect(row);
    assert_eq!((signature.name.as_str(), signature.is_async), ("get_with", true));
    assert_eq!((signature.takes_self, signature.consumes_self), (true, false));
    assert_eq!(signature.generics, ["E"]);
    assert_eq!(signature.params.first(), Some(&TypeExpr::Param(0)));
    assert_eq!(signature.marks.callbacks, [(1, "once_per_key".to_owned(), true)]);
    assert_eq!(signature.effects, ["query"]);
}

#[test]
fn a_callable_without_mark_runs_in_place() {
    let signature = parse_signature("map<U>(self, FnOnce(T) -> U) -> U", &["T".to_owned()]).expect("a row");
    assert_eq!(signature.marks.callbacks, [(0, "now".to_owned(), false)]);
    assert!(signature.consumes_self);
}

#[test]
fn a_registration_tells_its_path_target_and_method() {
    let row = "get(self, #path &str, @request #target _) -> Self ! GET";
    let signature = parse_signature(row, &[]).expect(row);
    assert_eq!((signature.marks.path, signature.marks.target), (Some(0), Some(1)));
    assert_eq!(signature.marks.callbacks, [(1, "request".to_owned(), false)]);
    assert_eq!(signature.http_method.as_deref(), Some("GET"));
}

#[test]
fn an_associated_function_has_no_receiver_and_yields_unit_by_default() {
    let signature = parse_signature("drop(T)", &["T".to_owned()]).expect("a row");
    assert!(!signature.takes_self);
    assert_eq!(signature.returns, TypeExpr::Tuple(vec![]));
}
