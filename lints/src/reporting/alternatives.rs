//! One finding for the arms of one `match`: what each of them opens or builds has one cause, and one edit corrects it.

use std::collections::{BTreeMap, BTreeSet};

use connlint_diagnostics::{Confidence, Diagnostic, Impact, Label};
use connlint_semantic::Choice;

/// A finding on what is opened or built.
pub(crate) struct Alternative<'p> {
    pub(crate) finding: Diagnostic,
    /// The crate of what it is about.
    pub(crate) krate: &'p str,
    /// The arms in which it is, or in which its constructor is called.
    pub(crate) choices: &'p [Choice],
}

/// Joins findings on what is of one crate in different arms of one `if` or `match`, or in constructors that such arms
/// call: the one that matters most has the others as siblings.
pub(crate) fn joined(found: Vec<Alternative<'_>>) -> Vec<Diagnostic> {
    let groups = groups(&found.iter().map(|one| (one.krate, one.choices)).collect::<Vec<_>>());
    let mut of_group: BTreeMap<usize, Vec<Diagnostic>> = BTreeMap::new();
    for (Alternative { finding, .. }, group) in found.into_iter().zip(groups) {
        of_group.entry(group).or_default().push(finding);
    }
    of_group.into_values().filter_map(one_of).collect()
}

/// For each list of arms the number of its group: those of one crate in different arms of one choice are in one.
fn groups(all: &[(&str, &[Choice])]) -> Vec<usize> {
    let mut arms: BTreeMap<(&str, (u32, u32)), BTreeSet<u32>> = BTreeMap::new();
    for (krate, choices) in all {
        for choice in *choices {
            arms.entry((krate, choice.of)).or_default().insert(choice.arm);
        }
    }
    let mut group: Vec<usize> = (0..all.len()).collect();
    for ((krate, of), _) in arms.into_iter().filter(|(_, arms)| arms.len() > 1) {
        let is_member = |(name, choices): &(&str, &[Choice])| *name == krate && choices.iter().any(|c| c.of == of);
        let members = all.iter().zip(&group).filter(|(one, _)| is_member(one));
        let joined: BTreeSet<usize> = members.map(|(_, &group)| group).collect();
        let Some(&first) = joined.first() else { continue };
        group.iter_mut().filter(|group| joined.contains(group)).for_each(|group| *group = first);
    }
    group
}

/// The finding that matters most of several, with the places of the others.
fn one_of(mut findings: Vec<Diagnostic>) -> Option<Diagnostic> {
    let shown = |f: &Diagnostic| f.confidence.degree >= Confidence::Medium && f.impact.degree >= Impact::Medium;
    let rank = |f: &Diagnostic| (shown(f), f.impact.degree, f.confidence.degree, std::cmp::Reverse(f.trace.len()));
    findings.sort_by_key(|finding| std::cmp::Reverse(rank(finding)));
    let mut findings = findings.into_iter();
    let mut first = findings.next()?;
    for other in findings {
        let text = "another arm does so too".to_owned();
        first.siblings.push(Label { span: other.primary, text });
        first.siblings.extend(other.siblings);
    }
    Some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_in_different_arms_of_one_choice_are_one_group() {
        let choice = |of, arm| Choice { of: (0, of), arm };
        let (a, b) = ([choice(1, 2)], [choice(1, 3), choice(7, 8)]);
        let (c, d) = ([choice(7, 9)], [choice(5, 6)]);
        let (same_arm, other_crate) = ([choice(5, 6)], [choice(1, 9)]);
        let of = |choices| ("http", choices);
        let all = [of(&a[..]), of(&d), of(&b), of(&same_arm), of(&c), of(&[]), ("mail", &other_crate[..])];
        assert_eq!(groups(&all), vec![0, 1, 0, 3, 0, 5, 6]);
    }
}
