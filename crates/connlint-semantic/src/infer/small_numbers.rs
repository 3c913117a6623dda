//! Lists of numbers of one body, each in as little room as its largest takes: most bodies are small.

/// Numbers by index.
#[derive(Debug)]
pub(super) enum SmallNumbers {
    Bytes(Box<[u8]>),
    Shorts(Box<[u16]>),
    Words(Box<[u32]>),
}

impl Default for SmallNumbers {
    fn default() -> Self {
        Self::Bytes(Box::default())
    }
}

impl SmallNumbers {
    pub(super) fn of(numbers: &[u32]) -> Self {
        let largest = numbers.iter().copied().max().unwrap_or(0);
        if u8::try_from(largest).is_ok() {
            Self::Bytes(numbers.iter().map(|&number| number as u8).collect())
        } else if u16::try_from(largest).is_ok() {
            Self::Shorts(numbers.iter().map(|&number| number as u16).collect())
        } else {
            Self::Words(numbers.into())
        }
    }

    pub(super) fn get(&self, index: usize) -> Option<u32> {
        match self {
            Self::Bytes(numbers) => numbers.get(index).map(|&number| u32::from(number)),
            Self::Shorts(numbers) => numbers.get(index).map(|&number| u32::from(number)),
            Self::Words(numbers) => numbers.get(index).copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SmallNumbers;

    #[test]
    fn numbers_of_every_size_are_what_was_put_in() {
        for numbers in [&[][..], &[0, 255], &[7, 256], &[65_535, 3], &[65_536, 0], &[u32::MAX]] {
            let kept = SmallNumbers::of(numbers);
            let found: Vec<u32> = (0..numbers.len()).filter_map(|index| kept.get(index)).collect();
            assert_eq!((&found[..], kept.get(numbers.len())), (numbers, None));
        }
    }
}
