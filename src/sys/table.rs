//! A table of the objects that C programs hold handles of.
//!
//! A handle is a name, not an address: it is looked up here, so that one which was released, freed
//! twice, made up or meant for another type is answered with "no such handle", and never read
//! through. A name is never given twice.
//!
//! There is no mutex. A child that is forked while another thread is anywhere in this file finds
//! the table usable; at the worst one slot stays out of use in that child.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::cell::UnsafeCell;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ops::Deref;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering::*};

use super::handle::{INDEX_BITS, LAST_GENERATION, Name, SCRAMBLE};

// Slots come in segments, each twice the size of the one before, that are never moved or freed.
const FIRST_SEGMENT: u32 = 32;
const SEGMENTS: usize = INDEX_BITS as usize - FIRST_SEGMENT.ilog2() as usize;
const CAPACITY: u32 = FIRST_SEGMENT * ((1 << SEGMENTS) - 1);

// A slot's state is `kind | generation | live | users`. No process has more threads than users can be counted.
const USERS_BITS: u32 = 23;
const USERS: u64 = LIVE - 1;
const LIVE: u64 = 1 << USERS_BITS;
const GENERATION_SHIFT: u32 = USERS_BITS + 1;
const KIND_SHIFT: u32 = 56;

/// What a table can hold.
///
/// # Safety
///
/// No two types are of one kind.
pub(crate) unsafe trait Named: Send + Sync + 'static {
    const KIND: u8;
}

pub(crate) struct Table {
    segments: [AtomicPtr<Slot>; SEGMENTS],
    /// Free slots, in several stacks: a thread has one that it shares with few others.
    free: [Stack; STACKS],
    /// How many slots have ever been used.
    used: AtomicU32,
}

const STACKS: usize = 16;

/// The top of a stack of free slots: `tag << 32 | index + 1`. The tag grows with every change, so that a thread
/// which slept through a pop and a push notices. What one processor writes all the time shares no cache line with
/// what another one needs: that is what the alignment is for, here and below.
#[repr(align(64))]
struct Stack {
    top: AtomicU64,
}

// On 32 bits, where slots are used up, they are to be small.
#[cfg_attr(target_pointer_width = "64", repr(align(64)))]
struct Slot {
    state: AtomicU64,
    /// The free slot below this one: `index + 1`, or 0.
    below: AtomicU32,
    value: UnsafeCell<MaybeUninit<Object>>,
}

/// Its type is known from the slot's state.
type Object = Box<dyn Send + Sync>;

// SAFETY: objects enter by move and are seen by many threads through `Ref`, and they are Send and
// Sync; the slot states below order every access to them.
unsafe impl Sync for Table {}

/// An object in use, which is not dropped meanwhile.
pub(crate) struct Ref<'t, T> {
    user: User<'t>,
    object: PhantomData<&'t T>,
}

/// Keeps the object in a slot from being dropped.
struct User<'t> {
    table: &'t Table,
    slot: &'t Slot,
    index: u32,
}

impl Table {
    pub(crate) const fn new() -> Table {
        Table {
            segments: [const { AtomicPtr::new(null_mut()) }; SEGMENTS],
            free: [const { Stack { top: AtomicU64::new(0) } }; STACKS],
            used: AtomicU32::new(0),
        }
    }

    /// Puts an object in and names it. None, and the object dropped, when all names are taken.
    pub(crate) fn insert<T: Named>(&self, object: T) -> Option<usize> {
        self.insert_object(Box::new(object), T::KIND)
    }

    fn insert_object(&self, object: Object, kind: u8) -> Option<usize> {
        let index = self.pop_free().or_else(|| self.first_unused())?;
        let slot = self.slot(index)?;
        let generation = generation(slot.state.load(Relaxed)) + 1;
        // SAFETY: the slot was taken off the stack or never used, so this thread alone has it, and
        // no handle of its new generation exists yet.
        unsafe { (*slot.value.get()).write(object) };
        slot.state.store(live(kind, generation), Release);
        Some(Name { index, generation }.handle())
    }

