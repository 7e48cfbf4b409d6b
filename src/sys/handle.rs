//! Handles. A handle names a slot of the table and one use of that slot.

pub(super) const INDEX_BITS: u32 = if usize::BITS >= 64 { 20 } else { 16 };

/// The generation of a slot grows by one at each use; a slot whose generations are used up is retired.
pub(super) const LAST_GENERATION: u64 = (1 << (NAME_BITS - INDEX_BITS)) - 1;

/// As long as an address in user space without its lowest bit: some languages keep tags in the other bits of a pointer.
const NAME_BITS: u32 = if usize::BITS >= 64 { 46 } else { 31 };
const NAME_MASK: usize = (1 << NAME_BITS) - 1;

/// An invertible multiplication spreads the names over all values, so that small numbers and nearby addresses, the
/// usual garbage, are not names.
pub(super) const SCRAMBLE: usize = 0x9e37_79b9_7f4a_7c15_u64 as usize;
const UNSCRAMBLE: usize = inverse(SCRAMBLE);

/// Before it is scrambled, it is `generation | index`.
pub(super) struct Name {
    pub(super) index: u32,
    pub(super) generation: u64,
}

impl Name {
    pub(super) fn handle(&self) -> usize {
        let name = (self.generation as usize) << INDEX_BITS | self.index as usize;
        (name.wrapping_mul(SCRAMBLE) & NAME_MASK) << 1
    }

    /// None: the value cannot be a handle.
    pub(super) fn of(handle: usize) -> Option<Name> {
        let scrambled = handle >> 1;
        if handle & 1 != 0 || scrambled > NAME_MASK {
            return None;
        }
        let name = scrambled.wrapping_mul(UNSCRAMBLE) & NAME_MASK;
        Some(Name { index: (name & ((1 << INDEX_BITS) - 1)) as u32, generation: (name >> INDEX_BITS) as u64 })
    }
}

/// A handle that no object gets, because the first generation of a slot is 1.
pub(crate) fn fixed_handle(number: u16) -> usize {
    Name { index: number.into(), generation: 0 }.handle()
}

/// The number of a fixed handle.
pub(crate) fn fixed_number(handle: usize) -> Option<u16> {
    let name = Name::of(handle)?;
    if name.generation == 0 { name.index.try_into().ok() } else { None }
}

/// The multiplicative inverse of an odd number. Each Newton step doubles the number of correct bits.
const fn inverse(odd: usize) -> usize {
    let mut found = odd;
    let mut step = 0;
    while step < 6 {
        found = found.wrapping_mul(2_usize.wrapping_sub(odd.wrapping_mul(found)));
        step += 1;
    }
    found
}
