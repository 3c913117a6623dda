//! Where a repository came from, as far as it may be shown.

use crate::repository::Repository;

/// Where a repository came from, and what is checked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The address of the remote `origin`, without a user's name or a password.
    pub url: Option<String>,
    /// The commit that is checked out.
    pub commit: Option<String>,
    /// The branch that is checked out.
    pub branch: Option<String>,
}

impl Repository {
    /// Where the repository came from.
    pub fn origin(&self) -> Origin {
        self.with(|repo| {
            let url = repo.config_snapshot().string("remote.origin.url");
            Origin {
                url: url.and_then(|url| public_url(&url.to_string())),
                commit: repo.head_id().ok().map(|id| id.to_string()),
                branch: repo.head_name().ok().flatten().map(|name| name.shorten().to_string()),
            }
        })
    }
}

/// The address as a URI without a user's name and a password; none if it names no other machine.
fn public_url(url: &str) -> Option<String> {
    let plain = |text: &str| text.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '\\' | '`'));
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (scheme, rest.to_owned()),
        // `git@host:path`; a drive's name is one letter.
        None => {
            let (host, path) = url.split_once(':').filter(|(host, _)| host.len() > 1 && !host.contains('/'))?;
            ("ssh", format!("{host}/{}", path.trim_start_matches('/')))
        }
    };
    if !matches!(scheme, "https" | "http" | "ssh" | "git") {
        return None;
    }
    let (authority, path) = rest.split_once('/')?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let url = format!("{scheme}://{host}/{}", path.split(['?', '#']).next().unwrap_or_default());
    (!host.is_empty() && plain(&url)).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_local_paths_are_left_out() {
        let public = |url: &str| public_url(url).unwrap_or_default();
        assert_eq!(public("https://user:token@code.example/o/r.git?a=b"), "https://code.example/o/r.git");
        assert_eq!(public("git@code.example:o/r.git"), "ssh://code.example/o/r.git");
        assert_eq!(public("ssh://git@code.example:22/o/r"), "ssh://code.example:22/o/r");
        for local in ["/srv/git/r.git", "file:///srv/git/r.git", "../r", "C:\\r", "ext::sh -c x", ""] {
            assert_eq!(public(local), "", "{local}");
        }
    }
}
