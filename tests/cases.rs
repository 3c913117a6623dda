//! Real defects: runs `evaluate.py` of the collection next to the checkout, where there is one.
//!
//! `CONNLINT_MIRRORS=FOLDER` names the folder of bare mirrors; without it there is nothing to measure against.

use std::process::Command;

use connlint_tests::command::command;
use connlint_tests::files::repository;

#[test]
fn defects_of_real_services_can_be_measured() {
    let Some(mirrors) = std::env::var_os("CONNLINT_MIRRORS") else { return };
    let cases = repository().join("../shared/cases");
    let evaluate = cases.join("evaluate.py");
    if !evaluate.is_file() {
        return;
    }
    let connlint = command("connlint").get_program().to_owned();
    let mut python = Command::new("python3");
    python.arg(evaluate).arg("--connlint").arg(connlint).arg("--mirrors").arg(mirrors);
    for kind in ["cases", "traps", "apps"] {
        python.arg(format!("--{kind}")).arg(cases.join(format!("{kind}.jsonl")));
    }
    let output = python.output().expect("python3 starts");
    println!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
