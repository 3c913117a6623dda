async fn early_return(pool: &PgPool, flag: bool) {
    let conn = pool.acquire().await.unwrap(); // #early
    if flag {
        return;
    }
    mark!(); //? early
}

async fn question_mark(pool: &PgPool, flag: bool) -> Result<(), sqlx::Error> {
    let conn = pool.acquire().await?; // #question
    let result = if flag { Ok(()) } else { Err(sqlx::Error) };
    result?;
    mark!(); //? question
    Ok(())
}

async fn only_one_way_on(pool: &PgPool, flag: bool) {
    let conn = pool.acquire().await.unwrap(); // #one_way
    if flag {
        drop(conn);
    } else {
        return;
    }
    mark!(); //?
}

async fn left_by_break(pool: &PgPool, flag: bool) {
    loop {
        let conn = pool.acquire().await.unwrap(); // #broken
        mark!(); //? broken
        if flag {
            break;
        }
        mark!(); //? broken
        break;
    }
    mark!(); //?
}

async fn carried_by_break(pool: &PgPool, flag: bool) {
    let conn = loop {
        let candidate = pool.acquire().await.unwrap(); // #carried
        break candidate;
    };
    mark!(); //? carried
}

async fn each_round(pool: &PgPool, flag: bool) {
    for round in 0..2 {
        mark!(); //?
        let conn = pool.acquire().await.unwrap(); // #round
        if flag {
            continue;
        }
        mark!(); //? round
    }
    mark!(); //?
}

async fn kept_over_rounds(pool: &PgPool, flag: bool) {
    let mut last = None;
    for round in 0..2 {
        mark!(); //? kept
        last = Some(pool.acquire().await.unwrap()); // #kept
    }
    mark!(); //? kept
}

async fn given_away_in_a_loop(pool: &PgPool, flag: bool) {
    let mut conn = Some(pool.acquire().await.unwrap()); // #looped
    while let Some(held) = conn.take() {
        mark!(); //? looped
        if flag {
            drop(held);
            mark!(); //?
        }
    }
    mark!(); //?
}

async fn labelled(pool: &PgPool, flag: bool) {
    'outer: for a in 0..2 {
        let outer = pool.acquire().await.unwrap(); // #outer
        for b in 0..2 {
            let inner = pool.acquire().await.unwrap(); // #nested
            mark!(); //? outer nested
            if flag {
                continue 'outer;
            }
            break;
        }
        mark!(); //? outer
    }
    mark!(); //?
}

async fn labelled_block(pool: &PgPool, flag: bool) {
    'found: {
        let conn = pool.acquire().await.unwrap(); // #in_block
        if flag {
            break 'found;
        }
        mark!(); //? in_block
    }
    mark!(); //?
}

async fn let_else(pool: &PgPool, flag: bool) {
    let conn = pool.acquire().await.unwrap(); // #let_else
    let some = if flag { Some(1) } else { None };
    let Some(number) = some else {
        mark!(); //? let_else
        return;
    };
    mark!(); //? let_else
    drop(conn);
    mark!(); //?
}

async fn failed_acquire(pool: &PgPool, flag: bool) {
    let conn = match pool.acquire().await { // #matched
        Ok(conn) => conn,
        Err(_) => {
            mark!();
            return;
        }
    };
    mark!(); //? matched
}
