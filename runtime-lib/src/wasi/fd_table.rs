//! The guest's descriptors. A guest number is an index into a table of the runtime's own and says nothing about the host's
//! number; 0, 1 and 2 are standard input, output and error without any set-up. The lowest free number from 3 on is given out: a
//! program that closes its standard output must not find what it prints later in the next file that it opens.
//!
//! Where there are several threads, one may close what another one uses. The number is free at once, but the host's descriptor is
//! closed by its last user, as the host itself keeps an open file: so the host cannot give its number to something
//! else while a thread is about to use it.

use core::ops::Deref;

use super::descriptor::{Descriptor, Traits};
use super::types::{Errno, Filetype, Result, rights};
use crate::lock::Lock;
use crate::{sys, thread};

/// Nobody counts the users of descriptors where only the running function can be one.
const COUNTS: usize = thread::POSSIBLE as usize;

/// What a number stands for.
#[derive(Clone, Copy)]
enum Slot {
    Free,
    /// Something that is about to be opened.
    Reserved,
    Open(Open),
}

/// A descriptor and the number of its users.
#[derive(Clone, Copy)]
struct Open {
    descriptor: Descriptor,
    users: [u32; COUNTS],
}

impl Open {
    const fn new(descriptor: Descriptor) -> Open {
        Open { descriptor, users: [0; COUNTS] }
    }

    fn is_used(&self) -> bool {
        self.users.first().is_some_and(|users| *users != 0)
    }
}

/// An array of slots, which may be a part of the executable and moves to a mapping when it grows.
struct Slots {
    start: *mut Slot,
    capacity: usize,
    mapped: usize,
}

impl Slots {
    fn all(&mut self) -> &mut [Slot] {
        if self.capacity == 0 {
            return &mut [];
        }
        // SAFETY: `start` points to `capacity` initialised elements that only this array uses.
        unsafe { core::slice::from_raw_parts_mut(self.start, self.capacity) }
    }

    /// Doubles the array.
    #[cold]
    fn grow(&mut self) -> Result<()> {
        let capacity = INITIAL_CAPACITY.max(self.capacity * 2);
        let bytes = (capacity * size_of::<Slot>()).next_multiple_of(sys::page_size());
        let start: *mut Slot = sys::allocate(bytes, false).ok_or(Errno::Nomem)?.cast();
        let old = self.all();
        for index in 0..capacity {
            let slot = old.get(index).copied().unwrap_or(Slot::Free);
            // SAFETY: the mapping has room for `capacity` elements and is aligned to a page.
            unsafe { start.add(index).write(slot) };
        }
        if self.mapped != 0 {
            // SAFETY: the mapping was made by an earlier `grow`, and nothing points into it any more.
            unsafe { sys::release(self.start.cast(), self.mapped) };
        }
        *self = Slots { start, capacity, mapped: bytes };
        Ok(())
    }

    /// The first free slot from `from` on, which may be a new one.
    fn free(&mut self, from: usize) -> Result<usize> {
        let free = self.all().iter().skip(from).position(|slot| matches!(slot, Slot::Free));
        if let Some(free) = free {
            return Ok(from + free);
        }
        let first_new = self.capacity.max(from);
        self.grow()?;
        Ok(first_new)
    }

    fn set(&mut self, index: usize, slot: Slot) {
        if let Some(place) = self.all().get_mut(index) {
            *place = slot;
        }
    }

    /// The slot of the descriptor with this number of the host's.
    fn find(&mut self, host: i32) -> Option<&mut Slot> {
        let is_wanted = |slot: &&mut Slot| matches!(slot, Slot::Open(open) if open.descriptor.host_number() == host);
        self.all().iter_mut().find(is_wanted)
    }
}

/// Lowest number that is given out.
const FIRST_GIVEN: usize = 3;

/// All descriptors.
struct FdTable {
    /// By the guest's numbers.
    slots: Slots,
    /// No number below this one is free, but for those of the standard streams.
    lowest_free: usize,
    /// Those that the guest has closed and threads still use.
    closed: [Slots; COUNTS],
}

