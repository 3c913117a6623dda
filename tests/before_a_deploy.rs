//! The script of `docs/before-a-deploy.md`, run on a deploy that brings the founding incident.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

use connlint_tests::command::command;
use connlint_tests::files::{repository, text};
use connlint_tests::git::Git;
use connlint_tests::project::Project;

const INCIDENT: &str = "incidents/2023-10-15-connection-per-request";
const REPAIRED: &str = "incidents/2023-10-15-connection-per-request-repaired";

/// What the script calls. Nothing else of the tests needs them.
const TOOLS: [&str; 3] = ["bash", "git", "jq"];

fn script() -> String {
    let page = text(&repository().join("docs/before-a-deploy.md"));
    let (_, rest) = page.split_once("```sh\n#!").expect("the page has a script");
    rest.split_once("\n```\n\n").expect("the script ends").0.to_owned()
}

fn is_installed(tool: &str) -> bool {
    Command::new(tool).arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// The exit code of the script, and the page that it wrote.
fn deploy(project: &Project, deployed: &str) -> (Option<i32>, String) {
    let connlint = command("connlint");
    let folder = Path::new(connlint.get_program()).parent().expect("the command lies in a folder").to_owned();
    let others = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths([folder].into_iter().chain(env::split_paths(&others))).expect("folders");
    let mut bash = Command::new("bash");
    for (name, value) in connlint.get_envs() {
        match value {
            Some(value) => bash.env(name, value),
            None => bash.env_remove(name),
        };
    }
    bash.args(["-c", &script(), "before-a-deploy.sh", deployed]).current_dir(project.root()).env("PATH", path);
    let done = bash.stdout(Stdio::null()).output().expect("bash starts");
    assert!(done.stderr.is_empty(), "{}", String::from_utf8_lossy(&done.stderr));
    (done.status.code(), project.text("connections.md"))
}

#[test]
fn script_of_the_page_reports_what_a_deploy_brings() {
    if let Some(missing) = TOOLS.iter().find(|tool| !is_installed(tool)) {
        println!("SKIPPED: {missing} is not installed");
        return;
    }
    let project = Project::of_fixture(REPAIRED);
    let git = Git::init(project.root());
    let deployed = git.commit_all("Share a pool");
    let (code, page) = deploy(&project, &deployed);
    assert_eq!(code, Some(0), "{page}");
    assert!(page.contains("during a deploy, old and new side by side: 88 of 100"), "{page}");
    assert!(page.ends_with("\n## Routes\n\n```diff\nno route has changed\n```\n"), "{page}");

    project.overlay(INCIDENT);
    let (code, page) = deploy(&project, &deployed);
    assert_eq!(code, Some(1), "{page}");
    assert!(page.contains("**error** [`connection-per-request`]"), "{page}");
    let opened = "+GET /users: open-connection, sqlx::PgConnection::connect in db::open";
    assert!(page.ends_with(&format!("\n```diff\n{opened}\n```\n")), "{page}");
    let documented = text(&repository().join("docs/before-a-deploy.md"));
    assert!(documented.contains(&format!("```diff\n{opened}\n```\n")), "the page of the book shows something else");
}
