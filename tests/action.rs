//! The scripts of the actions, run as a runner runs them: a local repository is the remote, a server here is GitHub.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use connlint_tests::command::{Run, command, connlint, finish};
use connlint_tests::files::repository;
use connlint_tests::git::Git;
use connlint_tests::project::Project;
use serde_json::{Value, json};

use crate::incident_history::history;

const INCIDENT: &str = "incidents/2023-10-15-connection-per-request";
const REPAIRED: &str = "incidents/2023-10-15-connection-per-request-repaired";
const BOT: &str = "github-actions[bot]";

/// Whether a program is here. A machine without it tests the rest.
fn has(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("skipped: `{program}` is not here");
    }
    found
}

fn git(folder: &Path, arguments: &[&str]) {
    let mut git = Command::new("git");
    git.args(arguments).current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    let run = finish(&mut git);
    assert_eq!(run.code, 0, "git {arguments:?}: {}", run.stderr);
}

struct Runner {
    folder: tempfile::TempDir,
    /// What the event names as the commit to merge into.
    base: String,
}

impl Runner {
    /// A shallow checkout of a topic branch whose remote is a bare repository.
    fn new() -> Self {
        let project = Project::of_fixture(REPAIRED);
        let repository = Git::init(project.root());
        let base = repository.commit_all("Share a pool");
        repository.switch("topic", &base);
        project.overlay(INCIDENT);
        repository.commit_all("Drop the pool");
        project.write("README.md", "changed");
        repository.commit_all("Something else");
        let folder = tempfile::tempdir().unwrap();
        git(folder.path(), &["clone", "-q", "--bare", &project.root().display().to_string(), "remote.git"]);
        let remote = format!("file://{}/remote.git", folder.path().display());
        git(folder.path(), &["clone", "-q", "--depth", "1", "--branch", "topic", &remote, "checkout"]);
        Self { folder, base }
    }

    fn analyse(&self, variables: &[(&str, &str)]) -> Run {
        let mut script = Command::new("bash");
        script.arg(repository().join("action/analyse/analyse.sh")).current_dir(self.folder.path().join("checkout"));
        script.env("CONNLINT", command("connlint").get_program()).env("CONNLINT_BASE", &self.base);
        script.env("RUNNER_TEMP", self.folder.path()).env("GITHUB_OUTPUT", self.folder.path().join("output"));
        script.env("GITHUB_STEP_SUMMARY", self.folder.path().join("summary")).envs(variables.iter().copied());
        finish(&mut script)
    }

    fn text(&self, file: &str) -> String {
        fs::read_to_string(self.folder.path().join(file)).unwrap()
    }
}

#[test]
fn analysis_fetches_the_history_and_reports_what_the_pull_request_introduces() {
    if !has("bash") || !has("git") {
        return;
    }
    let runner = Runner::new();
    let run = runner.analyse(&[("CONNLINT_ARGS", "--fail-on\nerror\n")]);
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    let annotation = run.stdout.lines().find(|line| line.starts_with("::error ")).expect(&run.stdout);
    assert!(annotation.contains("file=crates/repo/src/lib.rs,line=16,"), "{annotation}");
    let review: Value = serde_json::from_str(&runner.text("connlint/review.json")).unwrap();
    assert_eq!(review["comments"].as_array().unwrap().len(), 1);
    assert!(runner.text("connlint/connlint.sarif").contains("\"baselineState\": \"new\""));
    assert!(runner.text("output").contains("exit-code=1\n"), "{}", runner.text("output"));
    assert!(runner.text("summary").contains("1 introduced, 0 fixed"), "{}", runner.text("summary"));
    // Without a base all findings are reported; a base that is nowhere is an error, not a clean run.
    let run = runner.analyse(&[("CONNLINT_BASE", "")]);
    assert!(run.code == 1 && !run.stdout.contains("introduced"), "{}{}", run.stdout, run.stderr);
    let run = runner.analyse(&[("CONNLINT_BASE", &"1".repeat(40))]);
    assert_eq!(run.code, 2, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("::warning::connlint: history could not be fetched"), "{}", run.stdout);
}

