async fn lexical(pool: &PgPool, flag: bool) {
    mark!(); //?
    let first = pool.acquire().await.unwrap(); // #lexical
    mark!(); //? lexical
    {
        let inner = pool.acquire().await.unwrap(); // #inner
        mark!(); //? lexical inner
    }
    mark!(); //? lexical
    first.size_hint();
    mark!(); //? lexical
}

async fn shadowed(pool: &PgPool, flag: bool) {
    let conn = pool.acquire().await.unwrap(); // #shadowed
    let conn = pool.acquire().await.unwrap(); // #shadowing
    mark!(); //? shadowed shadowing
}

async fn in_branches(pool: &PgPool, flag: bool) {
    let conn = pool.acquire().await.unwrap(); // #branches
    if flag {
        drop(conn);
        mark!(); //?
    } else {
        mark!(); //? branches
    }
    mark!(); //? branches
}

async fn both_branches(pool: &PgPool, flag: bool) {
    let conn = pool.acquire().await.unwrap(); // #both
    match flag {
        true => drop(conn),
        false => {
            mark!(); //? both
            let _moved = conn;
            mark!(); //? both
        }
    }
    mark!(); //?
}

async fn taken_by_branches(pool: &PgPool, flag: bool) {
    let conn = if flag {
        pool.acquire().await.unwrap() // #if_taken
    } else {
        mark!(); //?
        pool.acquire().await.unwrap() // #else_taken
    };
    mark!(); //? if_taken else_taken
}

async fn late_initialised(pool: &PgPool, flag: bool) {
    let conn;
    mark!(); //?
    conn = pool.acquire().await.unwrap(); // #late
    mark!(); //? late
}

async fn discarded(pool: &PgPool, flag: bool) {
    let _ = pool.acquire().await.unwrap(); // #discarded
    mark!(); //?
    let _named = pool.acquire().await.unwrap(); // #named
    mark!(); //? named
    let _ = _named;
    mark!(); //? named
}

async fn reassigned(pool: &PgPool, flag: bool) {
    let mut conn = pool.acquire().await.unwrap(); // #old
    conn = {
        mark!(); //? old
        pool.acquire().await.unwrap() // #new
    };
    mark!(); //? new
}

struct Wrapper {
    conn: PoolConnection<Postgres>,
    other: u32,
}

async fn inside_a_struct(pool: &PgPool, flag: bool) {
    let conn = pool.acquire().await.unwrap(); // #wrapped
    let wrapper = Wrapper { conn, other: 1 };
    mark!(); //? wrapped
    let Wrapper { conn, other } = wrapper;
    mark!(); //? wrapped
    drop(conn);
    mark!(); //?
}

async fn part_of_a_struct(pool: &PgPool, flag: bool) {
    let conn = pool.acquire().await.unwrap(); // #part
    let wrapper = Wrapper { conn, other: 1 };
    drop(wrapper.conn);
    mark!(); //?
}

async fn inside_a_tuple(pool: &PgPool, flag: bool) {
    let (conn, number) = (pool.acquire().await.unwrap(), 1); // #tuple
    mark!(); //? tuple
    drop(number);
    mark!(); //? tuple
}

async fn inside_a_box(pool: &PgPool, flag: bool) {
    let boxed = Box::new(pool.acquire().await.unwrap()); // #boxed
    mark!(); //? boxed
    drop(*boxed);
    mark!(); //?
}
