fn size(conn: &PoolConnection<Postgres>) -> usize {
    conn.size_hint()
}

async fn to_the_end_of_the_statement(pool: &PgPool, flag: bool) {
    let _pair = (pool.acquire().await.unwrap().size_hint(), { // #statement
        mark!(); //? statement
    });
    mark!(); //?
}

async fn by_reference(pool: &PgPool, flag: bool) {
    size(&pool.acquire().await.unwrap()); // #referenced
    mark!(); //?
}

async fn extended_by_a_let(pool: &PgPool, flag: bool) {
    let conn = &mut pool.acquire().await.unwrap(); // #extended
    mark!(); //? extended
    conn.size_hint();
    mark!(); //? extended
}

async fn extended_through_a_dereference(pool: &PgPool, flag: bool) {
    let conn = &*pool.acquire().await.unwrap(); // #dereferenced
    mark!(); //? dereferenced
}

async fn not_extended_through_a_call(pool: &PgPool, flag: bool) {
    let size = size(&pool.acquire().await.unwrap()); // #not_extended
    mark!(); //?
}

async fn scrutinee_of_match(pool: &PgPool, flag: bool) {
    match pool.acquire().await.unwrap().size_hint() { // #scrutinee
        0 => {
            mark!(); //? scrutinee
        }
        _ => {}
    }
    mark!(); //?
}

async fn condition_of_if(pool: &PgPool, flag: bool) {
    if pool.acquire().await.unwrap().size_hint() == 0 { // #condition
        mark!(); //?
    }
    mark!(); //?
}

async fn condition_of_while(pool: &PgPool, flag: bool) {
    while pool.acquire().await.unwrap().size_hint() == 0 { // #while_condition
        mark!(); //?
        break;
    }
    mark!(); //?
}

async fn lazy_operand(pool: &PgPool, flag: bool) {
    let _both = flag && pool.acquire().await.unwrap().size_hint() == 0 && { // #operand
        mark!(); //?
        true
    };
    mark!(); //?
}

async fn of_if_let(pool: &PgPool, flag: bool) {
    if let 0 = pool.acquire().await.unwrap().size_hint() { // #if_let
        mark!(); //? if_let
    }
    mark!(); //?
}

async fn of_while_let(pool: &PgPool, flag: bool) {
    while let 0 = pool.acquire().await.unwrap().size_hint() { // #while_let
        mark!(); //? while_let
        break;
    }
    mark!(); //?
}

async fn of_for(pool: &PgPool, flag: bool) {
    for _ in 0..pool.acquire().await.unwrap().size_hint() + 1 { // #for_head
        mark!(); //? for_head
    }
    mark!(); //?
}