/// What GitHub knows of one pull request.
#[derive(Default)]
struct Forge {
    next: u64,
    /// Comments on lines, and on the pull request as a whole.
    comments: BTreeMap<u64, Value>,
    issue_comments: BTreeMap<u64, Value>,
    log: Vec<String>,
    /// A path on which it refuses comments, as on one outside of the diff.
    refused: Option<String>,
}

impl Forge {
    fn add(&mut self, to_issue: bool, user: &str, comment: &Value) {
        self.next += 1;
        let mut comment = comment.clone();
        comment["id"] = self.next.into();
        comment["user"] = json!({"login": user});
        let comments = if to_issue { &mut self.issue_comments } else { &mut self.comments };
        comments.insert(self.next, comment);
    }

    fn answer(&mut self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        self.log.push(format!("{method} {path}"));
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let refuses = |comment: &Value| self.refused.as_deref().is_some_and(|path| comment["path"] == path);
        match (method, parts.as_slice()) {
            ("GET", ["repos", "o", "r", kind, "7", "comments"]) => {
                let comments = if *kind == "issues" { &self.issue_comments } else { &self.comments };
                (200, comments.values().cloned().collect())
            }
            ("POST", ["repos", "o", "r", "pulls", "7", "reviews"]) => {
                let comments = body["comments"].as_array().unwrap().clone();
                if comments.iter().any(refuses) {
                    return (422, json!({"message": "line must be part of the diff"}));
                }
                comments.iter().for_each(|comment| self.add(false, BOT, comment));
                (200, json!({}))
            }
            ("POST", ["repos", "o", "r", "pulls", "7", "comments"]) if refuses(body) => (422, json!({})),
            ("POST", ["repos", "o", "r", kind, "7", "comments"]) => {
                self.add(*kind == "issues", BOT, body);
                (201, json!({}))
            }
            ("PATCH", ["repos", "o", "r", kind, "comments", id]) => {
                let comments = if *kind == "issues" { &mut self.issue_comments } else { &mut self.comments };
                comments.get_mut(&id.parse::<u64>().unwrap()).expect("the comment exists")["body"] =
                    body["body"].clone();
                (200, json!({}))
            }
            _ => (404, json!({})),
        }
    }
}

/// Serves the forge on a port of this machine, for as long as the test's process runs.
fn serve(forge: &Arc<Mutex<Forge>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let forge = forge.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            respond(stream, &forge);
        }
    });
    format!("http://{address}")
}

fn respond(stream: TcpStream, forge: &Mutex<Forge>) {
    let mut reader = BufReader::new(stream);
    let (mut head, mut line) = (Vec::new(), String::new());
    while reader.read_line(&mut line).is_ok_and(|bytes| bytes > 2) {
        head.push(std::mem::take(&mut line).trim().to_owned());
    }
    let length = head.iter().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).unwrap();
    let words: Vec<&str> = head.first().unwrap().split(' ').collect();
    let path = words[1].split('?').next().unwrap();
    assert!(head.iter().any(|line| line.eq_ignore_ascii_case("authorization: bearer secret")), "{head:?}");
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let (code, answer) = forge.lock().unwrap().answer(words[0], path, &body);
    let answer = answer.to_string();
    let head = format!("HTTP/1.1 {code} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", answer.len());
    reader.get_mut().write_all((head + &answer).as_bytes()).unwrap();
}

fn comment(server: &str, review: &Path) -> Run {
    let mut script = Command::new("python3");
    script.arg(repository().join("action/comment/comment.py"));
    script.env("GITHUB_API_URL", server).env("GITHUB_REPOSITORY", "o/r").env("GITHUB_TOKEN", "secret");
    script.env("PULL_REQUEST", "7").env("HEAD_SHA", "a".repeat(40)).env("CONNLINT_BOT", BOT);
    script.env("CONNLINT_REVIEW", review).env("no_proxy", "*");
    finish(&mut script)
}