    /// The object of that name, if it is live and of that type.
    pub(crate) fn get<T: Named>(&self, handle: usize) -> Option<Ref<'_, T>> {
        let (slot, index, _) = self.update(handle, T::KIND, |state| Some(state + 1))?;
        Some(Ref { user: User { table: self, slot, index }, object: PhantomData })
    }

    /// Ends that object: nobody finds it from now on, and the last `Ref` drops it. False: there is none.
    pub(crate) fn remove<T: Named>(&self, handle: usize) -> bool {
        self.remove_object(handle, T::KIND)
    }

    fn remove_object(&self, handle: usize, kind: u8) -> bool {
        let Some((slot, index, before)) = self.update(handle, kind, |state| Some(state & !LIVE)) else {
            return false;
        };
        if before & USERS == 0 {
            drop(self.empty(slot, index, before));
        }
        true
    }

    /// The same if nobody uses it at this moment; the object is the caller's then.
    pub(crate) fn take<T: Named>(&self, handle: usize) -> Option<Box<T>> {
        let without_users = |state| (state & USERS == 0).then_some(state & !LIVE);
        let (slot, index, before) = self.update(handle, T::KIND, without_users)?;
        let object = Box::into_raw(self.empty(slot, index, before));
        // SAFETY: it was made by a box of a T, which its kind says.
        Some(unsafe { Box::from_raw(object.cast()) })
    }

    /// Changes the state of a live object of that kind; gives its slot and the state before.
    #[inline]
    fn update(&self, handle: usize, kind: u8, next: impl Fn(u64) -> Option<u64>) -> Option<(&Slot, u32, u64)> {
        let Name { index, generation } = Name::of(handle)?;
        let wanted = live(kind, generation);
        let slot = self.existing_slot(index)?;
        let change = |state| if state & !USERS == wanted { next(state) } else { None };
        slot.state.fetch_update(AcqRel, Relaxed, change).ok().map(|before| (slot, index, before))
    }

    /// Takes the object out of a slot that is no longer live, and that nobody uses: so its last user does.
    fn empty(&self, slot: &Slot, index: u32, before: u64) -> Object {
        // SAFETY: nobody new comes in, and nobody else is in, so this thread alone has what is there.
        let object = unsafe { (*slot.value.get()).assume_init_read() };
        if generation(before) < LAST_GENERATION {
            self.push_free(slot, index);
        }
        object
    }

    /// From the thread's own stack, or else from any.
    fn pop_free(&self) -> Option<u32> {
        let own = own_stack();
        (own..own + STACKS).find_map(|stack| self.pop(&self.free[stack % STACKS].top))
    }

    fn pop(&self, stack: &AtomicU64) -> Option<u32> {
        let mut top = stack.load(Acquire);
        loop {
            let index = (top as u32).checked_sub(1)?;
            let below = self.existing_slot(index)?.below.load(Relaxed);
            match stack.compare_exchange_weak(top, retag(top, below), AcqRel, Acquire) {
                Ok(_) => return Some(index),
                Err(now) => top = now,
            }
        }
    }

    fn push_free(&self, slot: &Slot, index: u32) {
        let stack = &self.free[own_stack()].top;
        let mut top = stack.load(Relaxed);
        loop {
            slot.below.store(top as u32, Relaxed);
            match stack.compare_exchange_weak(top, retag(top, index + 1), AcqRel, Relaxed) {
                Ok(_) => return,
                Err(now) => top = now,
            }
        }
    }

    fn first_unused(&self) -> Option<u32> {
        self.used.fetch_update(Relaxed, Relaxed, |used| (used < CAPACITY).then_some(used + 1)).ok()
    }

    /// The slot, in a segment that is made when it does not exist yet.
    fn slot(&self, index: u32) -> Option<&Slot> {
        let (segment, _) = place(index)?;
        if self.segments[segment].load(Acquire).is_null() {
            let layout = Layout::array::<Slot>((FIRST_SEGMENT as usize) << segment).ok()?;
            // SAFETY: slots have a size. All zero is what a slot that was never used is.
            let made: *mut Slot = unsafe { alloc_zeroed(layout) }.cast();
            if made.is_null() {
                // As everywhere in Rust. To answer that there is no name would be too late for some callers.
                handle_alloc_error(layout);
            }
            if self.segments[segment].compare_exchange(null_mut(), made, AcqRel, Acquire).is_err() {
                // SAFETY: another thread published its segment first; this one was never shared.
                unsafe { dealloc(made.cast(), layout) };
            }
        }
        self.existing_slot(index)
    }

    fn existing_slot(&self, index: u32) -> Option<&Slot> {
        let (segment, offset) = place(index)?;
        let first = self.segments[segment].load(Acquire);
        if first.is_null() {
            return None;
        }
        // SAFETY: a published segment has FIRST_SEGMENT << segment slots, `place` gives an offset
        // below that, and segments are never freed.
        Some(unsafe { &*first.add(offset) })
    }
}

