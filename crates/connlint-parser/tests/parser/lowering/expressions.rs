//! Expressions, statements and patterns.

use expect_test::expect;

use super::{body, check};

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
                  arm [%2 is 1 | 2] r5:
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
