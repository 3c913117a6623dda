//! Bounds of what a report says of one thing.

use std::collections::BTreeMap;

use connlint_facts::{Notice, NoticeKind};

/// Notices of one kind that a report has. Real projects have some hundred of all kinds together.
const MAX_OF_KIND: usize = 1_000;

/// Leaves out what is too much of one kind of notice, and says of how many.
pub fn bound_notices(notices: &mut Vec<Notice>) {
    let mut counts: BTreeMap<NoticeKind, usize> = BTreeMap::new();
    notices.retain(|notice| {
        let count = counts.entry(notice.kind).or_default();
        *count += 1;
        *count <= MAX_OF_KIND
    });
    let left_out = counts.into_iter().filter(|(_, count)| *count > MAX_OF_KIND);
    notices.extend(left_out.map(|(kind, count)| {
        let message = format!("{} more notices of this kind are left out", count - MAX_OF_KIND);
        Notice { kind, path: None, range: None, message }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use connlint_facts::RelPath;

    fn notice(kind: NoticeKind, at: usize) -> Notice {
        Notice { kind, path: Some(RelPath::new(format!("src/{at}.rs"))), range: None, message: "gone".to_owned() }
    }

    #[test]
    fn what_is_too_much_of_one_kind_is_counted() {
        let mut notices: Vec<Notice> = (0..5_000).map(|at| notice(NoticeKind::ParseError, at)).collect();
        notices.push(notice(NoticeKind::MissingModule, 1));
        let few = notices[MAX_OF_KIND - 1].clone();
        bound_notices(&mut notices);
        assert_eq!(notices.len(), MAX_OF_KIND + 2);
        assert_eq!(notices[MAX_OF_KIND - 1], few);
        assert_eq!(notices[MAX_OF_KIND].kind, NoticeKind::MissingModule);
        assert_eq!(notices[MAX_OF_KIND + 1].message, "4000 more notices of this kind are left out");
    }
}
