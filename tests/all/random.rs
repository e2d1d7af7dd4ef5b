//! Numbers that look random and are the same in every run.

/// A small generator of numbers that are the same in every run (xorshift).
pub struct Dice(pub u64);

impl Dice {
    /// Numbers of a seed.
    pub fn of(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `below`.
    pub fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let below = u64::try_from(below).expect("small");
        usize::try_from(self.0 % below).expect("small")
    }

    /// One of these.
    pub fn pick<'a, T: ?Sized>(&mut self, options: &[&'a T]) -> &'a T {
        options[self.roll(options.len())]
    }
}
