//! The same input gives the same bytes, with any number of threads.

use std::path::Path;

use connlint_output::FORMATS;
use connlint_parser::Limits;
use connlint_tests::files::fixtures;
use connlint_tests::pipeline::{analyse, emitted};

/// All formats of a run with so many threads.
fn outputs(root: &Path, threads: usize) -> Vec<(&'static str, String)> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let report = pool.install(|| analyse(root, &Limits { threads: Some(threads), ..Limits::default() }));
    FORMATS.iter().map(|format| (format.name, emitted(&report, root, format))).collect()
}

fn differs_nowhere(root: &Path) {
    let one = outputs(root, 1);
    for threads in [1, 2, 7] {
        for ((name, expected), (_, found)) in one.iter().zip(outputs(root, threads)) {
            assert!(*expected == found, "{name} of {} differs with {threads} threads", root.display());
        }
    }
}

#[test]
fn one_thread_and_many_threads_write_the_same_bytes() {
    for folder in ["incidents", "connection-per-request", "pool-per-request", "hostile"] {
        differs_nowhere(&fixtures().join(folder));
    }
}

#[test]
fn no_output_names_the_place_of_the_checkout() {
    let root = fixtures().join("incidents/2023-10-15-connection-per-request");
    for (name, output) in outputs(&root, 2) {
        let place = root.display().to_string();
        assert!(!output.contains(&place), "{name} contains {place}");
    }
}
