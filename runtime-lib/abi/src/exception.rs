//! The table from calls to the handlers of what they throw, one per module.
//!
//! A call that has handlers is a [`CallSite`]; the table is sorted by return address. It refers to a list of words:
//! the distance of the caller's stack pointer below its frame pointer during the call, then for each handler, in the order in which they
//! are tried, the header of the tag's exceptions and the offset of the handler's code from [`crate::layout::Module::text`]. The header [`CATCH_ALL`]
//! fits every exception and ends the list, [`NO_MORE`] ends one without it. Calls of a function share their lists.
//!
//! A handler is entered with the stack pointer and the frame pointer that its function had at the call, and the exception and
//! its address in the two registers that Cranelift takes exceptions in.

/// A call that has handlers.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CallSite {
    /// The call's return address, as an offset from [`crate::layout::Module::text`].
    pub return_offset: u32,
    /// Position of its list.
    pub list: u32,
}

/// A tag that the program defines.
#[repr(C)]
pub struct Tag {
    /// Its name, UTF-8; `tag` and its index in its module when it has none.
    pub name: *const u8,
    /// Length of `name` in bytes.
    pub name_len: u64,
    /// What its exceptions carry.
    pub values: *const Field,
    /// Number of `values`.
    pub value_count: u64,
}

/// A value in an exception.
#[repr(C)]
pub struct Field {
    /// `VALUE_*` of [`crate::layout::value`].
    pub ty: u32,
    /// Its distance from the start of the object.
    pub offset: u32,
}

/// In place of a header: a handler of all exceptions.
pub const CATCH_ALL: u32 = u32::MAX;
/// In place of a header: the end of a list. No object has this header.
pub const NO_MORE: u32 = u32::MAX - 1;

/// Where an exception is handled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Handler {
    /// The handler's code, as an offset from [`crate::layout::Module::text`].
    pub offset: u32,
    /// Distance of the stack pointer below the frame pointer.
    pub frame_size: u32,
}

/// The handler of an exception with this header that leaves the call which returns to `return_offset`. `None` for a malformed table, too.
#[inline]
pub fn find(call_sites: &[CallSite], lists: &[u32], return_offset: u32, header: u32) -> Option<Handler> {
    let at = call_sites.partition_point(|site| site.return_offset < return_offset);
    let site = call_sites.get(at).filter(|site| site.return_offset == return_offset)?;
    let (frame_size, mut rest) = lists.get(site.list as usize..)?.split_first()?;
    loop {
        match *rest {
            [NO_MORE, ..] => return None,
            [wanted, offset, ..] if wanted == header || wanted == CATCH_ALL => {
                return Some(Handler { offset, frame_size: *frame_size });
            }
            [_, _, ref others @ ..] => rest = others,
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITES: [CallSite; 3] = [
        CallSite { return_offset: 8, list: 0 },
        CallSite { return_offset: 24, list: 6 },
        CallSite { return_offset: 40, list: 0 },
    ];
    const LISTS: [u32; 11] = [32, 0x10, 100, 0x18, 200, NO_MORE, 64, 0x18, 300, CATCH_ALL, 400];

    #[test]
    fn the_first_handler_that_fits() {
        let found =
            |return_offset, header| find(&SITES, &LISTS, return_offset, header).map(|it| (it.offset, it.frame_size));
        assert_eq!(found(8, 0x10), Some((100, 32)));
        assert_eq!(found(40, 0x18), Some((200, 32)));
        assert_eq!(found(40, 0x20), None);
        assert_eq!(found(24, 0x18), Some((300, 64)));
        assert_eq!(found(24, 0x10), Some((400, 64)));
    }

    #[test]
    fn other_calls_have_none() {
        for return_offset in [0, 7, 9, 23, 25, 41, u32::MAX] {
            assert_eq!(find(&SITES, &LISTS, return_offset, 0x18), None);
        }
        assert_eq!(find(&[], &[], 8, 0x18), None);
    }

    #[test]
    fn malformed_lists_end() {
        for len in 0..5 {
            assert_eq!(find(&SITES, &LISTS[..len], 8, 0x18), None, "the first {len} words");
        }
    }
}
