//! Walks the frames of generated code, for backtraces and for everything else that must know who is active. Generated code keeps
//! frame pointers: each frame begins with the caller's frame pointer, and the return address lies above it.

use core::cell::Cell;
use core::ops::Range;

use abi::layout::{Module, Program};

use crate::program;

/// A function that waits for a call to return.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame {
    /// Where the call returns to.
    pub return_address: usize,
    /// The function's frame pointer.
    pub frame_pointer: usize,
}

/// The functions that wait, innermost first. A chain ends at a frame pointer of 0, which whoever enters generated code sets.
#[derive(Clone)]
pub struct Frames {
    /// Where the next frame can lie.
    stack: Range<usize>,
    next: Option<Frame>,
}

impl Frames {
    /// Starts at `innermost`; all frames lie on `stack`, which is mapped as long as the process.
    pub fn new(innermost: Frame, stack: Range<usize>) -> Frames {
        Frames { stack, next: Some(innermost) }
    }

    /// Starts at the return address and frame pointer that `find` gives, which reads words of the stack.
    pub fn find(
        stack: Range<usize>,
        find: impl FnOnce(&dyn Fn(usize) -> Option<usize>) -> Option<(usize, usize)>,
    ) -> Frames {
        let last = Cell::new(stack.start);
        let found = find(&|address| {
            last.set(last.get().max(address));
            word(&stack, address)
        });
        let stack = last.get()..stack.end;
        match found {
            Some((return_address, frame_pointer)) => Frames::new(Frame { return_address, frame_pointer }, stack),
            None => Frames { stack, next: None },
        }
    }
}

impl Iterator for Frames {
    type Item = Frame;

    /// Frames lie upwards, so what is below the last one counts no more: a corrupt chain cannot go round.
    #[inline]
    fn next(&mut self) -> Option<Frame> {
        let frame = self.next?;
        let at = frame.frame_pointer;
        self.next = None;
        if let Some(return_address) = at.checked_add(size_of::<usize>()).and_then(|above| word(&self.stack, above))
            && let Some(frame_pointer) = word(&self.stack, at)
        {
            self.next = Some(Frame { return_address, frame_pointer });
            self.stack.start = at + size_of::<usize>();
        }
        Some(frame)
    }
}

/// The module that a call returns to, and the return address as an offset from its code.
pub fn place(program: &Program, return_address: usize) -> Option<(&Module, u32)> {
    program::modules(program).iter().find_map(|module| {
        let offset = return_address.wrapping_sub(module.text as usize);
        // The call itself must be in the module: what follows it may already be the next one.
        (offset.wrapping_sub(1) < module.text_len as usize).then_some((*module, offset as u32))
    })
}

/// A word of the stack. Once in an executable, not at each of its many callers, none of which is in a hurry.
#[inline(never)]
fn word(stack: &Range<usize>, address: usize) -> Option<usize> {
    let inside = stack.contains(&address) && stack.end - address >= size_of::<usize>();
    if !inside || !address.is_multiple_of(align_of::<usize>()) {
        return None;
    }
    // SAFETY: the word lies within the accessible part of the stack, which is mapped as long as the process.
    Some(unsafe { core::ptr::with_exposed_provenance::<usize>(address).read() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_lie_upwards() {
        let mut stack = [0; 8];
        let start = stack.as_ptr().expose_provenance();
        let address = |index: usize| start + index * size_of::<usize>();
        stack[1..3].copy_from_slice(&[address(4), 0x11]);
        stack[4..6].copy_from_slice(&[0, 0x22]);
        let innermost = Frame { return_address: 0x33, frame_pointer: address(1) };
        let frames = |stack: &[usize]| {
            let range = stack.as_ptr().expose_provenance()..address(8);
            Frames::new(innermost, range).map(|frame| frame.return_address).collect::<Vec<_>>()
        };
        assert_eq!(frames(&stack), [0x33, 0x11, 0x22]);
        // Round in a circle.
        stack[4] = address(1);
        assert_eq!(frames(&stack), [0x33, 0x11, 0x22]);
    }
}
