//! Input made to break the parser ends as a notice: no abort, no panic, and nothing else is lost.

use connlint_facts::{FileFacts, ItemKind, NoticeKind, RelPath, TextRange};
use connlint_parser::{Limits, MacroTable, dump_file, parse_file};

/// Reads a source on a thread as large as those of a run.
fn read(text: &str) -> FileFacts {
    let limits = Limits::default();
    let text = text.to_owned();
    let stack = limits.stack_bytes;
    let work = move || {
        let path = RelPath::new("src/lib.rs");
        let macros = MacroTable::collect(std::iter::once((&path, text.as_str())));
        parse_file(&path, &text, &macros, &limits)
    };
    std::thread::Builder::new().stack_size(stack).spawn(work).unwrap().join().unwrap()
}

fn fn_names(facts: &FileFacts) -> Vec<&str> {
    let is_fn = |item: &&connlint_facts::Item| matches!(item.kind, ItemKind::Fn(_));
    facts.items.iter().filter(is_fn).map(|item| facts.text(item.name)).collect()
}

fn has(facts: &FileFacts, kind: NoticeKind) -> bool {
    facts.problems.iter().any(|problem| problem.kind == kind)
}

/// The deep item is reported and lost, its neighbours are read.
#[track_caller]
fn deep_item_is_lost(item: &str) {
    let facts = read(&format!("fn before() {{}}\n{item}\nfn after() {{}}\n"));
    assert!(has(&facts, NoticeKind::NestedTooDeep), "no notice for {}: {:?}", &item[..40], facts.problems);
    assert_eq!(fn_names(&facts), ["before", "after"], "{}", &item[..40]);
}

const MANY: usize = 10_000;

#[test]
fn deep_parentheses_lose_one_item() {
    deep_item_is_lost(&format!("fn f() {{ let x = {}1{}; }}", "(".repeat(MANY), ")".repeat(MANY)));
}

#[test]
fn deep_brackets_and_blocks_lose_one_item() {
    deep_item_is_lost(&format!("fn f() {{ let x = {}1{}; }}", "[".repeat(MANY), "]".repeat(MANY)));
    deep_item_is_lost(&format!("fn f() {{ {}{} }}", "{".repeat(MANY), "}".repeat(MANY)));
}

#[test]
fn deep_generics_lose_one_item() {
    deep_item_is_lost(&format!("fn f(x: {}u8{}) {{}}", "Vec<".repeat(MANY), ">".repeat(MANY)));
    deep_item_is_lost(&format!("type T = {}u8;", "Vec<".repeat(MANY)));
    deep_item_is_lost(&format!("type T = {}u8{};", "Map<u8, ".repeat(MANY), ">".repeat(MANY)));
}

#[test]
fn long_runs_of_prefix_operators_lose_one_item() {
    for operator in ["!", "-", "*", "& ", "&mut ", "|| ", "move || ", "|a| ", "return ", "break ", ".. ", "x = ", "if "]
    {
        deep_item_is_lost(&format!("fn f() {{ let y = {}x; }}", operator.repeat(MANY)));
    }
}

#[test]
fn deep_types_and_patterns_lose_one_item() {
    for prefix in ["&", "*const ", "fn() -> ", "&'a "] {
        deep_item_is_lost(&format!("type T = {}u8;", prefix.repeat(MANY)));
    }
    for prefix in ["&", "a @ ", "box "] {
        deep_item_is_lost(&format!("fn f() {{ match x {{ {}y => 1 }} }}", prefix.repeat(MANY)));
    }
}

#[test]
fn long_else_if_chains_lose_one_item() {
    deep_item_is_lost(&format!("fn f() {{ if a {{}} {} }}", "else if b {} ".repeat(MANY)));
}

#[test]
fn deep_use_trees_lose_one_item() {
    deep_item_is_lost(&format!("use {}z{};", "a::{b::".repeat(MANY), "}".repeat(MANY)));
    deep_item_is_lost(&format!("use {}z;", "a::".repeat(MANY)));
}

#[test]
fn deep_closures_in_calls_lose_one_item() {
    deep_item_is_lost(&format!("fn f() {{ {}1{}; }}", "g(|x| ".repeat(MANY), ")".repeat(MANY)));
}

#[test]
fn endless_chains_lose_one_item() {
    for link in [".a()", "?", ".b", " + 1", "(1)", "[1]", " as u8", ".await"] {
        deep_item_is_lost(&format!("fn f() {{ let y = x{}; }}", link.repeat(30_000)));
    }
}

