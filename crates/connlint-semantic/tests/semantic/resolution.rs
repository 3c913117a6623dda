//! Which calls count as resolved, and why the others are not.

use expect_test::{Expect, expect};

use crate::support;

fn check(fixture: &str, expect: Expect) {
    expect.assert_eq(&support::resolution(fixture));
}

#[test]
fn functions_of_the_workspace_the_catalog_and_full_paths_are_resolved() {
    check(
        r#"
//- /src/lib.rs crate:app deps:sqlx,elsewhere
pub struct Service;
impl Service {
    fn new() -> Self { Service }
    fn open(&self) { connect(); }
}
fn connect() { elsewhere::anything(1); }
pub fn all(callback: impl Fn()) {
    let service = Service::new();
    service.open();
    callback();
    let text = String::new();
    text.len();
    text.clone();
    let add = |x: i32| x;
    add(1);
}
"#,
        expect![[r#"
            app: functions 6 of 6, methods 3 of 3
        "#]],
    );
}

#[test]
fn constructors_and_macros_are_no_calls() {
    check(
        r#"
//- /src/lib.rs crate:app deps:elsewhere
pub struct Config(u8);
pub fn all() {
    let config = Some(Config(1));
    println!("{}", config.is_some());
    elsewhere::Wrapper(1);
}
"#,
        expect![[r#"
            app: functions 0 of 0, methods 1 of 1
        "#]],
    );
}

#[test]
fn each_cause_is_told() {
    check(
        r#"
//- /src/lib.rs crate:app deps:elsewhere
#[derive(elsewhere::Magic)]
pub struct Config { pub inner: elsewhere::Inner, pub hook: Box<dyn Fn()> }
pub fn all<T, D: elsewhere::Display>(config: Config, text: String, generic: T, display: D) {
    let unknown = elsewhere::load();
    unknown.run();
    let further = unknown.run().again();
    for item in elsewhere::items() { item.visit(); }
    elsewhere::each(|item| item.touch());
    let made = elsewhere::make!(1, 2);
    made.build();
    config.inner.open();
    config.generated();
    text.no_such_method();
    generic.work();
    display.show();
    missing::path();
    (config.hook)();
}
"#,
        expect![[r#"
            app: functions 4 of 5, methods 0 of 11
            `run` in app::all: unknown-result (elsewhere::load)
            `run` in app::all: unknown-result (elsewhere::load)
            `again` in app::all: unknown-result (elsewhere::load)
            `visit` in app::all{loop}: unknown-result (elsewhere::items)
            `touch` in app::all{closure}: closure-parameter
            `build` in app::all: macro
            `open` in app::all: external-type (elsewhere::Inner)
            `generated` in app::all: generated-method (app::Config)
            `no_such_method` in app::all: standard-library (str)
            `work` in app::all: generic-type (T)
            `show` in app::all: external-trait (D)
            `missing::path` in app::all: unknown-path
        "#]],
    );
}
