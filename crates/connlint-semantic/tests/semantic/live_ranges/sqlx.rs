//! Stands for `sqlx` where fixtures are compiled: connections record when they are alive.

use std::cell::RefCell;
use std::future::{Future, ready};
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

thread_local! {
    static ALIVE: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

/// Prints which lines took what is alive at this line.
pub fn mark(line: u32) {
    ALIVE.with_borrow(|alive| alive.iter().for_each(|taken| println!("{line} {taken}")));
}

pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("fixtures never wait"),
    }
}

struct Alive(u32);

impl Alive {
    fn new(line: u32) -> Self {
        ALIVE.with_borrow_mut(|alive| alive.push(line));
        Self(line)
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        ALIVE.with_borrow_mut(|alive| {
            let at = alive.iter().rposition(|&line| line == self.0).unwrap();
            alive.remove(at);
        });
    }
}

#[derive(Clone)]
pub struct Postgres;
#[derive(Debug)]
pub struct Error;
#[derive(Clone)]
pub struct Pool<DB>(PhantomData<DB>);
pub type PgPool = Pool<Postgres>;
pub struct Transaction<DB>(Alive, PhantomData<DB>);

pub mod pool {
    pub struct PoolConnection<DB>(pub(crate) super::Alive, pub(crate) std::marker::PhantomData<DB>);

    impl<DB> PoolConnection<DB> {
        pub fn size_hint(&self) -> usize {
            0
        }
    }
}

impl<DB> std::ops::Deref for PoolConnection<DB> {
    type Target = ();

    fn deref(&self) -> &() {
        &()
    }
}

use pool::PoolConnection;

impl<DB> Pool<DB> {
    pub fn stub() -> Self {
        Self(PhantomData)
    }

    #[track_caller]
    pub fn acquire(&self) -> impl Future<Output = Result<PoolConnection<DB>, Error>> + use<DB> {
        let line = Location::caller().line();
        async move { Ok(PoolConnection(Alive::new(line), PhantomData)) }
    }

    #[track_caller]
    pub fn begin(&self) -> impl Future<Output = Result<Transaction<DB>, Error>> + use<DB> {
        let line = Location::caller().line();
        async move { Ok(Transaction(Alive::new(line), PhantomData)) }
    }

    #[track_caller]
    pub fn try_acquire(&self) -> Option<PoolConnection<DB>> {
        Some(PoolConnection(Alive::new(Location::caller().line()), PhantomData))
    }
}

impl<DB> Transaction<DB> {
    pub fn commit(self) -> impl Future<Output = Result<(), Error>> {
        drop(self);
        ready(Ok(()))
    }

    pub fn rollback(self) -> impl Future<Output = Result<(), Error>> {
        drop(self);
        ready(Ok(()))
    }
}
