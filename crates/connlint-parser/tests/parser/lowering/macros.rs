//! Macros whose arguments are code, and those of the workspace.

use connlint_facts::RelPath;
use connlint_parser::{Limits, MacroTable, parse_file};
use expect_test::expect;

use super::{body, check};

#[test]
fn select_awaits_each_branch_in_its_arm() {
    body(
        "tokio::select! { biased; _ = tick.tick() => { a() } Some(x) = rx.recv(), if on => x.go(), r = &mut fut => return r, else => {} }",
        expect![[r#"
            async fn f()
              block r1:
                tail r2:
                  %0 = tick
                  %1 = %0.tick()
                  %2 = on
                  %3 = rx
                  %4 = %3.recv()
                  %5 = fut
                  %6 = &mut %5
                  arm [] r3:
                    %7 = await %1
                    %8 = discard %7
                    block r4:
                      tail r5:
                        %9 = a
                        %10 = call %9()
                  arm [] r6:
                    %11 = await %4
                    %12 = %11 as Some.0
                    %13 = bind x#0 = %12
                    %14 = x#0
                    %15 = %14.go()
                  arm [] r7:
                    %16 = await %6
                    %17 = bind r#1 = %16
                    %18 = r#1
                    %19 = return %18
                  arm [] r8:
                    block r9:
                  %20 = join %10, %15
                  %21 = tokio::select!(%20)
              => %20
        "#]],
    );
}

#[test]
fn join_awaits_all() {
    body(
        "let (a, b) = tokio::join!(one(), two()); let c = try_join!(x, y)?;",
        expect![[r#"
            async fn f()
              block r1:
                let r2:
                  %0 = one
                  %1 = call %0()
                  %2 = two
                  %3 = call %2()
                  %4 = await %1
                  %5 = await %3
                  %6 = (%4, %5)
                  %7 = tokio::join!(%6)
                  %8 = %7.0
                  %9 = bind a#0 = %8
                  %10 = %7.1
                  %11 = bind b#1 = %10
                let r3:
                  %12 = x
                  %13 = y
                  %14 = await %12
                  %15 = await %13
                  %16 = (%14, %15)
                  %17 = try_join!(%16)
                  %18 = %17?
                  %19 = bind c#2 = %18
        "#]],
    );
}

#[test]
fn format_macros_use_their_arguments_and_captured_names() {
    body(
        r##"let name = n(); println!("{name} {} {x:?} {w}", go(), w = 1); assert_eq!(a, b(), "{name}"); bail!("{}", e);"##,
        expect![[r#"
            async fn f()
              block r1:
                let r2:
                  %0 = n
                  %1 = call %0()
                  %2 = bind name#0 = %1
                statement r3:
                  %3 = "{name} {} {x:?} {w}"
                  %4 = name#0
                  %5 = go
                  %6 = call %5()
                  %7 = 1
                  %8 = println!(%3, name = %4, %6, w = %7)
                statement r4:
                  %9 = a
                  %10 = b
                  %11 = call %10()
                  %12 = "{name}"
                  %13 = name#0
                  %14 = assert_eq!(%9, %11, %12, name = %13)
                statement r5:
                  %15 = "{}"
                  %16 = e
                  %17 = bail!(%15, %16) diverges
        "#]],
    );
}

#[test]
fn tracing_fields_are_arguments() {
    body(
        r##"let id = i(); info!(target: "t", user.id = %id, ?req, { a = 1, %b }, "hello {id}"); span!(Level::INFO, "x", id);"##,
        expect![[r#"
            async fn f()
              block r1:
                let r2:
                  %0 = i
                  %1 = call %0()
                  %2 = bind id#0 = %1
                statement r3:
                  %3 = "t"
                  %4 = id#0
                  %5 = req
                  %6 = 1
                  %7 = b
                  %8 = "hello {id}"
                  %9 = id#0
                  %10 = info!(target = %3, user.id = %4, %5, a = %6, %7, %8, id = %9)
                statement r4:
                  %11 = Level::INFO
                  %12 = "x"
                  %13 = id#0
                  %14 = span!(%11, %12, %13)
        "#]],
    );
}

#[test]
fn literals_that_make_one_text() {
    body(
        r#"let a = concat!("SELECT ", 1, " FROM t"); let b = concat!("SELECT ", env!("COLUMN"));"#,
        expect![[r#"
        async fn f()
          block r1:
            let r2:
              %0 = "SELECT 1 FROM t"
              %1 = expanded concat! => %0
              %2 = bind a#0 = %1
            let r3:
              %3 = "SELECT "
              %4 = env!()
              %5 = concat!(%3, %4)
              %6 = bind b#1 = %5
    "#]],
    );
}

#[test]
fn collections_and_matches() {
    body(
        r##"let v = vec![a, b()]; let w = vec![0; n]; if matches!(x, Some(1) | None) {} let m = matches!(y, Some(k) if k > 1); let j = json!({ "a": f(), k: [1, g()], "n": null });"##,
        expect![[r#"
            async fn f()
              block r1:
                let r2:
                  %0 = a
                  %1 = b
                  %2 = call %1()
                  %3 = [%0, %2]
                  %4 = bind v#0 = %3
                let r3:
                  %5 = 0
                  %6 = n
                  %7 = [%5; %6]
                  %8 = bind w#1 = %7
                statement r4:
                  %9 = x
                  arm [%9 is Some(1) | None] r5:
                    block r6:
                let r7:
                  %10 = y
                  arm [%10 is Some(_)] r8:
                    %11 = %10 as Some.0
                    %12 = bind k#2 = %11
                    %13 = k#2
                    %14 = 1
                    %15 = Compare %13, %14
                  %16 = matches!(%10)
                  %17 = bind m#3 = %16
                let r9:
                  %18 = f
                  %19 = call %18()
                  %20 = 1
                  %21 = g
                  %22 = call %21()
                  %23 = null
                  %24 = json!(%19, %20, %22, %23)
                  %25 = bind j#4 = %24
        "#]],
    );
}

#[test]
fn streams_are_async_regions() {
    body(
        "let s = try_stream! { for await x in inner { yield x?; } };",
        expect![[r#"
            async fn f()
              block r1:
                let r2:
                  async r3:
                    block r4:
                      tail r5:
                        %0 = inner
                        loop For r6:
                          %1 = await %0
                          %2 = item of %0
                          %3 = bind x#0 = %2
                          block r7:
                            statement r8:
                              %4 = x#0
                              %5 = %4?
                              %6 = yield %5
                  %7 = async r3 move => ()
                  %8 = try_stream!(%7)
                  %9 = bind s#1 = %8
        "#]],
    );
}

#[test]
fn registrations_are_paths() {
    body(
        r##"mount(routes![a, b::c]); handler(tauri::generate_handler![cmd::x, y]); query_as!(User, "select 1", id);"##,
        expect![[r#"
            async fn f()
              block r1:
                statement r2:
                  %0 = mount
                  %1 = a
                  %2 = b::c
                  %3 = routes!(%1, %2)
                  %4 = call %0(%3)
                statement r3:
                  %5 = handler
                  %6 = cmd::x
                  %7 = y
                  %8 = tauri::generate_handler!(%6, %7)
                  %9 = call %5(%8)
                statement r4:
                  %10 = User
                  %11 = "select 1"
                  %12 = id
                  %13 = query_as!(%10, %11, %12)
        "#]],
    );
}

#[test]
fn unknown_macros_try_expressions_statements_and_items() {
    body(
        "mystery!(a(), k = b()); other! { let x = c(); x.go() } third! { fn inner() { d() } } html! { <p>{ name(x) }</p> };",
        expect![[r#"
            async fn f()
              block r1:
                statement r2:
                  %0 = a
                  %1 = call %0()
                  %2 = b
                  %3 = call %2()
                  %4 = mystery!(%1, k = %3)
                statement r3:
                  block r4:
                    let r5:
                      %5 = c
                      %6 = call %5()
                      %7 = bind x#0 = %6
                    tail r6:
                      %8 = x#0
                      %9 = %8.go()
                  %10 = other!(%9)
                statement r7:
                  block r8:
                    fn inner()
                      block r1:
                        tail r2:
                          %0 = d
                          %1 = call %0()
                      => %1
                  %11 = third!()
                statement r9:
                  %12 = name
                  %13 = x
                  %14 = call %12(%13)
                  %15 = html!(%14)
            OpaqueMacro at 100..128: the arguments of `html!` have no known form; code inside them may be missed
        "#]],
    );
}

#[test]
fn item_macros() {
    check(
        r##"lazy_static! { pub static ref P: Pool = Pool::new(); }
thread_local! { static T: RefCell<u8> = RefCell::new(mk()); }
cfg_if::cfg_if! { if #[cfg(test)] { mod a; } else if #[cfg(unix)] { fn b() {} } else { mod c; } }
table! { users (id) { id -> Int4, } }
mystery! { fn d() { e() } }
register!(f(), g);"##,
        expect![[r#"
            static P: Pool (LazyStatic)
              %0 = Pool::new
              %1 = call %0()
              => %1
            static T: RefCell<u8> (ThreadLocal)
              %0 = RefCell::new
              %1 = mk
              %2 = call %1()
              %3 = call %0(%2)
              => %3
            mod a; [test] [conditional]
            fn b() [not test] [conditional]
              block r1:
            mod c; [not test] [conditional]
            table!
            mystery!
              fn d()
                block r1:
                  tail r2:
                    %0 = e
                    %1 = call %0()
                => %1
            register!
              %0 = f
              %1 = call %0()
              %2 = g
              %3 = register!(%1, %2)
              => %3
        "#]],
    );
}

#[test]
fn cfg_select_has_all_its_sides() {
    check(
        r##"
std::cfg_select! { test => { mod a; } all(unix, feature = "x") => { mod b; fn c() {} } _ => { mod d; } }
impl S { cfg_select! { unix => { fn e(&self) {} } _ => {} } }
fn f() -> u8 { cfg_select! { windows => { let x = g(); } _ => {} } let y = cfg_select! { unix => h(x), _ => 2 }; y }"##,
        expect![[r#"
            mod a; [test] [conditional]
            mod b; [not test] [conditional]
            fn c() [not test] [conditional]
              block r1:
            mod d; [not test] [conditional]
            impl S
              fn e(self Ref) [conditional]
                %0 = self param
                %1 = bind self#0 = %0
                block r1:
            fn f() -> u8
              block r1:
                statement r2:
                  let r3:
                    %0 = g
                    %1 = call %0()
                    %2 = bind x#0 = %1
                let r4:
                  tail r5:
                    %3 = h
                    %4 = x#0
                    %5 = call %3(%4)
                  tail r6:
                    %6 = 2
                  %7 = join %5, %6
                  %8 = bind y#1 = %7
                tail r7:
                  %9 = y#1
              => %9
        "#]],
    );
}

#[test]
fn pasted_names_are_read() {
    check(
        r##"
paste::paste! { fn [<get_ Name:snake>]() {} struct [<Name Row>]; }
macro_rules! getter { ($n:ident) => { paste! { fn [<get_ $n>](&self) { self.[<$n _raw>]() } } } }
impl S { getter!(pool); }
fn f() { paste!([<get_ name>]()) }"##,
        expect![[r#"
            fn get_name()
              block r1:
            struct NameRow
            macro_rules getter (1 rules)
            impl S
              fn get_pool(self Ref)
                %0 = self param
                %1 = bind self#0 = %0
                block r1:
                  tail r2:
                    %2 = self#0
                    %3 = %2.pool_raw()
                => %3
            fn f()
              block r1:
                tail r2:
                  tail r3:
                    %0 = get_name
                    %1 = call %0()
              => %1
        "#]],
    );
}

#[test]
fn macro_rules_are_expanded_where_they_are_used() {
    check(
        r##"macro_rules! open { ($u:expr) => { Pg::connect($u).await? }; ($($n:ident = $v:expr),+ $(,)?) => {{ $(let $n = $v;)+ ($($n),+) }}; }
macro_rules! getters { ($($v:vis $n:ident: $t:ty),*) => { impl S { $($v fn $n(&self) -> $t { <$t>::default(); $t::make(self.$n) })* } }; }
getters! { pub a: u8, b: Vec<u8> }
async fn f() { let c = open!(&url()); let d = open!(x = 1, y = g(),); }"##,
        expect![[r#"
            macro_rules open (2 rules)
            macro_rules getters (1 rules)
            impl S
              fn a(self Ref) -> u8
                %0 = self param
                %1 = bind self#0 = %0
                block r1:
                  statement r2:
                    %2 = <u8>::default
                    %3 = call %2()
                  tail r3:
                    %4 = u8::make
                    %5 = self#0
                    %6 = %5.a
                    %7 = call %4(%6)
                => %7
              fn b(self Ref) -> Vec<u8>
                %0 = self param
                %1 = bind self#0 = %0
                block r1:
                  statement r2:
                    %2 = <Vec<u8>>::default
                    %3 = call %2()
                  tail r3:
                    %4 = <Vec<u8>>::make
                    %5 = self#0
                    %6 = %5.b
                    %7 = call %4(%6)
                => %7
            async fn f()
              block r1:
                let r2:
                  %0 = Pg::connect
                  %1 = url
                  %2 = call %1()
                  %3 = &%2
                  %4 = call %0(%3)
                  %5 = await %4
                  %6 = %5?
                  %7 = expanded open! => %6
                  %8 = bind c#0 = %7
                let r3:
                  block r4:
                    let r5:
                      %9 = 1
                      %10 = bind x#1 = %9
                    let r6:
                      %11 = g
                      %12 = call %11()
                      %13 = bind y#2 = %12
                    tail r7:
                      %14 = x#1
                      %15 = y#2
                      %16 = (%14, %15)
                  %17 = expanded open! => %16
                  %18 = bind d#3 = %17
        "#]],
    );
}

#[test]
fn statements_of_an_expansion_stay_in_scope() {
    check(
        r##"macro_rules! bind { ($n:ident, $e:expr) => { let $n = $e; $n.touch(); }; }
fn f() { bind!(x, make()); x.go(); }"##,
        expect![[r#"
            macro_rules bind (1 rules)
            fn f()
              block r1:
                statement r2:
                  let r3:
                    %0 = make
                    %1 = call %0()
                    %2 = bind x#0 = %1
                  statement r4:
                    %3 = x#0
                    %4 = %3.touch()
                  %5 = expanded bind! => ()
                statement r5:
                  %6 = x#0
                  %7 = %6.go()
        "#]],
    );
}

#[test]
fn facts_show_whether_other_files_define_macros_that_are_called() {
    let (main, rules) = (RelPath::new("src/main.rs"), RelPath::new("src/rules.rs"));
    let definition = "macro_rules! both { ($a:expr) => { $a; $a } }";
    let calls = |text: &str| {
        let macros = MacroTable::collect([(&main, text), (&rules, definition)].into_iter());
        parse_file(&main, text, &macros, &Limits::default()).calls_macros_of_others
    };
    assert!(calls("fn f() { both!(g()); }"));
    assert!(!calls("fn f() { println!(); }"));
    assert!(!calls("macro_rules! own { () => {} } fn f() { own!(); }"));
}
