//! What the names and versions of dependencies decide.

use expect_test::{Expect, expect};

use crate::support;

/// Each line that ends in `//?` is dumped: its operations with their types, and the targets of its calls.
fn check_types(fixture: &str, expect: Expect) {
    expect.assert_eq(&support::types(fixture));
}

#[test]
fn a_dependency_goes_by_its_librarys_name_unless_it_is_renamed() {
    check_types(
        r#"
//- /plain/src/main.rs crate:plain deps:async-stripe
fn main() {
let a = stripe::Client::new("");
a; //?
}
//- /renamed/src/main.rs crate:renamed deps:payments=async-stripe
fn main() {
let b = payments::Client::new("");
b; //?
let c = stripe::Client::new("");
c; //?
}
"#,
        expect![[r#"
            a : stripe::Client
            b : stripe::Client
            c : ?
        "#]],
    );
}
