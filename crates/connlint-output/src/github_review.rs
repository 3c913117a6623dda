//! The JSON body of a review of a pull request on GitHub.
//!
//! GitHub refuses a review of which one comment lies outside of the pull request's diff. Who sends it leaves out such
//! comments, or lets connlint report what a change introduces.

use std::io::{self, Write};

use connlint_diagnostics::{Diagnostic, Report};
use serde::Serialize;

use crate::json_text::write_json;
use crate::markdown_text::{MAX_COMMENT, about_run, items, limited, line, markdown};
use crate::names::lint_url;
use crate::place::Places;
use crate::sources::SourceCache;
use crate::suggestion::new_line;
use crate::wording::{errors_first, level_name};
use crate::{EmitOptions, Format};

/// The format.
pub(crate) static FORMAT: Format<Report> = Format {
    name: "github-review",
    summary: "The JSON body of a review of a pull request on GitHub",
    readers: "review bots: the body of `POST /repos/…/pulls/…/reviews`, at most 30 comments, the other findings in its text",
    extension: "json",
    all_figures: false,
    has_provenance: false,
    write,
};

/// More comments in one request look like abuse to GitHub.
const MAX_COMMENTS: usize = 30;

#[derive(Serialize)]
struct Review {
    event: &'static str,
    body: String,
    comments: Vec<Comment>,
}

#[derive(Serialize)]
struct Comment {
    path: String,
    line: usize,
    side: &'static str,
    body: String,
}

/// Writes one review. Errors come first.
fn write(report: &Report, sources: &SourceCache<'_>, options: &EmitOptions, to: &mut dyn Write) -> io::Result<()> {
    let places = Places { sources, options };
    let (mut comments, mut rest) = (Vec::new(), Vec::new());
    for finding in errors_first(report) {
        match comment(finding, &places).filter(|_| comments.len() < MAX_COMMENTS) {
            Some(comment) => comments.push(comment),
            None => rest.push(format!("- {} {}", line(finding, &places), marker(finding))),
        }
    }
    let review = Review { event: "COMMENT", body: body(report, &rest, &places), comments };
    write_json(to, &review)
}

/// A comment at the first line of the finding; `None` if its file cannot be read, so that there is no line, or if it has
/// no line in the change that introduces it: GitHub refuses comments elsewhere.
fn comment(finding: &Diagnostic, places: &Places<'_>) -> Option<Comment> {
    if finding.introduced.as_ref().is_some_and(|introduced| introduced.at.is_none()) {
        return None;
    }
    let at = places.first_line(finding.shown_at())?;
    let (level, lint) = (level_name(finding.level), finding.lint.name);
    let title = format!("**{level}** [`{lint}`]({}): {}", lint_url(lint), markdown(&finding.headline));
    let head = format!("{}\n{title}\n\n", marker(finding));
    let room = MAX_COMMENT.saturating_sub(head.chars().count() + 200);
    let suggested = suggestion(finding, places).filter(|block| block.chars().count() < room).unwrap_or_default();
    let room = room - suggested.chars().count();
    let body = format!("{head}{}{suggested}", limited(&items(finding, places), room));
    Some(Comment {
        path: places.options.in_repository(&finding.shown_at().file),
        line: at.start.line,
        side: "RIGHT",
        body,
    })
}

/// What a reviewer applies with one click, if the fix is one of the line of the comment: GitHub replaces that line.
fn suggestion(finding: &Diagnostic, places: &Places<'_>) -> Option<String> {
    let text = new_line(finding, finding.shown_at(), places)?;
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    Some(format!("\n\n{fence}suggestion\n{text}\n{fence}"))
}

/// By which a bot finds the comment of a finding again.
fn marker(finding: &Diagnostic) -> String {
    format!("<!-- connlint: {} -->", finding.identity.id)
}

fn body(report: &Report, rest: &[String], places: &Places<'_>) -> String {
    let about = about_run(report, places);
    let head = "<!-- connlint -->\n### connlint\n\n";
    if rest.is_empty() {
        return format!("{head}{about}");
    }
    let room = MAX_COMMENT.saturating_sub(head.len() + about.chars().count() + 300);
    format!("{head}{about}\n\n**Findings without a comment of their own:**\n\n{}", limited(rest, room))
}