#[test]
fn long_chains_within_the_limit_are_read() {
    let chain = ".a()".repeat(1_400);
    let facts = read(&format!("fn f() {{ let y = x{chain}; }}"));
    assert_eq!(facts.problems, []);
    let sum = " + 1".repeat(5_000);
    let facts = read(&format!("fn f() {{ let y = x{sum}; }}"));
    assert_eq!(facts.problems, []);
    let ranges: String = (0..1_000).map(|n| format!("{n}..={n} | ")).collect();
    let facts = read(&format!("fn f() {{ match x {{ {ranges} 5 => {{}} }} }}"));
    assert_eq!(facts.problems, []);
    let elses: String = (0..1_800).map(|n| format!(" else if x == {n} {{ g({n}) }}")).collect();
    let facts = read(&format!("fn f() {{ if a {{}}{elses} }}"));
    assert_eq!(facts.problems, []);
}

#[test]
fn numbers_without_bound_take_linear_time() {
    // syn alone would take minutes.
    let digits = "1".repeat(2_000_000);
    let facts = read(&format!("fn one() {{ let a = {digits}; }}\nfn two() {{ a.{digits}; }}\nfn three() {{}}\n"));
    assert_eq!(fn_names(&facts), ["one", "three"]);
}

#[test]
fn a_stray_bracket_costs_no_item() {
    let facts = read("fn one() { a() }\nfn two() { b() }\n}\nfn three() {}\n");
    assert_eq!(fn_names(&facts), ["one", "two", "three"]);
    assert!(facts.problems.iter().any(|problem| problem.message == "this bracket has no partner; it was ignored"));
    let facts = read("impl A {\n    fn one() {}}\n\n    fn two() {}\n}\nfn three() {}\n");
    assert_eq!(fn_names(&facts), ["one", "two", "three"]);
}

#[test]
fn of_a_conflict_the_first_side_is_read() {
    let text = "fn zero() {}\n<<<<<<< HEAD\nfn one() {}\n=======\nfn other() {}\n>>>>>>> branch\nfn two() {\n\
                <<<<<<< HEAD\n    a();\n=======\n    b(\n>>>>>>> branch\n}\nfn three() {}\n";
    let facts = read(text);
    assert_eq!(fn_names(&facts), ["zero", "one", "two", "three"]);
    let problems: Vec<_> = facts.problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(problems, ["conflict markers; of each conflict only the first side was read"]);
    let target = facts.items.iter().find(|item| facts.text(item.name) == "three").unwrap();
    assert_eq!(&text[target.range.start as usize..target.range.end as usize], "fn three() {}");
}

#[test]
fn a_text_that_shows_conflict_markers_is_no_conflict() {
    let facts = read("const A: &str = \"\n<<<<<<< HEAD\n=======\n>>>>>>> x\n\";\nfn one() {}\n");
    assert_eq!(facts.problems, []);
    assert_eq!(fn_names(&facts), ["one"]);
}

#[test]
fn nesting_within_the_limit_is_read() {
    let nest = |open: &str, close: &str| format!("{}1{}", open.repeat(240), close.repeat(240));
    for (open, close) in [("(", ")"), ("[", "]"), ("{ ", " }"), ("g(", ")"), ("Some(|| ", ")"), ("if a { ", " }")] {
        let facts = read(&format!("fn f() {{ let x = {}; }}", nest(open, close)));
        // Closures count twice.
        if open != "Some(|| " {
            assert_eq!(facts.problems, [], "{open}");
        }
    }
}

#[test]
fn deep_modules_lose_the_innermost() {
    let facts = read(&format!("fn before() {{}} {}{}", "mod a { ".repeat(MANY), "}".repeat(MANY)));
    assert!(has(&facts, NoticeKind::NestedTooDeep));
    assert!(fn_names(&facts).contains(&"before"));
}

#[test]
fn only_the_deep_method_of_an_implementation_is_lost() {
    let deep = format!("fn deep() {{ {}{} }}", "(".repeat(MANY), ")".repeat(MANY));
    let facts = read(&format!("impl A {{ fn one() {{}} {deep} fn two() {{}} }} fn three() {{}}"));
    assert_eq!(fn_names(&facts), ["one", "two", "three"]);
    assert!(has(&facts, NoticeKind::NestedTooDeep));
}

#[test]
fn macro_bombs_end() {
    let bomb = "macro_rules! b { ($($x:tt)*) => { b!($($x)* $($x)* 1) b!($($x)* 2) } } fn f() { b!(1); }";
    assert!(has(&read(bomb), NoticeKind::MacroNotExpanded));
    let endless = "macro_rules! e { () => { e!(); e!(); } } fn f() { e!(); } e!();";
    assert!(has(&read(endless), NoticeKind::MacroNotExpanded));
    let tower = "macro_rules! t { ($x:expr) => { t!(((((((((((((((($x)))))))))))))))) } } fn f() { t!(1); }";
    assert!(has(&read(tower), NoticeKind::MacroNotExpanded));
    let growing = "macro_rules! g { ($($x:tt)*) => { g!([$($x)*] $($x)* $($x)* $($x)* $($x)*) } } fn f() { g!(1); }";
    assert!(has(&read(growing), NoticeKind::MacroNotExpanded));
}

