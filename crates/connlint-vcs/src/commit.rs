//! Commits: what a revision means, common ancestors, the history of a branch.

use gix::ObjectId;

use crate::error::VcsError;
use crate::repository::Repository;

/// Characters of a subject or a name that are kept.
const MAX_TEXT: usize = 200;

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Its identifier.
    pub(crate) id: ObjectId,
    /// The first line of its message. It is the author's text: make it safe before it is printed.
    pub subject: String,
    /// Its author's name, as the subject.
    pub author: String,
    /// When it was made, as `2026-11-29`.
    pub date: String,
}

/// The first-parent history of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// The commit itself first, then its first parent, and so on.
    pub commits: Vec<Commit>,
    /// Whether there is more that was not fetched or is over the limit.
    pub is_cut: bool,
}

impl Commit {
    /// Its whole identifier in hexadecimal digits.
    pub fn id(&self) -> String {
        self.id.to_string()
    }

    /// The first digits of its identifier.
    pub fn short_id(&self) -> String {
        self.id.to_hex_with_len(10).to_string()
    }
}

impl Repository {
    /// The commit that a revision means: a branch, a tag, an identifier, `HEAD~2`.
    ///
    /// # Errors
    ///
    /// If there is none, or it cannot be read.
    pub fn commit(&self, revision: &str) -> Result<Commit, VcsError> {
        self.with(|repo| {
            let id = repo.rev_parse_single(revision).map_err(|_| self.unknown(repo, revision))?;
            let object = id.object().map_err(|_| self.missing(revision))?;
            let commit = object.peel_to_commit().map_err(|_| self.unknown(repo, revision))?;
            described(&commit).ok_or_else(|| self.missing(revision))
        })
    }

    /// The best common ancestor of two commits.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn merge_base(&self, ours: &Commit, theirs: &Commit) -> Result<Commit, VcsError> {
        let base = self.with(|repo| repo.merge_base(ours.id, theirs.id).ok().flatten().map(|id| id.detach()));
        let none = || {
            let (ours, theirs) = (ours.short_id(), theirs.short_id());
            VcsError::new(format!("{ours} and {theirs} have no common commit{}", self.shallow_hint()))
        };
        self.commit(&base.ok_or_else(none)?.to_string())
    }

    /// The first-parent history of a commit, back to `until` and with it, of at most so many commits.
    ///
    /// # Errors
    ///
    /// If `until` does not lie on it.
    pub fn history(&self, from: &Commit, until: Option<&Commit>, most: usize) -> Result<History, VcsError> {
        let history = self.with(|repo| first_parents(repo, from, until.map(|commit| commit.id), most));
        match until {
            Some(until) if history.commits.last().is_none_or(|last| last.id != until.id) => {
                let (from, until) = (from.short_id(), until.short_id());
                let why = format!("{until} does not lie on the first-parent history of {from}");
                Err(VcsError::new(format!("{why}{}", self.shallow_hint())))
            }
            _ => Ok(history),
        }
    }

    fn unknown(&self, repo: &gix::Repository, revision: &str) -> VcsError {
        let remote = format!("origin/{revision}");
        if !revision.contains(['^', '~', '@', ':']) && repo.rev_parse_single(remote.as_str()).is_ok() {
            return VcsError::new(format!("there is no revision `{revision}`; did you mean `{remote}`?"));
        }
        VcsError::new(format!("there is no revision `{revision}` here{}", self.shallow_hint()))
    }

    pub(crate) fn missing(&self, what: &str) -> VcsError {
        VcsError::new(format!("objects of `{what}` are not here{}", self.shallow_hint()))
    }

    fn shallow_hint(&self) -> &'static str {
        if self.is_shallow() {
            ": this clone is shallow; fetch its history, as `fetch-depth: 0` of actions/checkout or `git fetch --unshallow`"
        } else {
            ""
        }
    }
}

fn first_parents(repo: &gix::Repository, from: &Commit, until: Option<ObjectId>, most: usize) -> History {
    let mut history = History { commits: vec![from.clone()], is_cut: false };
    let mut id = from.id;
    while Some(id) != until {
        let commit = repo.find_object(id).ok().and_then(|object| object.try_into_commit().ok());
        let Some(parent) = commit.and_then(|commit| commit.parent_ids().next().map(|id| id.detach())) else {
            return history;
        };
        let object = repo.find_object(parent).ok().and_then(|object| object.try_into_commit().ok());
        match object.as_ref().and_then(described) {
            Some(commit) if history.commits.len() < most => history.commits.push(commit),
            _ => return History { is_cut: true, ..history },
        }
        id = parent;
    }
    history
}

fn described(commit: &gix::Commit<'_>) -> Option<Commit> {
    let shortened = |text: &[u8]| String::from_utf8_lossy(text).trim().chars().take(MAX_TEXT).collect::<String>();
    let subject = commit.message_raw_sloppy().split(|byte| *byte == b'\n').next().map(shortened);
    let author = commit.author().ok().map(|author| shortened(author.name.as_ref()));
    let time = commit.time().ok()?;
    Some(Commit {
        id: commit.id,
        subject: subject.unwrap_or_default(),
        author: author.unwrap_or_default(),
        date: time.format_or_unix(gix::date::time::format::SHORT),
    })
}
