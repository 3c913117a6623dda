async fn tail(pool: &PgPool, flag: bool) {
    let _pair = (
        {
            let unused = 1;
            pool.acquire().await.unwrap().size_hint() // #tail
        },
        {
            mark!(); //?
        },
    );
}

async fn else_of_if_let(pool: &PgPool, flag: bool) {
    if let 1 = pool.acquire().await.unwrap().size_hint() { // #scrutinee
    } else {
        mark!(); //?
    }
    mark!(); //?
}

async fn held(pool: &PgPool, flag: bool) {
    let conn = pool.acquire().await.unwrap(); // #held
    mark!(); //? held
}