impl FdTable {
    fn open(&mut self, fd: u32) -> Result<&mut Open> {
        match self.slots.all().get_mut(fd as usize) {
            Some(Slot::Open(open)) => Ok(open),
            _ => Err(Errno::Badf),
        }
    }

    /// A descriptor that is in use, wherever it is now.
    fn used(&mut self, using: &Use) -> Option<&mut Slot> {
        let is_there = self.open(using.fd).is_ok_and(|open| open.descriptor.host_number() == using.host);
        if is_there {
            return self.slots.all().get_mut(using.fd as usize);
        }
        // It has got another number, or none any more.
        let closed = self.closed.iter_mut().flat_map(|slots| slots.find(using.host));
        self.slots.find(using.host).into_iter().chain(closed).next()
    }

    /// The lowest free number from [`FIRST_GIVEN`] on, with a slot behind it.
    fn free(&mut self) -> Result<usize> {
        let free = self.slots.free(self.lowest_free)?;
        self.lowest_free = free;
        Ok(free)
    }

    fn set_free(&mut self, fd: u32) {
        self.slots.set(fd as usize, Slot::Free);
        self.lowest_free = self.lowest_free.min((fd as usize).max(FIRST_GIVEN));
    }

    fn start_use(&mut self, fd: u32) -> Result<Lent> {
        let open = self.open(fd)?;
        for users in &mut open.users {
            *users += 1;
        }
        let using = Use { fd, host: open.descriptor.host_number() };
        Ok(Lent { descriptor: open.descriptor, using })
    }

    /// Gives the descriptor to be closed, if there is one.
    fn end_use(&mut self, using: &Use) -> Option<Descriptor> {
        let Some(Slot::Open(open)) = self.used(using) else { return None };
        for users in &mut open.users {
            *users -= 1;
        }
        if open.is_used() {
            return None;
        }
        let closed = self.closed.iter_mut().find_map(|slots| slots.find(using.host))?;
        match core::mem::replace(closed, Slot::Free) {
            Slot::Open(open) => Some(open.descriptor),
            Slot::Free | Slot::Reserved => None,
        }
    }

    /// Frees a number. Gives its descriptor, unless somebody uses that and will close it.
    fn take(&mut self, fd: u32) -> Result<Option<Descriptor>> {
        let open = *self.open(fd)?;
        if open.is_used() {
            for slots in &mut self.closed {
                let free = slots.free(0)?;
                slots.set(free, Slot::Open(open));
            }
        }
        self.set_free(fd);
        Ok((!open.is_used()).then_some(open.descriptor))
    }

    /// Moves a descriptor to the number of another one, which is taken.
    fn renumber(&mut self, from: u32, to: u32) -> Result<Option<Descriptor>> {
        let open = *self.open(from)?;
        self.open(to)?;
        if from == to {
            return Ok(None);
        }
        let overwritten = self.take(to)?;
        self.slots.set(to as usize, Slot::Open(open));
        self.set_free(from);
        Ok(overwritten)
    }
}

const INITIAL_CAPACITY: usize = 8;

/// The first slots, a part of the executable.
struct Initial(core::cell::UnsafeCell<[Slot; INITIAL_CAPACITY]>);

// SAFETY: the table alone uses it, under its lock.
unsafe impl Sync for Initial {}

static INITIAL: Initial = Initial(core::cell::UnsafeCell::new([
    Slot::Open(Open::new(Descriptor::standard(0, Traits::READ, rights::FD_READ))),
    Slot::Open(Open::new(Descriptor::standard(1, Traits::WRITE, rights::FD_WRITE))),
    Slot::Open(Open::new(Descriptor::standard(2, Traits::WRITE, rights::FD_WRITE))),
    Slot::Free,
    Slot::Free,
    Slot::Free,
    Slot::Free,
    Slot::Free,
]));

const NO_SLOTS: Slots = Slots { start: core::ptr::null_mut(), capacity: 0, mapped: 0 };

static TABLE: Lock<FdTable> = Lock::new(FdTable {
    slots: Slots { start: INITIAL.0.get().cast(), capacity: INITIAL_CAPACITY, mapped: 0 },
    lowest_free: FIRST_GIVEN,
    closed: [NO_SLOTS; COUNTS],
});