impl<T> Ref<'_, T> {
    /// From now on nobody finds the object. It is dropped with the last `Ref`.
    pub(crate) fn retire(&self) {
        // The slot is still of the generation that was entered: it has a user.
        self.user.slot.state.fetch_and(!LIVE, AcqRel);
    }
}

impl<T> Deref for Ref<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the slot was live when this user counted itself in, so its object was written, and
        // it is dropped only by the last user. Its kind says that it is a T.
        unsafe { &*(&raw const **(*self.user.slot.value.get()).assume_init_ref()).cast() }
    }
}

impl Drop for User<'_> {
    fn drop(&mut self) {
        let before = self.slot.state.fetch_sub(1, AcqRel);
        if before & (LIVE | USERS) == 1 {
            drop(self.table.empty(self.slot, self.index, before));
        }
    }
}

fn live(kind: u8, generation: u64) -> u64 {
    u64::from(kind) << KIND_SHIFT | generation << GENERATION_SHIFT | LIVE
}

fn generation(state: u64) -> u64 {
    state >> GENERATION_SHIFT & ((1 << (KIND_SHIFT - GENERATION_SHIFT)) - 1)
}

/// By where the thread's memory for calls is, which takes no time to find out. Two threads may share one, and a thread
/// may have another one from a deeper call: then it is slower, and as right.
fn own_stack() -> usize {
    let here = 0_u8;
    ((&raw const here).addr() >> 16).wrapping_mul(SCRAMBLE) >> (usize::BITS - STACKS.ilog2())
}

/// Segment and offset of a slot: segment s starts at index FIRST_SEGMENT * (2^s - 1).
fn place(index: u32) -> Option<(usize, usize)> {
    if index >= CAPACITY {
        return None;
    }
    let segment = (index / FIRST_SEGMENT + 1).ilog2();
    Some((segment as usize, (index - FIRST_SEGMENT * ((1 << segment) - 1)) as usize))
}

