//! The table of the objects that C programs have handles for.
//!
//! A handle is a name that is looked up here, not an address that is dereferenced. A handle that was released or freed,
//! belongs to another type or is garbage is not found. No name is given twice.
//!
//! There is no mutex. In a child that is forked while other threads are in this file the table works; each of these
//! threads costs the child one slot at most.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::any::Any;
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

// A slot's state is `generation | live | users`. The users' bits can count more threads than a process can have.
const USERS_BITS: u32 = 23;
const USERS: u64 = LIVE - 1;
const LIVE: u64 = 1 << USERS_BITS;
const GENERATION_SHIFT: u32 = USERS_BITS + 1;

pub(crate) struct Table {
    segments: [AtomicPtr<Slot>; SEGMENTS],
    /// The free slots, in several stacks, so that few threads share one.
    free: [Stack; STACKS],
    /// How many slots have ever been used.
    used: AtomicU32,
}

const STACKS: usize = 16;

/// The top of a stack of free slots: `tag << 32 | index + 1`. The tag grows with every change, so that a thread notices
/// that others have popped and pushed meanwhile. The alignment, here and below, keeps what one processor writes out of
/// the cache lines that others need.
#[repr(align(64))]
struct Stack {
    top: AtomicU64,
}

// On 32 bits, where slots are retired after fewer uses, they stay small.
#[cfg_attr(target_pointer_width = "64", repr(align(64)))]
struct Slot {
    state: AtomicU64,
    /// The free slot below this one: `index + 1`, or 0.
    below: AtomicU32,
    value: UnsafeCell<MaybeUninit<Object>>,
}

type Object = Box<dyn Any + Send + Sync>;

// SAFETY: objects enter by move and are seen by many threads through `Ref`, and they are Send and
// Sync; the slot states below order every access to them.
unsafe impl Sync for Table {}

/// An object in use. It is not dropped while this value exists.
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

    /// Stores an object and returns its handle. None: all slots are taken, and the object is dropped.
    pub(crate) fn insert<T: Any + Send + Sync>(&self, object: T) -> Option<usize> {
        self.insert_object(Box::new(object))
    }

    fn insert_object(&self, object: Object) -> Option<usize> {
        let index = self.pop_free().or_else(|| self.first_unused())?;
        let slot = self.slot(index)?;
        let generation = generation(slot.state.load(Relaxed)) + 1;
        // SAFETY: the slot was taken off the stack or never used, so this thread alone has it, and
        // no handle of its new generation exists yet.
        unsafe { (*slot.value.get()).write(object) };
        slot.state.store(live(generation), Release);
        Some(Name { index, generation }.handle())
    }

    /// The object of that name, if it is live and of that type.
    pub(crate) fn get<T: Any>(&self, handle: usize) -> Option<Ref<'_, T>> {
        let user = self.enter(handle)?;
        user.object().is::<T>().then_some(Ref { user, object: PhantomData })
    }

    /// Removes an object: it is no longer found, and the last `Ref` drops it. False: there is none.
    pub(crate) fn remove<T: Any>(&self, handle: usize) -> bool {
        self.get::<T>(handle).is_some_and(|found| found.retire())
    }

    /// Counts one more user of the object, if it is live.
    fn enter(&self, handle: usize) -> Option<User<'_>> {
        let Name { index, generation } = Name::of(handle)?;
        let slot = self.existing_slot(index)?;
        let next = |state| (state & !USERS == live(generation)).then_some(state + 1);
        slot.state.fetch_update(AcqRel, Relaxed, next).ok()?;
        Some(User { table: self, slot, index })
    }

    /// Takes the object out of a slot that is no longer live. Only its last user calls this.
    fn empty(&self, slot: &Slot, index: u32, before: u64) -> Object {
        // SAFETY: the slot is not live, so no user enters, and the last one has left: this thread alone has the object.
        let object = unsafe { (*slot.value.get()).assume_init_read() };
        if generation(before) < LAST_GENERATION {
            self.push_free(slot, index);
        }
        object
    }

    /// A free slot from the thread's own stack, or else from any.
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

    /// The slot. Its segment is allocated if it is missing.
    fn slot(&self, index: u32) -> Option<&Slot> {
        let (segment, _) = place(index)?;
        if self.segments[segment].load(Acquire).is_null() {
            let layout = Layout::array::<Slot>((FIRST_SEGMENT as usize) << segment).ok()?;
            // SAFETY: the layout has a size. All zeros are a slot that was never used.
            let made: *mut Slot = unsafe { alloc_zeroed(layout) }.cast();
            if made.is_null() {
                // As everywhere in Rust, the process is aborted if there is no memory.
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
    /// Removes the object: it is no longer found, and the last `Ref` drops it. False: it was removed before.
    pub(crate) fn retire(&self) -> bool {
        // The slot still has the generation that was entered, because this is a user of it.
        self.user.slot.state.fetch_and(!LIVE, AcqRel) & LIVE != 0
    }
}

impl User<'_> {
    fn object(&self) -> &(dyn Any + Send + Sync) {
        // SAFETY: the slot was live when this user counted itself in, so its object was written, and
        // it is dropped only by the last user.
        unsafe { &**(*self.slot.value.get()).assume_init_ref() }
    }
}

impl<T: Any> Deref for Ref<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self.user.object().downcast_ref() {
            Some(object) => object,
            None => unreachable!("a reference is made of an object of its type"),
        }
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

fn live(generation: u64) -> u64 {
    generation << GENERATION_SHIFT | LIVE
}

fn generation(state: u64) -> u64 {
    state >> GENERATION_SHIFT
}

/// The calling thread's stack of free slots, chosen by the address of a local variable, which costs nothing. Two
/// threads may share one, and a deeper call may choose another one: that is slower, but correct.
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
    use super::super::handle::{fixed_handle, fixed_number};
    use super::*;
    use std::collections::HashSet;
    use std::sync::Arc;
    use std::thread;

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
    fn a_slot_is_used_again() {
        let table = Table::new();
        for round in 0..3 {
            let name = table.insert(round).unwrap();
            let user = table.get::<i32>(name).unwrap();
            assert!(user.retire() && !user.retire());
            drop(user);
            assert_eq!(table.used.load(Relaxed), 1);
        }
    }

    #[test]
    fn a_fixed_handle_is_no_name_of_an_object() {
        let table = Table::new();
        let names: HashSet<usize> = (0..2_000).map(|value| table.insert(value).unwrap()).collect();
        for number in [0, 1, 102, 1_000, u16::MAX] {
            let handle = fixed_handle(number);
            assert_eq!(fixed_number(handle), Some(number));
            assert!(!names.contains(&handle) && table.get::<i32>(handle).is_none());
        }
        assert!(names.iter().all(|name| fixed_number(*name).is_none()));
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
                        if table.remove::<i32>(name) {
                            won.fetch_add(1, Relaxed);
                        }
                        let own = table.insert(round).unwrap();
                        assert!(table.remove::<i32>(own));
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
        slot.state.store(live(LAST_GENERATION), Relaxed);
        assert!(table.get::<i32>(first).is_none());
        let last = Name { index: 0, generation: LAST_GENERATION }.handle();
        assert!(table.remove::<i32>(last));
        table.insert(1).unwrap();
        assert_eq!(slot.state.load(Relaxed) & LIVE, 0, "the retired slot was used again");
    }
}
