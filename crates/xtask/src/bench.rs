//! Time and peak memory of connlint, and of its parser alone, against B0, a syn-only parse of the same files on the same
//! threads. All three have the binaries' allocator.
//!
//! They run by turns, so that a slow minute of the machine hits all; the ratio is that of the fastest runs, beside that
//! of the medians.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::TaskResult;
use crate::process::{cargo, release_binary, run as finish, target};

/// How often memory is looked at.
const SAMPLING: Duration = Duration::from_millis(2);

pub(crate) fn run(folder: &Path, rounds: usize, threads: usize) -> TaskResult {
    let folder = fs::canonicalize(folder)?;
    let connlint = release_binary()?;
    let (b0, parser) = (example("b0")?, example("parse")?);

    let (mut ours, mut parsed, mut base) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=rounds {
        let samples = [
            measure(&mut on_folder(&b0, &folder, threads))?,
            measure(&mut on_folder(&parser, &folder, threads))?,
            measure(&mut check(&connlint, &folder, threads))?,
        ];
        if round > 0 {
            base.push(samples[0]);
            parsed.push(samples[1]);
            ours.push(samples[2]);
        }
    }
    println!("{}: {rounds} rounds after one to warm up", folder.display());
    let (base, parsed, ours) = (Figures::of(&base)?, Figures::of(&parsed)?, Figures::of(&ours)?);
    println!("            fastest    median    peak memory    ratios");
    println!("B0        {base}");
    println!("parser    {parsed} {}", parsed.against(&base));
    println!("connlint  {ours} {}", ours.against(&base));
    Ok(())
}

/// Builds an example of the parser.
fn example(name: &str) -> Result<PathBuf, Box<dyn std::error::Error>> {
    finish(&mut cargo(&["build", "--release", "--quiet", "-p", "connlint-parser", "--example", name]))?;
    Ok(target().join("release/examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}

fn on_folder(binary: &PathBuf, folder: &Path, threads: usize) -> Command {
    let mut command = Command::new(binary);
    command.arg(folder).arg(threads.to_string());
    command
}

fn check(connlint: &PathBuf, folder: &Path, threads: usize) -> Command {
    let mut command = Command::new(connlint);
    command.arg("check").arg(folder).args(["--output-format", "json", "--exit-zero"]);
    if threads > 0 {
        command.args(["--threads", &threads.to_string()]);
    }
    command
}

/// One run.
#[derive(Clone, Copy, Debug)]
struct Sample {
    time: Duration,
    /// Peak of resident memory in KiB; 0 where the system does not tell.
    peak: u64,
}

fn measure(command: &mut Command) -> Result<Sample, Box<dyn std::error::Error>> {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let mut peak = 0;
    loop {
        peak = peak.max(peak_of(child.id()));
        if let Some(status) = child.try_wait()? {
            let time = start.elapsed();
            let fine = status.success();
            return if fine {
                Ok(Sample { time, peak })
            } else {
                Err(format!("{command:?} ended with {status}").into())
            };
        }
        std::thread::sleep(SAMPLING);
    }
}

/// The largest resident size so far of a process, in KiB, as Linux tells it.
fn peak_of(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// What several runs say.
struct Figures {
    fastest: Duration,
    median: Duration,
    peak: u64,
}

impl Figures {
    fn of(samples: &[Sample]) -> Result<Self, &'static str> {
        let mut times: Vec<Duration> = samples.iter().map(|sample| sample.time).collect();
        times.sort();
        let (Some(fastest), Some(median)) = (times.first(), times.get(times.len() / 2)) else {
            return Err("at least one round is needed");
        };
        let peak = samples.iter().map(|sample| sample.peak).max().unwrap_or(0);
        Ok(Self { fastest: *fastest, median: *median, peak })
    }

    /// How many times as long as the base it took: the fastest run and the median.
    fn against(&self, base: &Self) -> String {
        let ratio = |a: Duration, b: Duration| a.as_secs_f64() / b.as_secs_f64();
        format!("{:>8.2} {:>6.2}", ratio(self.fastest, base.fastest), ratio(self.median, base.median))
    }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (fastest, median) = (self.fastest.as_secs_f64(), self.median.as_secs_f64());
        write!(f, "{fastest:>7.3} s {median:>7.3} s {:>10} MiB", self.peak / 1024)
    }
}