/// The use of a descriptor by a host function: as long as it lasts, the host's descriptor stays open.
pub struct Use {
    /// The number it had in the beginning.
    fd: u32,
    host: i32,
}

impl Drop for Use {
    fn drop(&mut self) {
        if thread::POSSIBLE
            && let Some(descriptor) = TABLE.with(|table| table.end_use(self))
        {
            // Whoever closed it has been told that it is closed.
            let _ = descriptor.close();
        }
    }
}

/// A descriptor in use, as it was in the beginning.
pub struct Lent {
    descriptor: Descriptor,
    using: Use,
}

impl Deref for Lent {
    type Target = Descriptor;

    fn deref(&self) -> &Descriptor {
        &self.descriptor
    }
}

impl Lent {
    /// Changes the descriptor as it is now. No other thread sees or changes it meanwhile.
    pub fn update<R>(&self, change: impl FnOnce(&mut Descriptor) -> Result<R>) -> Result<R> {
        TABLE.with(|table| match table.used(&self.using) {
            Some(Slot::Open(open)) => change(&mut open.descriptor),
            _ => Err(Errno::Badf),
        })
    }

    /// The use alone.
    pub fn into_use(self) -> Use {
        self.using
    }
}

/// The descriptor of this number.
pub fn get(fd: u32) -> Result<Lent> {
    TABLE.with(|table| table.start_use(fd))
}

/// The descriptor of this number, if it allows all of `needed`.
pub fn get_with(fd: u32, needed: u32) -> Result<Lent> {
    let descriptor = get(fd)?;
    descriptor.check(needed)?;
    Ok(descriptor)
}

/// The directory of this number, if it allows all of `needed`.
pub fn get_directory(fd: u32, needed: u32) -> Result<Lent> {
    let descriptor = get(fd)?;
    if descriptor.filetype != Filetype::Directory {
        return Err(Errno::Notdir);
    }
    descriptor.check(needed)?;
    Ok(descriptor)
}

/// A number for a descriptor that is about to be opened. It is given back unless it is filled.
pub struct Reservation(u32);

/// Takes the lowest free number.
pub fn reserve() -> Result<Reservation> {
    TABLE.with(|table| {
        let fd = table.free()?;
        if thread::POSSIBLE {
            table.slots.set(fd, Slot::Reserved);
        }
        Ok(Reservation(fd as u32))
    })
}

impl Reservation {
    /// Makes the number stand for a descriptor; returns the number.
    pub fn fill(self, descriptor: Descriptor) -> u32 {
        let fd = self.0;
        core::mem::forget(self);
        TABLE.with(|table| table.slots.set(fd as usize, Slot::Open(Open::new(descriptor))));
        fd
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if thread::POSSIBLE {
            TABLE.with(|table| table.set_free(self.0));
        }
    }
}

/// Closes a descriptor.
pub fn close(fd: u32) -> Result<()> {
    TABLE.with(|table| table.take(fd))?.map_or(Ok(()), Descriptor::close)
}

