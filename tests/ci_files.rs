//! The files that others paste into their CI: the book shows them as they are, and their scripts work.

use connlint_tests::bless::compare_part;
use connlint_tests::files::{repository, text};

#[test]
fn the_book_shows_the_files_as_they_are() {
    for name in ["github.yml", "github-code-scanning.yml", "gitlab.yml", "azure-pipelines.yml"] {
        let file = text(&repository().join("ci").join(name));
        compare_part(&repository().join("docs/pull-requests.md"), name, &format!("\n```yaml\n{file}```\n\n"));
    }
}

#[test]
fn no_job_that_reads_code_of_others_may_write_or_calls_cargo_there() {
    for file in ["ci/github.yml", ".github/workflows/pull-request.yml"] {
        let text = text(&repository().join(file));
        let (analyse, comment) = text.split_once("\n  comment:\n").expect("there are two jobs");
        assert!(!analyse.contains(": write") && analyse.contains("persist-credentials: false"), "{file}");
        assert!(!comment.contains("actions/checkout"), "{file}");
        assert!(text.contains("\npermissions: {}\n"), "{file}");
    }
    for file in ["action/analyse/analyse.sh", "ci/gitlab.yml", "ci/azure-pipelines.yml", ".pre-commit-hooks.yaml"] {
        assert!(!text(&repository().join(file)).contains("cargo connlint"), "{file}");
    }
}
