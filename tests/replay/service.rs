//! Releases of the incident's service: built as they are, started, and stopped.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use connlint_tests::files::{fixtures, repository};

use crate::replay::client;

const LONGEST_START: Duration = Duration::from_secs(60);

/// A binary of its own: both releases are called `server`.
pub struct Release {
    binary: PathBuf,
}

impl Release {
    /// Builds a fixture of `fixtures/incidents`. All share their dependencies.
    pub fn build(fixture: &str) -> Self {
        let target = repository().join("target/replay");
        let cargo = |arguments: &[&str]| {
            let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
            cargo.args(arguments).current_dir(fixtures().join("incidents").join(fixture));
            let status = cargo.env("CARGO_TARGET_DIR", &target).status().expect("cargo starts");
            assert!(status.success(), "{fixture} does not build");
        };
        // Cargo takes a package of the same name and version in another workspace for this one.
        cargo(&["clean", "--quiet", "--workspace"]);
        cargo(&["build", "--quiet", "--locked", "-p", "server"]);
        let binary = target.join(fixture);
        fs::copy(target.join("debug/server"), &binary).expect("the release was built");
        Self { binary }
    }

    /// Where the connections over time of this release are written.
    pub fn series(&self) -> PathBuf {
        self.binary.with_extension("csv")
    }
}

/// A release that runs; it is killed when this is dropped.
pub struct Service {
    child: Child,
    address: SocketAddr,
}

impl Service {
    /// Starts a release with these variables in its environment.
    pub fn start(release: &Release, settings: &[(&str, &str)]) -> Self {
        let address = free_address();
        let mut command = Command::new(&release.binary);
        command.envs(settings.iter().copied()).env("LISTEN", address.to_string()).stdin(Stdio::null());
        let service = Self { child: command.spawn().expect("the release starts"), address };
        service.wait_until_it_answers();
        service
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    fn wait_until_it_answers(&self) {
        let begun = Instant::now();
        while !client::ask(self.address, "GET /healthz").is_ok_and(|status| status == 200) {
            assert!(begun.elapsed() < LONGEST_START, "the service does not answer");
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address of loopback that nobody listens on.
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener.local_addr().expect("it is bound")
}
