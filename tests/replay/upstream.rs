//! A service that the releases ask over HTTP: it answers everything after the same time, or nothing ever.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// It listens on loopback until this is dropped.
pub struct Upstream {
    address: SocketAddr,
    waiting: Arc<AtomicUsize>,
    ended: Arc<AtomicBool>,
}

impl Upstream {
    pub fn slow(delay: Duration) -> Self {
        Self::start(Some(delay))
    }

    /// It accepts connections and reads requests, and answers none. When it is dropped, it closes the connections.
    pub fn silent() -> Self {
        Self::start(None)
    }

    fn start(delay: Option<Duration>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let (waiting, ended) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (of_thread, stop) = (Arc::clone(&waiting), Arc::clone(&ended));
        thread::spawn(move || {
            for stream in listener.incoming().take_while(|_| !stop.load(Ordering::SeqCst)) {
                let (waiting, ended) = (Arc::clone(&of_thread), Arc::clone(&stop));
                // Who goes away before the answer is of no interest here.
                thread::spawn(move || stream.and_then(|stream| answer(&stream, delay, &waiting, &ended)));
            }
        });
        Self { address, waiting, ended }
    }

    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Waits until this many requests wait for their answer, but no longer than some time.
    pub fn wait_for_requests(&self, requests: usize, longest: Duration) {
        let begun = Instant::now();
        while self.waiting.load(Ordering::SeqCst) < requests && begun.elapsed() < longest {
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until this many requests wait for their answer.
    pub fn wait_until_asked(&self, requests: usize) {
        let begun = Instant::now();
        while self.waiting.load(Ordering::SeqCst) < requests {
            assert!(begun.elapsed() < LONGEST_WAIT, "fewer than {requests} requests wait");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

fn answer(
    mut stream: &TcpStream,
    delay: Option<Duration>,
    waiting: &AtomicUsize,
    ended: &AtomicBool,
) -> std::io::Result<()> {
    for line in BufReader::new(stream).lines() {
        if line?.is_empty() {
            break;
        }
    }
    waiting.fetch_add(1, Ordering::SeqCst);
    match delay {
        Some(delay) => thread::sleep(delay),
        None => wait_for(ended),
    }
    waiting.fetch_sub(1, Ordering::SeqCst);
    if delay.is_none() {
        return Ok(());
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nA1234")
}

fn wait_for(ended: &AtomicBool) {
    while !ended.load(Ordering::SeqCst) {
        thread::sleep(Duration::from_millis(5));
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // The thread is in `accept`.
        let _ = TcpStream::connect(self.address);
    }
}