#[test]
fn comments_are_created_updated_and_marked_as_fixed() {
    if !has("python3") {
        return;
    }
    let history = history();
    let forge = Arc::new(Mutex::new(Forge::default()));
    let server = serve(&forge);
    let review = history.project.root().join("review.json");
    let mut said = Vec::new();
    for push in [&history.drop, &history.drop, &history.rename, &history.rollback] {
        let range = format!("{}..{push}", history.pool);
        let to = format!("github-review:{}", review.display());
        let run = connlint(history.project.root(), &["--since", &range, "--output", &to]);
        assert!(run.code <= 1, "{}", run.stderr);
        let run = comment(&server, &review);
        assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
        said.push(run.stdout.trim().to_owned());
        let forge = forge.lock().unwrap();
        assert_eq!((forge.comments.len(), forge.issue_comments.len()), (1, 1));
    }
    let counts = [
        "0 updated, 0 fixed, 1 new",
        "0 updated, 0 fixed, 0 new",
        "1 updated, 0 fixed, 0 new",
        "0 updated, 1 fixed, 0 new",
    ];
    assert_eq!(said, counts.map(|counts| format!("connlint: {counts}")));
    let forge = forge.lock().unwrap();
    let comment = forge.comments.values().next().unwrap();
    assert_eq!((&comment["path"], &comment["line"]), (&"crates/repo/src/lib.rs".into(), &16.into()));
    let body = comment["body"].as_str().unwrap();
    assert!(body.starts_with("<!-- connlint fixed: ") && body.contains("**fixed**"), "{body}");
    let summary = forge.issue_comments.values().next().unwrap()["body"].as_str().unwrap();
    assert!(summary.contains("0 introduced"), "{summary}");
}

#[test]
fn comments_of_others_are_left_alone_and_refused_ones_do_not_stop_the_rest() {
    if !has("python3") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let review = folder.path().join("review.json");
    let of = |path: &str, id: &str| json!({"path": path, "line": 3, "side": "RIGHT", "body": format!("<!-- connlint: {id} -->\nx")});
    let (first, second) = ("00000000000000aa", "00000000000000bb");
    let comments = [of("a.rs", first), of("b.rs", second)];
    let write = |review_of: Value| fs::write(&review, review_of.to_string()).unwrap();
    write(json!({"event": "COMMENT", "body": "<!-- connlint -->\nsummary", "comments": comments}));
    let forge = Arc::new(Mutex::new(Forge { refused: Some("b.rs".to_owned()), ..Forge::default() }));
    forge.lock().unwrap().add(false, "mallory", &of("a.rs", first));
    let server = serve(&forge);
    let run = comment(&server, &review);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("GitHub refused the comment at b.rs:3"), "{}", run.stdout);
    {
        let forge = forge.lock().unwrap();
        let users: Vec<&str> = forge.comments.values().map(|c| c["user"]["login"].as_str().unwrap()).collect();
        assert_eq!(users, ["mallory", BOT]);
        assert!(!forge.log.iter().any(|line| line.starts_with("PATCH")), "{:?}", forge.log);
    }
    for broken in [
        json!({"event": "COMMENT", "body": "<!-- connlint -->", "comments": [{"path": 1, "line": 3, "body": "x"}]}),
        json!({"event": "COMMENT", "body": "<!-- connlint -->", "comments": [{"path": "a", "line": 3, "body": "no identity"}]}),
        json!({"event": "APPROVE", "body": "of another tool", "comments": []}),
    ] {
        write(broken);
        let before = forge.lock().unwrap().log.len();
        let run = comment(&server, &review);
        assert!(run.code == 1 && run.stderr.contains("could not be sent"), "{}{}", run.stdout, run.stderr);
        assert_eq!(forge.lock().unwrap().log.len(), before, "something was sent");
    }
}
