//! A client that sends its requests at once and stops by itself.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const LONGEST_ANSWER: Duration = Duration::from_secs(60);

/// The status of the answer to one request: `GET /users`.
pub fn ask(address: SocketAddr, request: &str) -> io::Result<u16> {
    receive(send(address, request)?)
}

fn send(address: SocketAddr, request: &str) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect_timeout(&address, LONGEST_ANSWER)?;
    stream.set_read_timeout(Some(LONGEST_ANSWER))?;
    stream.set_write_timeout(Some(LONGEST_ANSWER))?;
    let headers = "Host: localhost\r\nConnection: close\r\nContent-Length: 0";
    stream.write_all(format!("{request} HTTP/1.1\r\n{headers}\r\n\r\n").as_bytes())?;
    Ok(stream)
}

fn receive(mut stream: TcpStream) -> io::Result<u16> {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let head = String::from_utf8_lossy(&answer);
    let status = head.split_whitespace().nth(1).and_then(|status| status.parse().ok());
    status.ok_or_else(|| io::Error::other(format!("no answer in {head:?}")))
}

/// The status of an answer, and how long it took from the sending of its request.
type Answer = (u16, Duration);

/// Requests that were sent at the same moment, each from a thread of its own.
pub struct Burst {
    sent: Arc<AtomicUsize>,
    threads: Vec<JoinHandle<io::Result<Answer>>>,
}

impl Burst {
    pub fn send(address: SocketAddr, requests: Vec<String>) -> Self {
        let (start, sent) = (Arc::new(Barrier::new(requests.len())), Arc::new(AtomicUsize::new(0)));
        let spawn = |request: String| {
            let (start, sent) = (Arc::clone(&start), Arc::clone(&sent));
            thread::spawn(move || {
                start.wait();
                let begun = Instant::now();
                let stream = send(address, &request);
                sent.fetch_add(1, Ordering::SeqCst);
                receive(stream?).map(|status| (status, begun.elapsed()))
            })
        };
        let threads = requests.into_iter().map(spawn).collect();
        Self { sent, threads }
    }

    pub fn wait_until_sent(&self) {
        let begun = Instant::now();
        while self.sent.load(Ordering::SeqCst) < self.threads.len() {
            assert!(begun.elapsed() < LONGEST_ANSWER, "the requests are not taken");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// The statuses of all answers, each of them 200 or 503.
    pub fn answers(self) -> Vec<u16> {
        self.timed_answers().into_iter().map(|(status, _)| status).collect()
    }

    /// The same, with the time that each took.
    pub fn timed_answers(self) -> Vec<Answer> {
        let join = |thread: JoinHandle<io::Result<Answer>>| match thread.join().expect("a request does not panic") {
            Ok(answer) if [200, 503].contains(&answer.0) => answer,
            other => panic!("neither 200 nor 503: {other:?}"),
        };
        self.threads.into_iter().map(join).collect()
    }
}
