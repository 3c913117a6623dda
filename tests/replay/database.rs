//! A database on the server that `with-postgres.sh` started, and what the server's log says of it.

use std::env;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const LONGEST_WAIT: Duration = Duration::from_secs(30);
const TOO_MANY: &str = "sorry, too many clients already";
const RESERVED: &str = "remaining connection slots are reserved";

pub struct Database {
    name: String,
    role: String,
}

/// The lines of the server's log that name the database's role.
pub struct Log(Vec<String>);

/// While this lives, queries wait: the server is busy.
pub struct Stall(Child);

/// While this lives, connections are counted.
pub struct Watch(Child);

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set: tests/replay/run.sh runs these tests"))
}

fn psql(database: &str) -> Command {
    let mut psql = Command::new("psql");
    psql.args(["-AqtX", "-v", "ON_ERROR_STOP=1", "-d", database]);
    psql
}

fn run(database: &str, sql: &str) -> String {
    let done = psql(database).args(["-c", sql]).output().expect("psql is installed with the server");
    assert!(done.status.success(), "{sql}\n{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).into_owned()
}

impl Database {
    /// A database with these tables for a role without rights of a superuser: those have slots of their own.
    pub fn create(name: &str, tables: &str) -> Self {
        let role = format!("app_{name}");
        run("postgres", &format!("CREATE ROLE {role} LOGIN"));
        run("postgres", &format!("CREATE DATABASE {name} OWNER {role}"));
        run(name, tables);
        let of_schema =
            ["TABLES", "SEQUENCES"].map(|kind| format!("GRANT ALL ON ALL {kind} IN SCHEMA public TO {role}"));
        run(name, &of_schema.join(";"));
        run(name, &format!("GRANT ALL ON SCHEMA public TO {role}"));
        Self { name: name.to_owned(), role }
    }

    pub fn url(&self) -> String {
        format!("postgres://{}@{}:{}/{}", self.role, variable("PGHOST"), variable("PGPORT"), self.name)
    }

    /// Makes queries on a table wait until the result is dropped.
    pub fn stall(&self, table: &str) -> Stall {
        let mut session = psql(&self.name).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("psql starts");
        let lock = format!("BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE;\n\\echo locked\n");
        session.stdin.as_mut().expect("it is a pipe").write_all(lock.as_bytes()).expect("psql reads");
        let mut line = String::new();
        let output = session.stdout.as_mut().expect("it is a pipe");
        BufReader::new(output).read_line(&mut line).expect("psql writes");
        assert_eq!(line.trim(), "locked");
        Stall(session)
    }

    /// The only value of a query's only row.
    pub fn value(&self, sql: &str) -> String {
        run(&self.name, sql).trim().to_owned()
    }

    /// Waits until this many sessions of the role wait for a lock.
    pub fn wait_until_locked(&self, sessions: usize) {
        let begun = Instant::now();
        let sql = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = '{}' AND wait_event_type = 'Lock'",
            self.role
        );
        while self.value(&sql) != sessions.to_string() {
            assert!(begun.elapsed() < LONGEST_WAIT, "fewer than {sessions} sessions wait");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Writes to a file how many connections the role has, every 50 ms until the result is dropped.
    pub fn watch(&self, file: &Path) -> Watch {
        let output = File::create(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let mut session = psql("postgres");
        session.args(["-F", ","]).stdin(Stdio::piped()).stdout(output);
        let mut session = session.spawn().expect("psql starts");
        let sql = format!(
            "SELECT now() AS begun \\gset\n\
             SELECT round(extract(epoch FROM now() - :'begun'), 2), count(*) FROM pg_stat_activity \
             WHERE usename = '{}' \\watch 0.05\n",
            self.role
        );
        session.stdin.as_mut().expect("it is a pipe").write_all(sql.as_bytes()).expect("psql reads");
        Watch(session)
    }

    pub fn log(&self) -> Log {
        let path = variable("POSTGRES_LOG");
        let log = fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let log = String::from_utf8_lossy(&log);
        // The prefix of each line names role and database.
        let ours = format!("{}@{}", self.role, self.name);
        Log(log.lines().filter(|line| line.contains(&ours)).map(str::to_owned).collect())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Stall {
    fn drop(&mut self) {
        // The end of its input ends the session, and its lock with it.
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

impl Log {
    fn count(&self, texts: &[&str]) -> usize {
        self.0.iter().filter(|line| texts.iter().any(|text| line.contains(text))).count()
    }

    /// Connections that were let in for good. Who meets the slots of superusers is authorized first and refused then.
    pub fn opened(&self) -> usize {
        self.count(&["connection authorized"]) - self.count(&[RESERVED])
    }

    /// Connections that were refused because of the limit.
    pub fn refused(&self) -> usize {
        self.count(&[TOO_MANY, RESERVED])
    }
}
