fn consume(conn: PoolConnection<Postgres>) {
    conn.size_hint();
}

fn pass(conn: PoolConnection<Postgres>) -> PoolConnection<Postgres> {
    conn
}

struct Session {
    tx: sqlx::Transaction<Postgres>,
}

impl Session {
    async fn save(self) {
        self.tx.commit().await.unwrap();
    }

    fn look(&self) {}
}

async fn into_a_function(pool: &PgPool, flag: bool) {
    let conn = pool.acquire().await.unwrap(); // #given
    consume(conn);
    mark!(); //?
}

async fn through_a_function(pool: &PgPool, flag: bool) {
    let conn = pool.acquire().await.unwrap(); // #passed
    let again = pass(conn);
    mark!(); //? passed
}

async fn dropped(pool: &PgPool, flag: bool) {
    let conn = pool.acquire().await.unwrap(); // #dropped
    std::mem::drop(conn);
    mark!(); //?
}

async fn committed(pool: &PgPool, flag: bool) {
    let tx = pool.begin().await.unwrap(); // #committed
    mark!(); //? committed
    tx.commit().await.unwrap();
    mark!(); //?
}

async fn rolled_back(pool: &PgPool, flag: bool) {
    let tx = pool.begin().await.unwrap(); // #rolled_back
    if flag {
        tx.rollback().await.unwrap();
        mark!(); //?
        return;
    }
    mark!(); //? rolled_back
    tx.commit().await.unwrap();
    mark!(); //?
}

async fn consumed_by_its_own_method(pool: &PgPool, flag: bool) {
    let session = Session { tx: pool.begin().await.unwrap() }; // #session
    session.look();
    mark!(); //? session
    session.save().await;
    mark!(); //?
}

async fn into_a_closure(pool: &PgPool, flag: bool) {
    let conn = pool.acquire().await.unwrap(); // #captured
    let run = move || {
        mark!(); //? captured
        conn.size_hint();
    };
    run();
    drop(run);
    mark!(); //?
}

async fn borrowed_by_a_closure(pool: &PgPool, flag: bool) {
    let conn = pool.acquire().await.unwrap(); // #lent
    let run = || conn.size_hint();
    run();
    mark!(); //? lent
}

async fn consumed_by_a_closure(pool: &PgPool, flag: bool) {
    let conn = pool.acquire().await.unwrap(); // #eaten
    let run = || {
        mark!(); //? eaten
        drop(conn);
        mark!(); //?
    };
    run();
    mark!(); //?
}

async fn into_a_task(pool: &PgPool, flag: bool) {
    let conn = pool.acquire().await.unwrap(); // #task
    tokio::spawn(async move {
        mark!(); //? task
        conn.size_hint();
        mark!(); //? task
    });
    mark!(); //?
}

async fn into_blocking_code(pool: &PgPool, flag: bool) {
    let conn = pool.acquire().await.unwrap(); // #blocking
    let done = tokio::task::spawn_blocking(move || {
        mark!(); //? blocking
        drop(conn);
    });
    done.await.unwrap();
    mark!(); //?
}

async fn into_an_async_block(pool: &PgPool, flag: bool) {
    let conn = pool.acquire().await.unwrap(); // #block
    async move {
        mark!(); //? block
        conn.size_hint();
    }
    .await;
    mark!(); //?
}

async fn taken_from_an_option(pool: &PgPool, flag: bool) {
    let mut slot = Some(pool.acquire().await.unwrap()); // #option
    mark!(); //? option
    let conn = slot.take();
    mark!(); //? option
    drop(conn);
    mark!(); //?
}

async fn replaced(pool: &PgPool, flag: bool) {
    let mut slot = Some(pool.acquire().await.unwrap()); // #replaced
    drop(std::mem::replace(&mut slot, None));
    mark!(); //?
}

async fn emptied(pool: &PgPool, flag: bool) {
    let mut slot = Some(pool.acquire().await.unwrap()); // #emptied
    slot = None;
    mark!(); //?
}

async fn filled_later(pool: &PgPool, flag: bool) {
    let mut slot: Option<PoolConnection<Postgres>> = None;
    mark!(); //?
    if flag {
        slot = Some(pool.acquire().await.unwrap()); // #filled
    }
    mark!(); //? filled
}

async fn lent_again(pool: &PgPool, flag: bool) {
    let mut tx = pool.begin().await.unwrap(); // #lent_again
    let executor = &mut tx;
    let _ = &*executor;
    mark!(); //? lent_again
}

async fn on_the_way(pool: &PgPool, flag: bool) {
    fn two(conn: PoolConnection<Postgres>, _: ()) -> PoolConnection<Postgres> {
        conn
    }
    let conn = two(pool.acquire().await.unwrap(), { // #on_the_way
        mark!(); //? on_the_way
    });
    mark!(); //? on_the_way
}

