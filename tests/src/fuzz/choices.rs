//! Where choices come from: a seed, or the bytes of an input.

/// A generator of numbers: xorshift64*, so that a seed gives the same inputs everywhere.
pub struct Random(u64);

impl Random {
    /// A generator that begins with a seed.
    pub fn new(seed: u64) -> Self {
        let mut random = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        // Seeds that are near each other begin alike.
        for _ in 0..8 {
            random.next();
        }
        random
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `end`; 0 if that is 0.
    pub fn below(&mut self, end: usize) -> usize {
        ((self.next() >> 33) as usize).checked_rem(end).unwrap_or(0)
    }

    /// An element of a list that is not empty.
    pub fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[self.below(from.len())]
    }

    /// A list in another order.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for end in (1..list.len()).rev() {
            let other = self.below(end + 1);
            list.swap(end, other);
        }
    }

    /// So many bytes.
    pub(super) fn bytes(&mut self, number: usize) -> Vec<u8> {
        (0..number).map(|_| self.next().to_be_bytes()[0]).collect()
    }
}

/// The bytes of an input as choices. Where they end the first choice is made, which is the one that ends soonest.
pub(super) struct Choices<'b> {
    bytes: &'b [u8],
}

impl<'b> Choices<'b> {
    pub(super) fn of(bytes: &'b [u8]) -> Self {
        Self { bytes }
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        let Some((first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        usize::from(*first) % end
    }

    pub(super) fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.below(from.len())]
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.bytes.is_empty()
    }
}
