//! What each construct of the language becomes.

#![allow(clippy::unwrap_used, reason = "a helper of a test may panic")]

use connlint_facts::RelPath;
use connlint_parser::{Limits, MacroTable, dump_file, parse_file};
use expect_test::{Expect, expect};

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

#[test]
fn calls_are_in_evaluation_order_with_awaits_and_question_marks() {
    body(
        "let c = Pg::connect(&cfg.url).await?.inner::<u8>(1, x);",
        expect![[r#"
            async fn f()
              block r1:
                let r2:
                  %0 = Pg::connect
                  %1 = cfg
                  %2 = %1.url
                  %3 = &%2
                  %4 = call %0(%3)
                  %5 = await %4
                  %6 = %5?
                  %7 = 1
                  %8 = x
                  %9 = %6.inner::<u8>(%7, %8)
                  %10 = bind c#0 = %9
        "#]],
    );
}

#[test]
fn parameters_are_bound_by_their_patterns() {
    check(
        "impl S { async fn f(&self, State(db): State<Db>, (a, _): (u8, u16), mut n: usize, _: X) -> u8 { n } fn g(self: Arc<Self>) {} }",
        expect![[r#"
            impl S
              async fn f(self Ref, _: State<Db>, _: (u8, u16), n: usize, _: X) -> u8
                %0 = self param
                %1 = bind self#0 = %0
                %2 = param 0
                %3 = %2 as State.0
                %4 = bind db#1 = %3
                %5 = param 1
                %6 = %5.0
                %7 = bind a#2: u8 = %6
                %8 = param 2
                %9 = bind n#3: usize = %8
                %10 = param 3
                %11 = discard %10
                block r1:
                  tail r2:
                    %12 = n#3
                => %12
              fn g(self Value)
                %0 = self param
                %1 = bind self#0 = %0
                block r1:
        "#]],
    );
}

#[test]
fn a_condition_tests_its_parts_in_one_arm() {
    body(
        "if a && let Some(x) = b.next() && x > 1 { use_it(x) } else { other() }",
        expect![[r#"
            async fn f()
              block r1:
                tail r2:
                  %0 = a
                  arm [%0, %2 is Some(_), %7] r3:
                    %1 = b
                    %2 = %1.next()
                    %3 = %2 as Some.0
                    %4 = bind x#0 = %3
                    %5 = x#0
                    %6 = 1
                    %7 = Compare %5, %6
                    block r4:
                      tail r5:
                        %8 = use_it
                        %9 = x#0
                        %10 = call %8(%9)
                  arm [] r6:
                    block r7:
                      tail r8:
                        %11 = other
                        %12 = call %11()
                  %13 = join %10, %12
              => %13
        "#]],
    );
}

#[test]
fn a_single_test_is_negated_in_the_else_arm() {
    body(
        "let v = if !ready { 1 } else { 2 }; if let Some(x) = o { x } else if c { return } else { 3 };",
        expect![[r#"
            async fn f()
              block r1:
                let r2:
                  %0 = ready
                  arm [!%0] r3:
                    block r4:
                      tail r5:
                        %1 = 1
                  arm [%0] r6:
                    block r7:
                      tail r8:
                        %2 = 2
                  %3 = join %1, %2
                  %4 = bind v#0 = %3
                statement r9:
                  %5 = o
                  arm [%5 is Some(_)] r10:
                    %6 = %5 as Some.0
                    %7 = bind x#1 = %6
                    block r11:
                      tail r12:
                        %8 = x#1
                  arm [%5 is not Some(_)] r13:
                    %9 = c
                    arm [%9] r14:
                      block r15:
                        tail r16:
                          %10 = return ()
                    arm [!%9] r17:
                      block r18:
                        tail r19:
                          %11 = 3
                    %12 = join %11
                  %13 = join %8, %12
        "#]],
    );
}

#[test]
fn let_else_diverges_where_the_pattern_fails() {
    body(
        "let Some(Ok(x)) = find(1) else { return 5 }; x.go();",
        expect![[r#"
            async fn f()
              block r1:
                let r2:
                  %0 = find
                  %1 = 1
                  %2 = call %0(%1)
                  arm [%2 is not Some(Ok(_))] r3:
                    block r4:
                      tail r5:
                        %3 = 5
                        %4 = return %3
                  %5 = %2 as Some.0
                  %6 = %5 as Ok.0
                  %7 = bind x#0 = %6
                statement r6:
                  %8 = x#0
                  %9 = %8.go()
        "#]],
    );
}

#[test]
fn match_arms_bind_and_guard_inside() {
    body(
        r##"match m.recv().await { Msg::A { k, v: Some(w) } if k > w => k, Msg::B(x) | Msg::C(x, ..) => x, y @ (1 | 2) => y, None => panic!("no"), _ => {} }"##,
        expect![[r#"
            async fn f()
              block r1:
                tail r2:
                  %0 = m
                  %1 = %0.recv()
                  %2 = await %1
                  arm [%2 is Msg::A(_, Some(_)), %10] r3:
                    %3 = %2 as Msg::A.k
                    %4 = bind k#0 = %3
                    %5 = %2 as Msg::A.v
                    %6 = %5 as Some.0
                    %7 = bind w#1 = %6
                    %8 = k#0
                    %9 = w#1
                    %10 = Compare %8, %9
                    %11 = k#0
                  arm [%2 is Msg::B(_) | Msg::C(_, _)] r4:
                    %12 = %2 as Msg::B.0
                    %13 = bind x#2 = %12
                    %14 = x#2
                  arm [%2 is literal | literal] r5:
                    %15 = bind y#3 = %2
                    %16 = y#3
                  arm [%2 is None] r6:
                    %17 = "no"
                    %18 = panic!(%17) diverges
                  arm [%2 is _] r7:
                    block r8:
                  %19 = join %11, %14, %16
              => %19
        "#]],
    );
}

#[test]
fn shadowed_names_are_locals_of_their_own() {
    body(
        "let x = 1; { let x = x + 1; go(x); } go(x); x::y();",
        expect![[r#"
            async fn f()
              block r1:
                let r2:
                  %0 = 1
                  %1 = bind x#0 = %0
                statement r3:
                  block r4:
                    let r5:
                      %2 = x#0
                      %3 = 1
                      %4 = Arithmetic %2, %3
                      %5 = bind x#1 = %4
                    statement r6:
                      %6 = go
                      %7 = x#1
                      %8 = call %6(%7)
                statement r7:
                  %9 = go
                  %10 = x#0
                  %11 = call %9(%10)
                statement r8:
                  %12 = x::y
                  %13 = call %12()
        "#]],
    );
}

#[test]
fn patterns_of_tuples_slices_references_and_tails() {
    body(
        "let (a, .., z) = t; let [first, rest @ ..] = s; let &mut (ref b, c) = r; let P { q, w: _, .. } = p;",
        expect![[r#"
            async fn f()
              block r1:
                let r2:
                  %0 = t
                  %1 = %0.0
                  %2 = bind a#0 = %1
                  %3 = %0.-1
                  %4 = bind z#1 = %3
                let r3:
                  %5 = s
                  %6 = element of %5
                  %7 = bind first#2 = %6
                  %8 = bind rest#3 = %5
                let r4:
                  %9 = r
                  %10 = *%9
                  %11 = %10.0
                  %12 = &%11
                  %13 = bind b#4 = %12
                  %14 = %10.1
                  %15 = bind c#5 = %14
                let r5:
                  %16 = p
                  %17 = %16 as P.q
                  %18 = bind q#6 = %17
        "#]],
    );
}

#[test]
fn loops_hold_what_is_evaluated_again() {
    body(
        "'o: for (i, c) in rows.iter() { while let Some(x) = it.next() { if x { continue 'o; } break; } } let v = loop { break 3; };",
        expect![[r#"
            async fn f()
              block r1:
                statement r2:
                  %0 = rows
                  %1 = %0.iter()
                  loop For r3:
                    %2 = item of %1
                    %3 = %2.0
                    %4 = bind i#0 = %3
                    %5 = %2.1
                    %6 = bind c#1 = %5
                    block r4:
                      tail r5:
                        loop While r6:
                          %7 = it
                          %8 = %7.next()
                          arm [%8 is Some(_)] r7:
                            %9 = %8 as Some.0
                            %10 = bind x#2 = %9
                            block r8:
                              statement r9:
                                %11 = x#2
                                arm [%11] r10:
                                  block r11:
                                    statement r12:
                                      %12 = continue r3
                              statement r13:
                                %13 = break r6 ()
                let r14:
                  loop Loop r15:
                    block r16:
                      statement r17:
                        %14 = 3
                        %15 = break r15 %14
                  %16 = join %14
                  %17 = bind v#3 = %16
        "#]],
    );
}

#[test]
fn labelled_and_try_blocks_join_their_values() {
    body(
        "let v = 'b: { if a { break 'b 1; } 2 };",
        expect![[r#"
            async fn f()
              block r1:
                let r2:
                  breakable block r3:
                    statement r4:
                      %0 = a
                      arm [%0] r5:
                        block r6:
                          statement r7:
                            %1 = 1
                            %2 = break r3 %1
                    tail r8:
                      %3 = 2
                  %4 = join %1, %3
                  %5 = bind v#0 = %4
        "#]],
    );
}

#[test]
fn closures_and_async_blocks_capture() {
    body(
        "let p = pool(); let f = move |a: u8, (b, _)| -> u8 { p.get(a, b) }; let g = async { p.run(f).await }; spawn(async move |x| g.go(x));",
        expect![[r#"
            async fn f()
              block r1:
                let r2:
                  %0 = pool
                  %1 = call %0()
                  %2 = bind p#0 = %1
                let r3:
                  closure r4:
                    %3 = param 0
                    %4 = bind a#1: u8 = %3
                    %5 = param 1
                    %6 = %5.0
                    %7 = bind b#2 = %6
                    block r5:
                      tail r6:
                        %8 = p#0
                        %9 = a#1
                        %10 = b#2
                        %11 = %8.get(%9, %10)
                  %12 = closure r4 |u8, _| -> u8 move [p#0] => %11
                  %13 = bind f#3 = %12
                let r7:
                  async r8:
                    block r9:
                      tail r10:
                        %14 = p#0
                        %15 = f#3
                        %16 = %14.run(%15)
                        %17 = await %16
                  %18 = async r8 [p#0, f#3] => %17
                  %19 = bind g#4 = %18
                statement r11:
                  %20 = spawn
                  closure r12:
                    %21 = param 0
                    %22 = bind x#5 = %21
                    %23 = g#4
                    %24 = x#5
                    %25 = %23.go(%24)
                  %26 = async closure r12 |_| move [g#4] => %25
                  %27 = call %20(%26)
        "#]],
    );
}

#[test]
fn short_circuit_operators_have_an_arm_on_their_right() {
    body(
        "let z = a() && b() || c();",
        expect![[r#"
            async fn f()
              block r1:
                let r2:
                  %0 = a
                  %1 = call %0()
                  arm [%1] r3:
                    %2 = b
                    %3 = call %2()
                  %4 = And %1, %3
                  arm [!%4] r4:
                    %5 = c
                    %6 = call %5()
                  %7 = Or %4, %6
                  %8 = bind z#0 = %7
        "#]],
    );
}

#[test]
fn assignments_evaluate_the_value_first() {
    body(
        "s.x = f(); s[i] += g(); (a, _) = h(); _ = k();",
        expect![[r#"
            async fn f()
              block r1:
                statement r2:
                  %0 = f
                  %1 = call %0()
                  %2 = s
                  %3 = %2.x
                  %4 = %3 := %1
                statement r3:
                  %5 = g
                  %6 = call %5()
                  %7 = s
                  %8 = i
                  %9 = %7[%8]
                  %10 = %9 op= %6
                statement r4:
                  %11 = h
                  %12 = call %11()
                  %13 = %12.0
                  %14 = a
                  %15 = %14 := %13
                  %16 = %12.1
                  %17 = discard %16
                statement r5:
                  %18 = k
                  %19 = call %18()
                  %20 = discard %19
        "#]],
    );
}

#[test]
fn struct_literals_ranges_casts_and_arrays() {
    body(
        "let x = A::<u8> { a: f(), b, ..d }; let r = 1..=n; let q = [0u8; 4]; let w = &mut *p as *mut T; let e = -x.0[1..];",
        expect![[r#"
            async fn f()
              block r1:
                let r2:
                  %0 = f
                  %1 = call %0()
                  %2 = b
                  %3 = d
                  %4 = A<u8> { a: %1, b: %2, ..%3 }
                  %5 = bind x#0 = %4
                let r3:
                  %6 = 1
                  %7 = n
                  %8 = %6..%7
                  %9 = bind r#1 = %8
                let r4:
                  %10 = 0
                  %11 = 4
                  %12 = [%10; %11]
                  %13 = bind q#2 = %12
                let r5:
                  %14 = p
                  %15 = *%14
                  %16 = &mut %15
                  %17 = %16 as *T
                  %18 = bind w#3 = %17
                let r6:
                  %19 = x#0
                  %20 = %19.0
                  %21 = 1
                  %22 = %21..()
                  %23 = %20[%22]
                  %24 = Neg %23
                  %25 = bind e#4 = %24
        "#]],
    );
}

#[test]
fn items_inside_bodies_belong_to_their_block() {
    body(
        "fn helper() -> u8 { 1 } const N: u8 = helper(); { struct L; } helper();",
        expect![[r#"
            async fn f()
              block r1:
                fn helper() -> u8
                  block r1:
                    tail r2:
                      %0 = 1
                  => %0
                const N: u8
                  %0 = helper
                  %1 = call %0()
                  => %1
                statement r2:
                  block r3:
                    struct L
                statement r4:
                  %0 = helper
                  %1 = call %0()
        "#]],
    );
}

#[test]
fn discarded_values_are_told() {
    body(
        "let _ = connect().await; let _guard = lock(); |_| 1;",
        expect![[r#"
            async fn f()
              block r1:
                let r2:
                  %0 = connect
                  %1 = call %0()
                  %2 = await %1
                  %3 = discard %2
                let r3:
                  %4 = lock
                  %5 = call %4()
                  %6 = bind _guard#0 = %5
                statement r4:
                  closure r5:
                    %7 = param 0
                    %8 = discard %7
                    %9 = 1
                  %10 = closure r5 |_| => %9
        "#]],
    );
}

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
              => %21
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
                  arm [%9 is Some(literal) | None] r5:
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
fn attributes_of_items() {
    check(
        r##"#[derive(Debug, Clone)]
#[serde(rename_all = "x", default)]
#[cfg_attr(feature = "a", get("/x", data = "<b>", wrap = auth::check))]
pub struct A { #[from] pub a: u8 }
/// doc
#[path = "x.rs"] mod m;"##,
        expect![[r##"
            #[derive(Debug, Clone)]
            #[serde(rename_all = "x", default)]
            #[get("/x", data = "<b>", wrap = auth::check)]
            struct A { a: u8 }
            #[path("x.rs")]
            mod m;
        "##]],
    );
}

#[test]
fn test_code_is_marked() {
    check(
        r##"#[cfg(test)] mod t { fn a() {} }
#[cfg(not(test))] fn b() {}
#[cfg(all(test, unix))] fn c() {}
#[cfg(any(test, unix))] fn d() {}
#[tokio::test] async fn e() {}
#[cfg(unix)] fn g() {}
#[cfg(not(any(test, x)))] fn h() {}"##,
        expect![[r#"
            #[cfg(test)]
            mod t [test]
              fn a() [test]
                block r1:
            #[cfg(not(test))]
            fn b() [not test]
              block r1:
            #[cfg(all(test, unix))]
            fn c() [test]
              block r1:
            #[cfg(any(test, unix))]
            fn d() [conditional]
              block r1:
            #[tokio::test]
            async fn e() [test]
              block r1:
            #[cfg(unix)]
            fn g() [conditional]
              block r1:
            #[cfg(not(any(test, x)))]
            fn h() [not test]
              block r1:
        "#]],
    );
}

#[test]
fn uses_are_flattened() {
    check(
        "use a::{self, b::{c as d, e::*}, f}; pub use ::g::h as _; use super::x; extern crate y as z; use self::q::{self as r};",
        expect![[r#"
            use a, a::b::c as d, a::b::e::*, a::f
            use ::g::h as _
            use super::x
            extern crate y as z
            use self::q as r
        "#]],
    );
}

#[test]
fn impls_traits_and_types() {
    check(
        r##"trait A: B + Send { type T: C = u8; const N: u8 = 1; fn a(&self) -> Box<dyn Fn(u8) -> R + Send>; fn b() -> impl Iterator<Item = X> { c() } }
impl<T: B> A for M<T> where T: C { type T = <T as C>::Out; fn a(&mut self) {} }
enum E { A(u8), B { x: [u8; 2] }, C }
type F = fn(&str) -> !;
extern "C" { fn ext(x: *const u8); }
static S: Lazy<P> = Lazy::new(|| P::open());"##,
        expect![[r#"
            trait A
              type T = u8
              const N: u8
                %0 = 1
                => %0
              fn a(self Ref) -> Box<dyn Fn(u8) -> R + Send>
              fn b() -> impl Iterator<Item = X>
                block r1:
                  tail r2:
                    %0 = c
                    %1 = call %0()
                => %1
            impl A for M<T>
              type T = <T as C>::Out
              fn a(self RefMut)
                %0 = self param
                %1 = bind self#0 = %0
                block r1:
            enum E { A(0: u8), B { x: [u8; _] }, C }
            type F = fn(&str) -> !
            fn ext(x: *u8)
            static S: Lazy<P> (Plain)
              %0 = Lazy::new
              closure r1:
                %1 = P::open
                %2 = call %1()
              %3 = closure r1 || => %2
              %4 = call %0(%3)
              => %4
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
fn suppression_comments_cover_statements_and_items() {
    check(
        r##"// connlint: allow(a-b, c) because
#[get("/")]
fn f() {
    // connlint: allow(d)
    let x = g(
        1, // connlint: allow(e): why
    );
    h("// connlint: allow(no)"); // connlint: allow(f)
}"##,
        expect![[r##"
            #[get("/")]
            fn f()
              block r1:
                let r2:
                  %0 = g
                  %1 = 1
                  %2 = call %0(%1)
                  %3 = bind x#0 = %2
                statement r3:
                  %4 = h
                  %5 = "// connlint: allow(no)"
                  %6 = call %4(%5)
            allow a-b, c (because) at 0..34 covers 35..198
            allow d (-) at 60..81 covers 86..141
            allow e (why) at 108..134 covers 86..141
            allow f (-) at 175..196 covers 146..174
        "##]],
    );
}

#[test]
fn suppression_attributes_cover_what_they_stand_on() {
    check(
        r##"#[cfg_attr(any(), connlint::allow(a, reason = "r"))]
fn f() {
    #[cfg_attr(any(), connlint::allow(b))]
    let x = 1;
    match x { #[cfg_attr(any(), connlint::allow(c))] 1 => {} _ => {} }
}
struct S { #[cfg_attr(any(), connlint::allow(d))] a: u8 }"##,
        expect![[r#"
            fn f()
              block r1:
                let r2:
                  %0 = 1
                  %1 = bind x#0 = %0
                tail r3:
                  %2 = x#0
                  arm [%2 is literal] r4:
                    block r5:
                  arm [%2 is _] r6:
                    block r7:
            struct S { a: u8 }
            allow a (r) at 0..52 covers 0..192
            allow b (-) at 66..104 covers 66..119
            allow c (-) at 134..172 covers 134..180
            allow d (-) at 204..242 covers 204..248
        "#]],
    );
}
