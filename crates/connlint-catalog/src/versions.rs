//! Which versions a row applies to.

use semver::{Op, Version, VersionReq};

/// Whether `version` is among those of `required`. A pre-release counts as its release too, for a lock file may hold
/// `3.0.0-rc.1` where the data say `>=3`.
pub fn applies(required: &VersionReq, version: Option<&Version>) -> bool {
    let Some(version) = version else { return true };
    if required.matches(version) {
        return true;
    }
    !version.pre.is_empty() && required.matches(&Version::new(version.major, version.minor, version.patch))
}

/// A version that both requirements allow, found among the bounds that they name and their neighbours.
pub(crate) fn common(left: &VersionReq, right: &VersionReq) -> Option<Version> {
    let bounds = left.comparators.iter().chain(&right.comparators);
    let mut candidates = vec![Version::new(0, 0, 1), Version::new(1, 0, 0)];
    for bound in bounds {
        let (major, minor, patch) = (bound.major, bound.minor.unwrap_or(0), bound.patch.unwrap_or(0));
        candidates.push(Version { pre: bound.pre.clone(), ..Version::new(major, minor, patch) });
        candidates.push(Version::new(major, minor, patch + 1));
        if bound.op == Op::Less || bound.op == Op::LessEq {
            candidates.extend(below(major, minor, patch));
        }
    }
    candidates.into_iter().find(|version| left.matches(version) && right.matches(version))
}

/// A version shortly below another one.
fn below(major: u64, minor: u64, patch: u64) -> Option<Version> {
    if let Some(patch) = patch.checked_sub(1) {
        return Some(Version::new(major, minor, patch));
    }
    if let Some(minor) = minor.checked_sub(1) {
        return Some(Version::new(major, minor, u64::from(u16::MAX)));
    }
    major.checked_sub(1).map(|major| Version::new(major, u64::from(u16::MAX), 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn req(text: &str) -> VersionReq {
        VersionReq::parse(text).expect("a requirement")
    }

    fn version(text: &str) -> Version {
        Version::parse(text).expect("a version")
    }

    #[test]
    fn a_prerelease_counts_as_its_release() {
        assert!(applies(&req(">=3"), Some(&version("3.0.0-rc.1"))));
        assert!(applies(&req(">=3.0.0-rc.1, <4"), Some(&version("3.0.0-rc.2"))));
        assert!(!applies(&req("<3"), Some(&version("3.0.0-rc.1"))));
        assert!(applies(&req("<3"), None));
    }

    #[test]
    fn adjacent_ranges_have_nothing_in_common_and_overlapping_ones_have() {
        assert_eq!(common(&req("<0.5"), &req(">=0.5")), None);
        assert_eq!(common(&req(">=0.5, <0.6"), &req(">=0.6")), None);
        assert!(common(&req(">=0.5, <0.7"), &req(">=0.6")).is_some());
        assert!(common(&VersionReq::STAR, &req("<2")).is_some());
        assert!(common(&req("<2"), &req("<3")).is_some());
    }
}