/// Moves a descriptor onto another one, which is closed.
pub fn renumber(from: u32, to: u32) -> Result<()> {
    TABLE.with(|table| table.renumber(from, to))?.map_or(Ok(()), Descriptor::close)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

    fn table() -> FdTable {
        FdTable { slots: NO_SLOTS, lowest_free: FIRST_GIVEN, closed: [NO_SLOTS; COUNTS] }
    }

    /// A descriptor of the host, and its number.
    fn descriptor() -> (Descriptor, i32) {
        let (reader, _) = std::io::pipe().unwrap();
        // SAFETY: the number is given away just now.
        let reader = unsafe { OwnedFd::from_raw_fd(std::os::fd::IntoRawFd::into_raw_fd(reader)) };
        let host = reader.as_raw_fd();
        (Descriptor::new(reader, Filetype::Unknown, Traits::READ).unwrap(), host)
    }

    fn add(table: &mut FdTable) -> (u32, i32) {
        let (descriptor, host) = descriptor();
        let fd = table.free().unwrap();
        table.slots.set(fd, Slot::Open(Open::new(descriptor)));
        (fd as u32, host)
    }

    fn is_open(host: i32) -> bool {
        // SAFETY: the number is only asked about.
        rustix::io::fcntl_getfd(unsafe { BorrowedFd::borrow_raw(host) }).is_ok()
    }

    /// A use of this table rather than of the executable's.
    fn start(table: &mut FdTable, fd: u32) -> Use {
        let lent = core::mem::ManuallyDrop::new(table.start_use(fd).unwrap());
        Use { fd: lent.using.fd, host: lent.using.host }
    }

    fn end(table: &mut FdTable, using: Use) -> Option<i32> {
        let closed = table.end_use(&using);
        core::mem::forget(using);
        closed.map(|descriptor| {
            let host = descriptor.host_number();
            descriptor.close().unwrap();
            host
        })
    }

    #[test]
    fn unused_descriptors_are_closed_at_once() {
        let mut table = table();
        let (fd, host) = add(&mut table);
        let using = start(&mut table, fd);
        assert_eq!(end(&mut table, using), None);
        let closed = table.take(fd).unwrap().unwrap();
        assert_eq!(closed.host_number(), host);
        closed.close().unwrap();
        assert!(!is_open(host));
        assert!(matches!(table.take(fd), Err(Errno::Badf)));
    }

    #[test]
    fn the_last_user_closes() {
        let mut table = table();
        let (fd, host) = add(&mut table);
        let (first, second) = (start(&mut table, fd), start(&mut table, fd));
        assert!(table.take(fd).unwrap().is_none());
        // The number is free, and another descriptor gets it, whose use is its own.
        let (again, other) = add(&mut table);
        assert_eq!(again, fd);
        assert_ne!(other, host);
        assert_eq!(end(&mut table, first), None);
        assert!(is_open(host));
        assert_eq!(end(&mut table, second), Some(host));
        assert!(!is_open(host) && is_open(other));
        let using = start(&mut table, fd);
        assert_eq!(using.host, other);
        assert_eq!(end(&mut table, using), None);
        table.take(fd).unwrap().unwrap().close().unwrap();
    }

    #[test]
    fn uses_follow_a_descriptor_to_its_new_number() {
        let mut table = table();
        let ((from, moved), (to, overwritten)) = (add(&mut table), add(&mut table));
        let (using, of_overwritten) = (start(&mut table, from), start(&mut table, to));
        assert!(table.renumber(from, to).unwrap().is_none());
        assert!(matches!(table.open(from), Err(Errno::Badf)));
        assert!(matches!(table.used(&using), Some(Slot::Open(open)) if open.descriptor.host_number() == moved));
        assert_eq!(end(&mut table, of_overwritten), Some(overwritten));
        // Closed under its new number, it is still in use.
        assert!(table.take(to).unwrap().is_none());
        assert_eq!(end(&mut table, using), Some(moved));
        assert!(table.renumber(to, to).is_err());
    }

    #[test]
    fn many_are_closed_while_they_are_used() {
        let mut table = table();
        let uses: Vec<(Use, i32)> = (0..40)
            .map(|_| {
                let (fd, host) = add(&mut table);
                assert_eq!(fd as usize, FIRST_GIVEN);
                let using = start(&mut table, fd);
                assert!(table.take(fd).unwrap().is_none());
                (using, host)
            })
            .collect();
        for (using, host) in uses {
            assert_eq!(end(&mut table, using), Some(host));
        }
        assert!(table.closed[0].all().iter().all(|slot| matches!(slot, Slot::Free)));
    }

    #[test]
    fn numbers_are_reserved() {
        let mut table = table();
        let (first, _) = add(&mut table);
        let reserved = table.free().unwrap() as u32;
        table.slots.set(reserved as usize, Slot::Reserved);
        let (second, _) = add(&mut table);
        assert_eq!((first, reserved, second), (3, 4, 5));
        assert!(matches!(table.start_use(reserved), Err(Errno::Badf)));
        assert!(matches!(table.renumber(first, reserved), Err(Errno::Badf)));
        table.set_free(reserved);
        assert_eq!(add(&mut table).0, reserved);
    }
}
