//! Inputs made of other inputs.

use fastrand::Rng;

use super::Target;

/// Longest input that is made, in bytes.
const LONGEST: usize = 1 << 16;

/// Bytes of an input that is made of nothing.
const FRESH: usize = 256;

/// One of the seeds, changed a few times.
pub fn mutated(target: &Target, seeds: &[Vec<u8>], random: &mut Rng) -> Vec<u8> {
    if seeds.is_empty() || random.usize(..8) == 0 {
        return fresh(target, random);
    }
    let mut input = pick(random, seeds).clone();
    for _ in 0..=random.usize(..6) {
        change(&mut input, target, seeds, random);
    }
    input.truncate(LONGEST);
    input
}

fn pick<'t, T>(random: &mut Rng, from: &'t [T]) -> &'t T {
    random.choice(from).expect("there is one to choose")
}

fn bytes(random: &mut Rng, number: usize) -> Vec<u8> {
    (0..number).map(|_| random.u8(..)).collect()
}

/// Words after each other; bytes where the target has no words.
fn fresh(target: &Target, random: &mut Rng) -> Vec<u8> {
    let length = random.usize(..FRESH);
    if target.words.is_empty() {
        return bytes(random, length);
    }
    let words: Vec<&str> = (0..length).map(|_| *pick(random, target.words)).collect();
    words.join(*pick(random, &["", " ", "\n"])).into_bytes()
}

fn change(input: &mut Vec<u8>, target: &Target, seeds: &[Vec<u8>], random: &mut Rng) {
    let at = random.usize(..input.len() + 1);
    let longest = 1 << random.usize(..12);
    let end = at + random.usize(..(input.len() - at).min(longest) + 1);
    match random.usize(..8) {
        0 => drop(input.drain(at..end)),
        1 => {
            let part = input[at..end].to_vec();
            let to = random.usize(..input.len() + 1);
            input.splice(to..to, part);
        }
        2 => {
            let part = input[at..end].repeat(1 + random.usize(..64));
            input.splice(at..at, part);
        }
        3 => {
            let other = pick(random, seeds);
            let from = random.usize(..other.len() + 1);
            let to = from + random.usize(..(other.len() - from).min(2_000) + 1);
            input.splice(at..end, other[from..to].iter().copied());
        }
        4 | 5 if !target.words.is_empty() => {
            let word =
                pick(random, target.words).repeat(if random.usize(..16) == 0 { 1 + random.usize(..300) } else { 1 });
            let until = if random.usize(..2) == 0 { at } else { end };
            input.splice(at..until, word.into_bytes());
        }
        6 => {
            let number = ["0", "-1", "255", "65536", "4294967296", "18446744073709551616", "1e999", "nan"];
            input.splice(at..end, pick(random, &number).bytes());
        }
        _ => {
            let new = bytes(random, 1);
            input.splice(at..end.min(at + 1), new);
        }
    }
}
