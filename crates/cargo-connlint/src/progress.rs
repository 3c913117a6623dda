//! The progress bar: on a terminal, and only where a run takes longer than a second.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use connlint_parser::{Progress, Stage};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A run shorter than this shows no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// How far the run is, on standard error.
pub(crate) struct Bar {
    bar: ProgressBar,
    started: Instant,
    /// Whether there is someone to show it to, and it was not shown yet.
    waiting: AtomicBool,
}

impl Bar {
    /// A bar that is not shown yet.
    pub(crate) fn new(quiet: bool) -> Self {
        let wanted = !quiet && std::io::stderr().is_terminal() && !crate::terminal::in_ci();
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        Self { bar, started: Instant::now(), waiting: AtomicBool::new(wanted) }
    }

    /// Takes in how far the parser is; from any thread.
    pub(crate) fn parser(&self, progress: Progress) {
        match progress.stage {
            Stage::Walk => self.stage("looking for files"),
            Stage::Read => self.files("reading", progress),
            Stage::Parse => self.files("parsing", progress),
        }
    }

    /// A stage whose length is not known.
    pub(crate) fn stage(&self, name: &'static str) {
        self.bar.unset_length();
        self.bar.set_message(name);
        self.show_if_due();
        self.bar.tick();
    }

    fn files(&self, name: &'static str, progress: Progress) {
        self.bar.set_message(name);
        self.bar.set_length(progress.total as u64);
        self.bar.set_position(progress.done as u64);
        self.show_if_due();
    }

    fn show_if_due(&self) {
        let due = self.started.elapsed() > PATIENCE;
        if due && self.waiting.swap(false, Ordering::Relaxed) {
            // A constant template: it is right or the tests would fail.
            let style = ProgressStyle::with_template("{spinner} {msg:18} {wide_bar} {pos}/{len} {elapsed}");
            self.bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
            self.bar.enable_steady_tick(Duration::from_millis(120));
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
