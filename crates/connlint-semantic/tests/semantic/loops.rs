//! What makes a loop go round, and what ends it.

use expect_test::{Expect, expect};

use crate::support;

fn check(fixture: &str, expect: Expect) {
    expect.assert_eq(&support::entry_points(fixture));
}

fn openings(fixture: &str, expect: Expect) {
    expect.assert_eq(&support::openings(fixture));
}

#[test]
fn a_loop_that_only_an_order_to_stop_ends_waits() {
    check(
        r#"
//- /src/main.rs crate:app deps:tokio,tokio-util
use std::sync::atomic::{AtomicBool, Ordering};
use tokio_util::sync::CancellationToken;
struct Queue;
impl Queue { async fn claim(&self) -> Option<u8> { None } }
struct Worker { queue: Queue, stop: AtomicBool, token: CancellationToken }
async fn work(item: Option<u8>) {}
impl Worker {
    fn stopped(&self) -> bool { self.stop.load(Ordering::Relaxed) }
    async fn in_select(&self) {
        loop { let item = tokio::select! { _ = self.token.cancelled() => break, item = self.queue.claim() => item }; work(item).await; }
    }
    async fn asked(&self) { loop { if self.token.is_cancelled() { return; } work(self.queue.claim().await).await; } }
    async fn in_head(&self) { while !self.stop.load(Ordering::Relaxed) { work(self.queue.claim().await).await; } }
    async fn by_helper(&self) { while !self.stopped() { work(self.queue.claim().await).await; } }
    async fn watched(&self, mut stop: tokio::sync::watch::Receiver<bool>) {
        loop { tokio::select! { _ = stop.changed() => { if *stop.borrow() { break; } } item = self.queue.claim() => work(item).await } }
    }
    async fn by_unit(&self, mut stop: tokio::sync::mpsc::Receiver<()>) {
        loop { tokio::select! { Some(()) = stop.recv() => break, item = self.queue.claim() => work(item).await } }
    }
    async fn by_oneshot(&self, mut stop: tokio::sync::oneshot::Receiver<()>) {
        loop { tokio::select! { _ = &mut stop => break, item = self.queue.claim() => work(item).await } }
    }
    async fn by_signal(&self) {
        loop { tokio::select! { _ = shutdown() => break, item = self.queue.claim() => work(item).await } }
    }
}
async fn shutdown() { let _ = tokio::signal::ctrl_c().await; }
#[tokio::main]
async fn main() {
    let w: &'static Worker = todo!();
    tokio::spawn(w.in_select()); tokio::spawn(w.asked()); tokio::spawn(w.in_head()); tokio::spawn(w.by_helper());
    tokio::spawn(w.watched(todo!())); tokio::spawn(w.by_unit(todo!())); tokio::spawn(w.by_oneshot(todo!())); tokio::spawn(w.by_signal());
}
"#,
        expect![[r#"
            message-consumer: app::Worker::asked{loop} (medium)
            message-consumer: app::Worker::by_helper{loop} (medium)
            message-consumer: app::Worker::by_oneshot{loop} (medium)
            message-consumer: app::Worker::by_signal{loop} (medium)
            message-consumer: app::Worker::by_unit{loop} (medium)
            message-consumer: app::Worker::in_head{loop} (medium)
            message-consumer: app::Worker::in_select{loop} (medium)
            message-consumer: app::Worker::watched{loop} (medium)
        "#]],
    );
}

#[test]
fn a_loop_that_its_work_ends_runs_over_items() {
    check(
        r#"
//- /src/main.rs crate:app deps:tokio,tokio-util
use tokio_util::sync::CancellationToken;
struct Pages { left: u32 }
impl Pages {
    async fn next(&mut self) -> Option<Vec<u8>> { None }
    fn done(&self) -> bool { self.left == 0 }
}
async fn work(page: Vec<u8>) {}
async fn until_none(mut pages: Pages, stop: CancellationToken) {
    loop {
        if stop.is_cancelled() { break; }
        match pages.next().await { Some(page) => work(page).await, None => break }
    }
}
async fn until_done(mut pages: Pages, stop: CancellationToken) {
    while !pages.done() { if stop.is_cancelled() { return; } if let Some(page) = pages.next().await { work(page).await; } }
}
async fn until_either(mut pages: Pages, stop: CancellationToken) {
    while !stop.is_cancelled() && !pages.done() { if let Some(page) = pages.next().await { work(page).await; } }
}
async fn answer(mut pages: Pages, mut answer: tokio::sync::oneshot::Receiver<u8>) -> u8 {
    loop { tokio::select! { found = &mut answer => return found.unwrap(), Some(page) = pages.next() => work(page).await } }
}
#[tokio::main]
async fn main() {
    tokio::spawn(until_none(todo!(), todo!())); tokio::spawn(until_done(todo!(), todo!()));
    tokio::spawn(until_either(todo!(), todo!())); tokio::spawn(answer(todo!(), todo!()));
}
"#,
        expect![[r#""#]],
    );
}

#[test]
fn a_message_that_only_ends_a_loop_does_not_drive_it() {
    check(
        r#"
//- /src/main.rs crate:app deps:tokio
use std::time::Duration;
async fn work() {}
async fn pausing(mut stop: tokio::sync::mpsc::Receiver<u8>) {
    loop { if stop.try_recv().is_ok() { break; } work().await; tokio::time::sleep(Duration::from_secs(600)).await; }
}
async fn ticking(mut stop: tokio::sync::broadcast::Receiver<()>) {
    let mut timer = tokio::time::interval(Duration::from_secs(600));
    loop { tokio::select! { _ = stop.recv() => break, _ = timer.tick() => work().await } }
}
async fn packets(mut stop: tokio::sync::mpsc::Receiver<()>, socket: Socket) {
    let mut timer = tokio::time::interval(Duration::from_secs(600));
    loop { tokio::select! { _ = stop.recv() => break, _ = timer.tick() => work().await, length = socket.length() => work().await } }
}
struct Socket;
impl Socket { async fn length(&self) -> u32 { 1 } }
async fn messages(mut rx: tokio::sync::mpsc::Receiver<u8>) {
    loop { match rx.recv().await { Some(0) => break, Some(_) => work().await, None => return } }
}
#[tokio::main]
async fn main() { tokio::spawn(pausing(todo!())); tokio::spawn(packets(todo!(), todo!())); tokio::spawn(ticking(todo!())); tokio::spawn(messages(todo!())); }
"#,
        expect![[r#"
            message-consumer: app::messages{loop}
            message-consumer: app::packets{loop} (medium)
            scheduled-job: app::pausing{loop} (every 600 s)
            scheduled-job: app::ticking{loop} (every 600 s)
        "#]],
    );
}

#[test]
fn what_is_done_with_an_item_of_an_unknown_stream_changes_nothing() {
    check(
        r#"
//- /src/main.rs crate:app deps:tokio,anyhow,futures,quotes
use futures::TryStreamExt;
async fn work() {}
async fn tried() -> anyhow::Result<()> { let mut q = quotes::stream(); while let Some(q) = q.try_next().await? { work().await; } Ok(()) }
async fn unwrapped() { let mut q = quotes::stream(); while let Some(q) = q.message().await.expect("no quote") { work().await; } }
async fn told(q: quotes::Source) { while q.is_open() { work().await; } }
#[tokio::main]
async fn main() { tokio::spawn(tried()); tokio::spawn(unwrapped()); tokio::spawn(told(todo!())); }
"#,
        expect![[r#"
            message-consumer: app::tried{loop} (medium)
            message-consumer: app::unwrapped{loop} (medium)
        "#]],
    );
}

#[test]
fn a_loop_over_a_stream_of_the_workspace_has_the_driver_of_what_yields_it() {
    check(
        r#"
//- /src/main.rs crate:app deps:tokio,tokio-stream,futures,async-stream,sqlx,quotes
use futures::{Stream, StreamExt, TryStreamExt};
use std::time::Duration;
async fn work() {}
async fn load(n: u8) -> u8 { n }
async fn endless() -> impl Stream<Item = Result<u8, ()>> + Unpin { Box::pin(async_stream::stream! { loop { yield Ok(load(1).await); } }) }
fn timed() -> impl Stream<Item = u8> { async_stream::stream! { loop { tokio::time::sleep(Duration::from_secs(60)).await; yield 1; } } }
fn channel(rx: tokio::sync::mpsc::Receiver<u8>) -> impl Stream<Item = u8> { tokio_stream::wrappers::ReceiverStream::new(rx).map(|n| n + 1) }
fn foreign() -> impl Stream<Item = u8> { quotes::stream() }
fn listed() -> impl Stream<Item = u8> { futures::stream::iter(vec![1, 2]) }
fn paged() -> impl Stream<Item = u8> { async_stream::stream! { let mut page = 0; loop { page = load(page).await; if page == 9 { break; } yield page; } } }
fn nested(n: u8) -> impl Stream<Item = u8> { async_stream::stream! { let mut inner = Box::pin(nested(n)); while let Some(x) = inner.next().await { yield x; } } }
async fn a() { let mut s = endless().await; while let Some(x) = s.try_next().await.unwrap() { work().await; } }
async fn b() { let mut s = Box::pin(timed()); while let Some(x) = s.next().await { work().await; } }
async fn c() { let mut s = channel(todo!()); loop { match s.next().await { Some(x) => work().await, None => break } } }
async fn d() { let mut s = foreign(); while let Some(x) = s.next().await { work().await; } }
async fn e() { let mut s = listed(); while let Some(x) = s.next().await { work().await; } }
async fn f() { let mut s = Box::pin(paged()); while let Some(x) = s.next().await { work().await; } }
async fn g() { let mut s = Box::pin(nested(1)); while let Some(x) = s.next().await { work().await; } }
async fn h(pool: sqlx::PgPool) { let mut s = sqlx::query("SELECT 1").fetch(&pool); while let Some(row) = s.try_next().await.unwrap() { work().await; } }
#[tokio::main]
async fn main() { tokio::spawn(a()); tokio::spawn(b()); tokio::spawn(c()); tokio::spawn(d()); tokio::spawn(e()); tokio::spawn(f()); tokio::spawn(g()); tokio::spawn(h(todo!())); }
"#,
        expect![[r#"
            message-consumer: app::a{loop} (medium)
            message-consumer: app::channel{closure}
            message-consumer: app::c{loop}
            message-consumer: app::d{loop} (medium)
            message-consumer: app::endless{loop} (medium)
            scheduled-job: app::b{loop} (every 60 s)
            scheduled-job: app::timed{loop} (every 60 s)
        "#]],
    );
}

#[test]
fn a_closure_for_each_item_has_the_driver_of_its_stream() {
    check(
        r#"
//- /src/main.rs crate:app deps:tokio,tokio-stream,futures,lapin,sqlx,rayon
use futures::{StreamExt, TryStreamExt};
use std::time::Duration;
use tokio_stream::wrappers::{IntervalStream, ReceiverStream, TcpListenerStream};
async fn work() {}
async fn messages(rx: tokio::sync::mpsc::Receiver<u8>) { ReceiverStream::new(rx).map(|n| n).for_each_concurrent(None, |n| async move { work().await }).await }
async fn deliveries(consumer: lapin::Consumer) { consumer.for_each(|d| async move { work().await }).await }
async fn tries(consumer: lapin::Consumer) { let _ = consumer.try_for_each(|d| async move { work().await; Ok(()) }).await; }
async fn connections(listener: tokio::net::TcpListener) { TcpListenerStream::new(listener).for_each(|s| async move { work().await }).await }
async fn ticks() { IntervalStream::new(tokio::time::interval(Duration::from_secs(60))).for_each(|_| async { work().await }).await }
async fn listed() { futures::stream::iter(vec![1, 2]).for_each(|n| async move { work().await }).await }
async fn rows(pool: sqlx::PgPool) { sqlx::query("SELECT 1").fetch(&pool).try_for_each(|row| async move { work().await; Ok(()) }).await.unwrap(); }
fn parallel(all: Vec<u8>) { use rayon::prelude::*; all.par_iter().for_each(|n| drop(work())); all.iter().for_each(|n| drop(work())); }
fn main() {}
"#,
        expect![[r#"
            connection: app::connections{closure}
            message-consumer: app::deliveries{closure}
            message-consumer: app::messages{closure}
            message-consumer: app::messages{closure}
            message-consumer: app::tries{closure}
            scheduled-job: app::ticks{closure} (every 60 s)
        "#]],
    );
}

#[test]
fn a_callee_receives_for_its_caller() {
    check(
        r#"
//- /src/main.rs crate:app deps:tokio,futures,lapin,anyhow,serde_json
use futures::StreamExt;
use tokio::sync::{Mutex, mpsc, oneshot};
struct Consumer { inner: lapin::Consumer }
impl Consumer {
    async fn read(&mut self) -> anyhow::Result<Option<Job>> {
        let delivery = match self.inner.next().await { Some(delivery) => delivery?, None => return Ok(None) };
        serde_json::from_slice(&delivery.data).map_err(Into::into)
    }
}
struct Job;
struct Wrapped { consumer: Consumer }
impl Wrapped { async fn job(&mut self) -> Option<Job> { self.consumer.read().await.ok().flatten() } }
struct Locked { rx: Mutex<mpsc::Receiver<Job>> }
impl Locked { async fn job(&self) -> Option<Job> { let mut rx = self.rx.lock().await; rx.recv().await } }
async fn connection(listener: &tokio::net::TcpListener) -> std::io::Result<tokio::net::TcpStream> { let (s, _) = listener.accept().await?; Ok(s) }
async fn work() {}
async fn a(mut c: Consumer) -> anyhow::Result<()> { while let Some(job) = c.read().await? { work().await; } Ok(()) }
async fn b(mut c: Wrapped) { loop { let Some(job) = c.job().await else { break }; work().await; } }
async fn c(c: Locked) { loop { match c.job().await { Some(job) => work().await, None => return } } }
async fn d(l: tokio::net::TcpListener) { loop { let s = connection(&l).await.unwrap(); work().await; } }
struct Client { tx: mpsc::Sender<oneshot::Sender<u8>>, replies: mpsc::Receiver<u8> }
impl Client {
    async fn ask(&self) -> u8 { let (tx, rx) = oneshot::channel(); self.tx.send(tx).await.ok(); rx.await.unwrap() }
    async fn ask_in_turn(&mut self) -> Option<u8> { self.tx.send(todo!()).await.ok(); self.replies.recv().await }
    async fn reply(&mut self) -> Option<u8> { self.replies.recv().await }
    async fn own(&self) -> Option<u8> { let (tx, mut rx) = mpsc::channel(1); tokio::spawn(async move { tx.send(1).await }); rx.recv().await }
}
async fn e(c: Client, all: Vec<u8>) { for n in all { let got = c.ask().await; work().await; } }
async fn f(mut c: Client) { while let Some(n) = c.ask_in_turn().await { work().await; } }
async fn g(mut c: Client) { while let Some(n) = c.own().await { work().await; } }
async fn h(mut c: Client, all: Vec<u8>) { for n in all { c.tx.send(todo!()).await; let got = c.reply().await; work().await; } }
fn main() {}
"#,
        expect![[r#"
            connection: app::d{loop}
            message-consumer: app::a{loop}
            message-consumer: app::b{loop}
            message-consumer: app::c{loop}
        "#]],
    );
}

#[test]
fn a_thread_that_polls_works_at_the_rate_of_its_items() {
    check(
        r#"
//- /src/main.rs crate:app deps:reqwest
use std::{sync::Arc, thread, time::Duration};
struct Item;
trait Queue: Send + Sync { fn claim(&self) -> Result<Option<Item>, String>; }
struct Table;
impl Queue for Table { fn claim(&self) -> Result<Option<Item>, String> { Ok(None) } }
fn work(item: Item) {}
fn open() -> Result<Item, String> { Ok(Item) }
fn matched(queue: Arc<dyn Queue>) {
    thread::spawn(move || loop {
        match queue.claim() { Ok(Some(item)) => work(item), Ok(None) => thread::sleep(Duration::from_secs(1)), Err(_) => thread::sleep(Duration::from_secs(9)) }
    });
}
fn branched(queue: Arc<dyn Queue>) {
    thread::spawn(move || loop { if let Some(item) = queue.claim().unwrap() { work(item) } else { thread::sleep(Duration::from_secs(1)) } });
}
fn reconnecting() {
    thread::spawn(move || loop { match open() { Ok(item) => work(item), Err(_) => thread::sleep(Duration::from_secs(5)) } });
}
fn paced(queue: Arc<dyn Queue>) {
    thread::spawn(move || loop {
        match queue.claim().unwrap() { Some(item) => { work(item); thread::sleep(Duration::from_secs(60)) } None => thread::sleep(Duration::from_secs(60)) }
    });
}
fn drained(mut stack: Vec<Item>) {
    thread::spawn(move || loop { match stack.pop() { Some(item) => work(item), None => { thread::sleep(Duration::from_secs(1)); break } } });
}
fn main() { matched(Arc::new(Table)); branched(Arc::new(Table)); reconnecting(); paced(Arc::new(Table)); drained(vec![]); }
"#,
        expect![[r#"
            message-consumer: app::branched{loop} (medium)
            message-consumer: app::matched{loop} (medium)
            scheduled-job: app::paced{loop} (every 60 s)
        "#]],
    );
}

#[test]
fn a_loop_that_takes_messages_supervises_nothing() {
    openings(
        r#"
//- /src/main.rs crate:app deps:tokio,reqwest
use tokio::sync::mpsc;
async fn serve(url: &str) {
    let events = reqwest::Client::new().get(url).send().await;
    let (tx, mut chunks) = mpsc::channel::<u8>(1);
    tokio::spawn(async move { let _ = events; let _ = tx.send(1).await; });
    while let Some(chunk) = chunks.recv().await {}
}
async fn answers(mut questions: mpsc::Receiver<String>) { while let Some(url) = questions.recv().await { serve(&url).await; } }
async fn again() { loop { serve("http://events").await; tokio::time::sleep(std::time::Duration::from_secs(5)).await; } }
async fn restarted(mut restart: mpsc::Receiver<()>) { while let Some(()) = restart.recv().await { serve("http://events").await; } }
#[tokio::main]
async fn main() { tokio::spawn(answers(todo!())); tokio::spawn(again()); tokio::spawn(restarted(todo!())); }
"#,
        expect![[r#"
            BuildClient `reqwest::Client::new()`
                per message-consumer: app::answers{loop} -> app::serve +2
        "#]],
    );
    openings(
        r#"
//- /src/main.rs crate:app deps:tokio,reqwest
use tokio::sync::mpsc;
async fn serve() {
    let events = reqwest::Client::new().get("http://events").send().await;
    let (tx, mut chunks) = mpsc::channel::<u8>(1);
    tokio::spawn(async move { let _ = events; let _ = tx.send(1).await; });
    while let Some(chunk) = chunks.recv().await {}
}
async fn restarted(mut restart: mpsc::Receiver<()>) { while let Some(()) = restart.recv().await { serve().await; } }
async fn again() { loop { serve().await; tokio::time::sleep(std::time::Duration::from_secs(5)).await; } }
#[tokio::main]
async fn main() { tokio::spawn(again()); tokio::spawn(restarted(todo!())); }
"#,
        expect![[r#"
            BuildClient `reqwest::Client::new()`
                not recurring
        "#]],
    );
}

#[test]
fn a_closure_runs_as_often_as_the_code_says() {
    openings(
        r#"
//- /src/main.rs crate:app deps:reqwest,tokio
async fn worker(number: u8) { reqwest::Client::new(); }
async fn counted() { let workers: Vec<_> = (0..4).map(|number| tokio::spawn(worker(number))).collect(); }
fn many(urls: Vec<String>) { let clients: Vec<_> = (0..urls.len()).map(|_| { reqwest::get("1"); }).collect(); }
#[tokio::main]
async fn main() { counted().await; many(Vec::new()); }
"#,
        expect![[r#"
            BuildClient `reqwest::Client::new()`
                not recurring
            ThrowawayClient `reqwest::get("1")`
                per loop: app::many{closure}
        "#]],
    );
}

#[test]
fn what_nothing_calls_and_nobody_names_is_dead() {
    openings(
        r#"
//- /src/main.rs crate:app deps:reqwest,tokio,serde
use tokio::time::{Duration, interval};
async fn dead() { let mut ticks = interval(Duration::from_secs(1)); loop { ticks.tick().await; reqwest::get("dead").await; } }
async fn named() { let mut ticks = interval(Duration::from_secs(1)); loop { ticks.tick().await; reqwest::get("named").await; } }
#[foreign::job]
async fn marked() { let mut ticks = interval(Duration::from_secs(1)); loop { ticks.tick().await; reqwest::get("marked").await; } }
static CLIENT: std::sync::LazyLock<reqwest::Client> = std::sync::LazyLock::new(|| reqwest::Client::new());
#[tokio::main]
async fn main() { unknown::register(named); CLIENT.get("static"); }
//- /lib/src/lib.rs crate:shared deps:reqwest,tokio
use tokio::time::{Duration, interval};
pub async fn offered() { let mut ticks = interval(Duration::from_secs(1)); loop { ticks.tick().await; reqwest::get("offered").await; } }
"#,
        expect![[r#"
            ThrowawayClient `reqwest::get("offered")`
                per scheduled-job: shared::offered{loop}
            ThrowawayClient `reqwest::get("dead")`
                not recurring
            ThrowawayClient `reqwest::get("named")`
                per scheduled-job: app::named{loop}
            ThrowawayClient `reqwest::get("marked")`
                per scheduled-job: app::marked{loop}
            BuildClient `reqwest::Client::new()`
                behind: Once(Process)
        "#]],
    );
}

#[test]
fn a_ticker_that_is_given_its_start_has_the_period_that_follows() {
    check(
        r#"
//- /src/main.rs crate:app deps:tokio
use tokio::time::{Duration, Instant, interval_at};
async fn work() {}
async fn late() {
    let mut t = interval_at(Instant::now() + Duration::from_secs(60), Duration::from_secs(15));
    loop { t.tick().await; work().await; }
}
async fn unknown(period: Period) {
    let mut t = interval_at(Instant::now() + Duration::from_secs(60), period.get());
    loop { t.tick().await; work().await; }
}
#[tokio::main]
async fn main() { tokio::spawn(late()); tokio::spawn(unknown(todo!())); }
"#,
        expect![[r#"
            scheduled-job: app::late{loop} (every 15 s)
            scheduled-job: app::unknown{loop}
        "#]],
    );
}

#[test]
fn a_for_over_items_without_an_end_goes_on_for_ever() {
    check(
        r#"
//- /src/main.rs crate:app deps:tokio,reqwest
use std::time::Duration;
async fn ask(turn: u32) -> bool { reqwest::Client::new().get("1").send().await.is_ok() }
async fn cycled() { for turn in (0..10u32).cycle() { ask(turn).await; tokio::time::sleep(Duration::from_secs(5)).await; } }
async fn open() { for turn in (0u32..).enumerate() { ask(turn.0).await; tokio::time::sleep(Duration::from_secs(6)).await; } }
async fn repeated() { for _ in std::iter::repeat(()) { ask(1).await; tokio::time::sleep(Duration::from_secs(7)).await; } }
async fn closed() { for turn in 0..10u32 { ask(turn).await; tokio::time::sleep(Duration::from_secs(8)).await; } }
async fn tried() { for turn in 0u32.. { if ask(turn).await { break; } tokio::time::sleep(Duration::from_secs(9)).await; } }
#[tokio::main]
async fn main() { tokio::spawn(cycled()); tokio::spawn(open()); tokio::spawn(repeated()); tokio::spawn(closed()); tried().await; }
"#,
        expect![[r#"
            scheduled-job: app::cycled{loop} (every 5 s)
            scheduled-job: app::open{loop} (every 6 s)
            scheduled-job: app::repeated{loop} (every 7 s)
            scheduled-job: app::tried{loop} (every 9 s)
        "#]],
    );
}

#[test]
fn a_message_with_an_error_in_it_is_no_success_of_what_is_sent() {
    openings(
        r#"
//- /src/main.rs crate:app deps:tokio,reqwest,tokio-tungstenite,futures-util
use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::Message;
type Socket = tokio_tungstenite::WebSocketStream<tokio::net::TcpStream>;
async fn answer(message: Message) -> Option<Message> { let _ = reqwest::Client::new().get("1").send().await; Some(message) }
async fn serve(mut socket: Socket) {
    loop {
        tokio::select! { incoming = socket.next() => match incoming {
            Some(Ok(message)) => if let Some(reply) = answer(message).await { if socket.send(reply).await.is_err() { break; } },
            Some(Err(_)) => break,
            None => break,
        } }
    }
}
#[tokio::main]
async fn main() {
    let listener = tokio::net::TcpListener::bind("0.0.0.0:80").await.unwrap();
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(async move { serve(tokio_tungstenite::accept_async(stream).await.unwrap()).await });
    }
}
"#,
        expect![[r#"
            BuildClient `reqwest::Client::new()`
                per message-consumer: app::serve{loop} -> app::answer +1
        "#]],
    );
}
