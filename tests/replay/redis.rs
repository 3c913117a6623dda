//! A Redis server of its own, where one is installed.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::service::free_address;

const LONGEST_START: Duration = Duration::from_secs(30);

/// A server on loopback that keeps nothing; it is killed when this is dropped.
pub struct Redis {
    process: Child,
    address: SocketAddr,
    /// A connection that is open from the start: when the server is full, it refuses the test, too.
    control: Option<BufReader<TcpStream>>,
    _folder: TempDir,
}

impl Redis {
    /// Starts a server that lets in this many clients, one of which is the test. `None` where no server is installed.
    pub fn start(clients: usize) -> Option<Self> {
        let address = free_address();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut server = Command::new("redis-server");
        server.args(["--bind", "127.0.0.1", "--port", &address.port().to_string(), "--save", "", "--appendonly", "no"]);
        server.arg("--maxclients").arg(clients.to_string()).arg("--dir").arg(folder.path());
        let process = match server.stdin(Stdio::null()).stdout(Stdio::null()).spawn() {
            Ok(process) => process,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => panic!("redis-server: {error}"),
        };
        let mut redis = Self { process, address, control: None, _folder: folder };
        let begun = Instant::now();
        while redis.control.is_none() {
            assert!(begun.elapsed() < LONGEST_START, "the Redis server does not start");
            thread::sleep(Duration::from_millis(20));
            redis.control = TcpStream::connect(address).ok().map(BufReader::new);
        }
        assert_eq!(redis.ask("PING"), "PONG");
        Some(redis)
    }

    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Makes commands that write wait, until `resume`, but no longer than some time.
    pub fn pause(&mut self, longest: Duration) {
        let answer = self.ask(&format!("CLIENT PAUSE {} WRITE", longest.as_millis()));
        assert_eq!(answer, "OK");
    }

    pub fn resume(&mut self) {
        assert_eq!(self.ask("CLIENT UNPAUSE"), "OK");
    }

    /// A number of the section `stats` of `INFO`.
    pub fn statistic(&mut self, name: &str) -> usize {
        let info = self.ask("INFO stats");
        let value = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        value.and_then(|value| value.trim().parse().ok()).unwrap_or_else(|| panic!("no {name} in {info}"))
    }

    /// What the server answers to a client that comes now and asks it for a sign of life.
    pub fn newcomer(&self) -> io::Result<String> {
        let stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(LONGEST_START))?;
        // A server that is full has closed the connection perhaps, but what it said can still be read.
        let _ = (&stream).write_all(b"PING\r\n");
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    /// The answer to a command: a simple string or a bulk string of the protocol.
    fn ask(&mut self, command: &str) -> String {
        let control = self.control.as_mut().expect("the server has started");
        control.get_mut().write_all(format!("{command}\r\n").as_bytes()).expect("the server reads");
        let mut line = String::new();
        control.read_line(&mut line).expect("the server answers");
        let Some(length) = line.strip_prefix('$') else { return line.trim_start_matches('+').trim_end().to_owned() };
        let length: usize = length.trim().parse().expect("a length");
        // The text ends with the end of a line that does not count.
        let mut text = vec![0; length + 2];
        control.read_exact(&mut text).expect("the server answers");
        String::from_utf8_lossy(&text).trim_end().to_owned()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
