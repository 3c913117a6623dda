//! What each construct of the language becomes.

use connlint_facts::RelPath;
use connlint_parser::{Limits, MacroTable, dump_file, parse_file};
use expect_test::Expect;

mod expressions;
mod items;
mod macros;

fn dump(text: &str) -> String {
    let limits = Limits::default();
    let text = text.to_owned();
    let work = move || {
        let path = RelPath::new("src/lib.rs");
        let macros = MacroTable::collect(std::iter::once((&path, text.as_str())));
        dump_file(&parse_file(&path, &text, &macros, &limits))
    };
    std::thread::Builder::new().stack_size(64 << 20).spawn(work).unwrap().join().unwrap()
}

#[track_caller]
fn check(text: &str, expected: Expect) {
    expected.assert_eq(&dump(text));
}

/// The statements of an async function's body.
#[track_caller]
fn body(statements: &str, expected: Expect) {
    check(&format!("async fn f() {{ {statements} }}"), expected);
}