#[test]
fn broken_text_is_told() {
    for text in
        ["}", "{", "fn f() { \"", "/*", "'", "r#\"", "fn", "fn f(", "\u{0}", "#", "#![", "😀", "b'", "use a::{", "\\"]
    {
        let facts = read(text);
        assert!(!facts.problems.is_empty(), "{text:?}");
    }
}

#[test]
fn empty_and_blank_files_are_fine() {
    for text in ["", "\n", "\u{feff}", "// nothing", "#!/usr/bin/env run\n", "\u{feff}#!/usr/bin/env run\nfn f() {}"] {
        let facts = read(text);
        assert_eq!(facts.problems, [], "{text:?}");
    }
}

#[test]
fn a_large_file_is_read() {
    let text = "pub fn f(x: u32) -> u32 { let y = g(x, 1); y + h(&x).k() }\n".repeat(20_000);
    let facts = read(&text);
    assert_eq!(facts.items.len(), 20_000);
    assert_eq!(facts.problems, []);
    assert_eq!(facts.lines, 20_000);
}

#[test]
fn ranges_are_bytes_of_the_text_whatever_stands_before() {
    for before in ["", "\u{feff}", "#!/bin/x é\n", "// é😀\r\n", "/* 😀😀 */ fn ü() {}\r\n"] {
        let text = format!("{before}fn target() {{ call(); }}\n");
        let facts = read(&text);
        let item = facts.items.iter().find(|item| facts.text(item.name) == "target").unwrap();
        let name = &text[item.name_range.start as usize..item.name_range.end as usize];
        assert_eq!(name, "target", "{before:?}");
        let whole = &text[item.range.start as usize..item.range.end as usize];
        assert_eq!(whole, "fn target() { call(); }");
    }
}

#[test]
fn ranges_hold_beside_lost_items() {
    let text = "// é\nfn broken( { é }\n}\nfn target() {}\n";
    let facts = read(text);
    let item = facts.items.iter().find(|item| facts.text(item.name) == "target").unwrap();
    assert_eq!(&text[item.range.start as usize..item.range.end as usize], "fn target() {}");
}

#[test]
fn lost_items_are_where_the_file_has_them_whatever_is_blanked_before() {
    let deep = format!("fn lost() {{ {}{} }}\n", "(".repeat(5_000), ")".repeat(5_000));
    let conflict = "<<<<<<< a\n=======\nfn é() { \"😀\" }\n>>>>>>> b\n";
    let long_name = format!("fn {}() {{}}\n", "é".repeat(2_000));
    for before in ["#!/bin/x é\n", conflict, &long_name, &format!("#!/bin/x é\n{conflict}")] {
        for lost in [&deep, "fn lost() {\n    f(\n"] {
            let text = format!("{before}{lost}\nfn target() {{}}\n");
            let facts = read(&text);
            assert!(fn_names(&facts).contains(&"target"));
            let in_text = |range: TextRange| text.get(range.start as usize..range.end as usize).unwrap();
            let ranges: Vec<&str> = facts.problems.iter().map(|problem| in_text(problem.range.unwrap())).collect();
            assert!(ranges.iter().all(|range| *range == "<<<<<<< a" || range.trim() == lost.trim()), "{ranges:?}");
            assert!(ranges.iter().any(|range| range.trim() == lost.trim()), "{ranges:?}");
        }
    }
}

#[test]
fn the_same_text_gives_the_same_facts() {
    let text = "macro_rules! m { ($x:expr) => { $x.run(|| 1) } } fn f(a: A) { m!(a); let s = html! { <p> }; }";
    assert_eq!(read(text), read(text));
    assert_eq!(dump_file(&read(text)), dump_file(&read(text)));
}

#[test]
fn a_half_typed_function_costs_only_itself() {
    let facts = read("fn one() {}\n\nfn half() {\n    let x = foo(\n\nfn two() {}\n\nimpl A {\n    fn three() {}\n}\n");
    assert_eq!(fn_names(&facts), ["one", "two", "three"]);
    assert!(has(&facts, NoticeKind::ParseError));
    let facts = read(
        "impl A {\n    fn one() {}\n\n    fn half() {\n        let x = foo(\n    }\n\n    fn two() {}\n}\nfn three() {}\n",
    );
    assert_eq!(fn_names(&facts), ["one", "two", "three"]);
}

#[test]
fn unstable_and_easy_ext_items_cost_at_most_themselves() {
    let facts = read("pub impl Ext for A { fn one() {} }\nfn two() {}\nstruct S { x: u8 = y z }\nfn three() {}\n");
    assert_eq!(fn_names(&facts), ["one", "two", "three"]);
    assert!(has(&facts, NoticeKind::ParseError));
}

#[test]
fn a_broken_method_costs_only_itself() {
    let facts = read(
        "impl A {\n    fn one() {}\n    fn bad() { let = ; }\n    fn two() {}\n}\nmod m { fn three() {} fn worse( x y ) {} }\n",
    );
    assert_eq!(fn_names(&facts), ["one", "two", "three"]);
}
