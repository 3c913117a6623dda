//! `--watch`, with the process that users run.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use connlint_tests::command::command;
use connlint_tests::project::Project;

/// A run that watches; it ends with the test.
struct Watching {
    child: Child,
    lines: Receiver<String>,
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.child.kill().and_then(|()| self.child.wait()).expect("it can be ended");
    }
}

impl Watching {
    /// Starts in a project; both outputs are one.
    fn start(project: &Project, arguments: &[&str]) -> Self {
        let mut command = command("connlint");
        command.args(arguments).current_dir(project.root()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the command starts");
        let (sender, lines) = channel();
        let (out, err) = (child.stdout.take().expect("it is piped"), child.stderr.take().expect("it is piped"));
        let of_errors = sender.clone();
        thread::spawn(move || BufReader::new(out).lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        thread::spawn(move || {
            BufReader::new(err).lines().map_while(Result::ok).try_for_each(|line| of_errors.send(line))
        });
        Self { child, lines }
    }

    /// All lines up to the end of a run.
    fn run(&self) -> String {
        let mut all = String::new();
        let mut ends = (false, false);
        while ends != (true, true) {
            let line = self.lines.recv_timeout(Duration::from_secs(120)).unwrap_or_else(|e| panic!("{e} after {all}"));
            ends.0 |= line.starts_with("watching for changes");
            // The two outputs are read by two threads: the last line of the report may come after the remark.
            ends.1 |= line.contains("findings in") || line.contains("error in") || line.starts_with("error: ");
            all += &line;
            all += "\n";
        }
        all
    }

    fn is_quiet_for(&self, time: Duration) -> bool {
        self.lines.recv_timeout(time).is_err()
    }
}

const DEFECT: &str = "connection-per-request/fires-axum-fn-path";

#[test]
fn it_runs_again_for_each_change_of_what_is_read() {
    let project = Project::of_fixture(DEFECT);
    let watching = Watching::start(&project, &["--watch", "-A", "all"]);
    assert!(watching.run().contains("no findings"));
    // A build, and a note.
    project.write("target/debug/build/out.rs", "fn made() {}");
    project.write("notes.txt", "a note");
    assert!(watching.is_quiet_for(Duration::from_secs(2)), "what a build makes is not read");
    // Two files at once are one change; a folder that is new is watched too.
    project.write("src/parts/mod.rs", "pub mod inner;\n");
    project.write("src/parts/inner.rs", "pub fn inner() {}\n");
    assert!(!watching.run().contains('\u{1b}'), "a pipe's screen is not cleared");
    assert!(watching.is_quiet_for(Duration::from_secs(2)), "two files at once are one change");
    project.write("src/parts/inner.rs", "pub fn other() {}\n");
    watching.run();
}

#[test]
fn settings_that_are_wrong_for_a_while_do_not_end_it() {
    let project = Project::of_fixture(DEFECT);
    let watching = Watching::start(&project, &["--watch"]);
    assert!(watching.run().contains("1 error in"));
    project.write("connlint.toml", "[lints]\nnothing = \"off\"\n");
    assert!(watching.run().contains("there is no lint `nothing`"));
    project.write("connlint.toml", "[lints]\nall = \"off\"\n");
    assert!(watching.run().contains("no findings"));
}
