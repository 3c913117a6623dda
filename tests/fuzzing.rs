//! The fuzz targets on inputs that a seeded generator makes.
//!
//! `FUZZ_SECONDS=n` goes on for so many seconds for each target, with other inputs each time.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use connlint_tests::files::{files_below, repository, text};
use connlint_tests::fuzz::{TARGETS, Target, mutated, target};
use fastrand::Rng;

/// How long each target is run, if the environment says so.
fn wanted_time() -> Option<Duration> {
    let seconds = std::env::var("FUZZ_SECONDS").ok()?.parse().expect("FUZZ_SECONDS is a number");
    Some(Duration::from_secs(seconds))
}

/// Runs one input; what it breaks is kept in a file.
fn run(target: &Target, input: &[u8]) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (target.run)(input))) {
        let file = std::env::temp_dir().join(format!("connlint-fuzz-{}", target.name));
        fs::write(&file, input).unwrap();
        eprintln!("the input that breaks `{}` is in {}", target.name, file.display());
        resume_unwind(panic);
    }
}

/// Runs the seeds, and so many inputs that are made of them.
fn holds(name: &str, number: usize) {
    let (target, begun) = (target(name), Instant::now());
    let seeds = (target.seeds)();
    let wanted = wanted_time();
    let seed = if wanted.is_some() { u64::from(std::process::id()) } else { 17 };
    let mut random = Rng::with_seed(seed);
    let goes_on = |done: usize| wanted.map_or(done < number, |wanted| begun.elapsed() < wanted);
    let (mut done, mut slowest) = (0, Duration::ZERO);
    while goes_on(done) {
        let made =
            if done < seeds.len() && wanted.is_some() { None } else { Some(mutated(target, &seeds, &mut random)) };
        let started = Instant::now();
        run(target, made.as_deref().unwrap_or_else(|| &seeds[done]));
        slowest = slowest.max(started.elapsed());
        done += 1;
    }
    println!("{name}: {done} inputs from seed {seed} in {:?}, the slowest in {slowest:?}", begun.elapsed());
}

#[test]
fn any_text_is_read_as_a_source() {
    holds("parser", 60);
}

#[test]
fn any_comment_is_read_as_a_suppression_or_as_none() {
    holds("suppressions", 60);
}

#[test]
fn programs_that_are_right_are_read_without_loss() {
    holds("programs", 30);
}

#[test]
fn damaged_sources_are_analysed() {
    holds("sources", 30);
}

#[test]
fn any_manifests_are_read() {
    holds("manifests", 40);
}

#[test]
fn any_settings_are_read_or_refused() {
    holds("settings", 60);
}

#[test]
fn any_models_are_read_or_refused() {
    holds("models", 20);
}

#[test]
fn any_diff_and_any_baseline_is_read_or_refused() {
    holds("changes", 300);
}

#[test]
fn each_target_is_one_of_cargo_fuzz_too() {
    let folder = repository().join("fuzz");
    let manifest = text(&folder.join("Cargo.toml"));
    let files = files_below(&folder.join("fuzz_targets"), &["rs"]);
    assert_eq!(files.len(), TARGETS.len());
    for Target { name, .. } in TARGETS {
        let call = format!("target(\"{name}\")");
        assert!(text(&folder.join(format!("fuzz_targets/{name}.rs"))).contains(&call), "{name}");
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name}");
    }
}