fn retag(top: u64, index: u32) -> u64 {
    ((top >> 32).wrapping_add(1) << 32) | u64::from(index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::sync::Arc;
    use std::thread;

    // SAFETY: each is of a kind of its own.
    unsafe impl Named for i32 {
        const KIND: u8 = 0;
    }
    unsafe impl Named for usize {
        const KIND: u8 = 1;
    }
    unsafe impl Named for Arc<()> {
        const KIND: u8 = u8::MAX;
    }

    #[test]
    fn a_removed_name_is_never_found_again() {
        let table = Table::new();
        let mut seen = HashSet::new();
        for round in 0..10_000 {
            let name = table.insert(round).unwrap();
            assert!(seen.insert(name), "a name was given twice");
            assert_eq!(*table.get::<i32>(name).unwrap(), round);
            assert!(table.remove::<i32>(name));
            assert!(table.get::<i32>(name).is_none());
            assert!(!table.remove::<i32>(name));
        }
    }

    #[test]
    fn garbage_and_names_of_another_type_are_unknown() {
        let table = Table::new();
        let name = table.insert(1).unwrap();
        assert!(table.get::<usize>(name).is_none());
        assert!(!table.remove::<usize>(name));
        assert!(table.take::<usize>(name).is_none());
        assert!(table.get::<i32>(name).is_some(), "it went with a failed removal");
        for garbage in (0..100_000).chain([
            usize::MAX,
            &raw const table as usize,
            name ^ 1,
            name + 8,
            name | 1 << (usize::BITS - 1),
        ]) {
            assert!(table.get::<i32>(garbage).is_none(), "{garbage:#x} was taken for a name");
        }
    }

    #[test]
    fn names_look_like_addresses() {
        let table = Table::new();
        for value in 0..1_000 {
            let name = table.insert(value).unwrap();
            assert!(name & 1 == 0 && name as u64 >> 47 == 0, "{name:#x}");
        }
    }

    #[test]
    fn the_last_user_drops_the_value() {
        let table = Table::new();
        let value = Arc::new(());
        let name = table.insert(value.clone()).unwrap();
        let user = table.get::<Arc<()>>(name).unwrap();
        assert!(table.remove::<Arc<()>>(name));
        assert_eq!(Arc::strong_count(&value), 2, "dropped while in use");
        drop(user);
        assert_eq!(Arc::strong_count(&value), 1, "not dropped after its last use");
    }

    #[test]
    fn what_others_use_is_not_taken() {
        let table = Table::new();
        let value = Arc::new(());
        let name = table.insert(value.clone()).unwrap();
        let user = table.get::<Arc<()>>(name).unwrap();
        assert!(table.take::<Arc<()>>(name).is_none());
        drop(user);
        let taken = table.take::<Arc<()>>(name).unwrap();
        assert!(table.get::<Arc<()>>(name).is_none() && table.take::<Arc<()>>(name).is_none());
        assert_eq!(table.used.load(Relaxed), 1);
        table.insert(1).unwrap();
        assert_eq!(table.used.load(Relaxed), 1, "its slot is not used again");
        drop(taken);
        assert_eq!(Arc::strong_count(&value), 1);
    }

    #[test]
    fn many_live_objects_keep_their_names() {
        let table = Table::new();
        let names: Vec<usize> = (0..5_000_usize).map(|value| table.insert(value).unwrap()).collect();
        for (value, name) in names.iter().enumerate() {
            assert_eq!(*table.get::<usize>(*name).unwrap(), value);
        }
        assert_eq!(names.iter().filter(|name| table.remove::<usize>(**name)).count(), 5_000);
    }

    #[test]
    fn of_many_threads_one_removes() {
        let table = Table::new();
        let won = AtomicU32::new(0);
        for round in 0..500 {
            let name = table.insert(round).unwrap();
            thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        if let Some(found) = table.get::<i32>(name) {
                            assert_eq!(*found, round);
                        }
                        if table.take::<i32>(name).is_some() || table.remove::<i32>(name) {
                            won.fetch_add(1, Relaxed);
                        }
                        let own = table.insert(round).unwrap();
                        assert_eq!(*table.take::<i32>(own).unwrap(), round);
                    });
                }
            });
        }
        assert_eq!(won.load(Relaxed), 500);
    }

    #[test]
    fn a_slot_without_names_left_is_retired() {
        let table = Table::new();
        let first = table.insert(0).unwrap();
        let slot = table.existing_slot(0).unwrap();
        slot.state.store(live(i32::KIND, LAST_GENERATION), Relaxed);
        assert!(table.get::<i32>(first).is_none());
        let last = Name { index: 0, generation: LAST_GENERATION }.handle();
        assert!(table.remove::<i32>(last));
        table.insert(1).unwrap();
        assert_eq!(slot.state.load(Relaxed) & LIVE, 0, "the retired slot was used again");
    }
}
