//! Inputs made of other inputs.

use super::Target;
use super::choices::Random;

/// Longest input that is made, in bytes.
const LONGEST: usize = 1 << 16;

/// Bytes of an input that is made of nothing.
const FRESH: usize = 256;

/// One of the seeds, changed a few times.
pub fn mutated(target: &Target, seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    if seeds.is_empty() || random.below(8) == 0 {
        return fresh(target, random);
    }
    let mut input = random.pick(seeds).clone();
    for _ in 0..=random.below(6) {
        change(&mut input, target, seeds, random);
    }
    input.truncate(LONGEST);
    input
}

/// Words after each other; bytes where the target has no words.
fn fresh(target: &Target, random: &mut Random) -> Vec<u8> {
    let length = random.below(FRESH);
    if target.words.is_empty() {
        return random.bytes(length);
    }
    let words: Vec<&str> = (0..length).map(|_| *random.pick(target.words)).collect();
    words.join(*random.pick(&["", " ", "\n"])).into_bytes()
}

fn change(input: &mut Vec<u8>, target: &Target, seeds: &[Vec<u8>], random: &mut Random) {
    let at = random.below(input.len() + 1);
    let longest = 1 << random.below(12);
    let end = at + random.below((input.len() - at).min(longest) + 1);
    match random.below(8) {
        0 => drop(input.drain(at..end)),
        1 => {
            let part = input[at..end].to_vec();
            let to = random.below(input.len() + 1);
            input.splice(to..to, part);
        }
        2 => {
            let part = input[at..end].repeat(1 + random.below(64));
            input.splice(at..at, part);
        }
        3 => {
            let other = random.pick(seeds);
            let from = random.below(other.len() + 1);
            let to = from + random.below((other.len() - from).min(2_000) + 1);
            input.splice(at..end, other[from..to].iter().copied());
        }
        4 | 5 if !target.words.is_empty() => {
            let word = random.pick(target.words).repeat(if random.below(16) == 0 { 1 + random.below(300) } else { 1 });
            let until = if random.below(2) == 0 { at } else { end };
            input.splice(at..until, word.into_bytes());
        }
        6 => {
            let number = ["0", "-1", "255", "65536", "4294967296", "18446744073709551616", "1e999", "nan"];
            input.splice(at..end, random.pick(&number).bytes());
        }
        _ => {
            let new = random.bytes(1);
            input.splice(at..end.min(at + 1), new);
        }
    }
}
