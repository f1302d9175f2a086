//! The guest functions that were active when a trap happened, found through frame pointers.

use core::ops::Range;

use abi::layout::{FUNCTION_HAS_FRAME, FunctionRecord, NO_FUNCTION, Program};

use crate::code::Place;
use crate::frames::{Frame, Frames};
use crate::message::Message;
use crate::program;
use crate::sys::SignalContext;

/// Frames at the top that are printed when there are very many.
const SHOWN_FIRST: usize = 20;
/// Frames at the bottom that are printed then.
const SHOWN_LAST: usize = 10;

/// The active guest functions, innermost first.
#[derive(Clone)]
pub struct Backtrace<'a> {
    program: &'a Program,
    /// The next place to yield.
    place: Option<Place<'a>>,
    /// The functions that wait for it.
    callers: Frames,
    /// Whether `callers` come from the frame of a guest function, not from whatever the runtime uses the register for.
    is_certain: bool,
}

impl<'a> Backtrace<'a> {
    /// The backtrace of interrupted code. When that is the runtime's, the frame pointer still tells guest frames as far as it
    /// has not been used otherwise.
    pub fn at(program: &'a Program, context: &SignalContext, stack: Range<usize>) -> Backtrace<'a> {
        let place = Place::find(program, context.pc());
        let (offset, has_frame) = match place {
            Some(place) => (place.offset as usize, place.function.flags & FUNCTION_HAS_FRAME != 0),
            None => (usize::MAX, true),
        };
        let callers = Frames::find(stack, |read| context.caller(offset, has_frame, read));
        Backtrace { program, place, callers, is_certain: place.is_some() }
    }

    /// The backtrace of a call in guest code.
    pub fn of_call(program: &'a Program, caller: Frame, stack: Range<usize>) -> Backtrace<'a> {
        Backtrace { program, place: None, callers: Frames::new(caller, stack), is_certain: true }
    }

    /// Appends a line for each frame; only the ends of a long backtrace.
    pub fn append_to(self, message: &mut Message) {
        let count = self.clone().count();
        let hidden = SHOWN_FIRST..count.saturating_sub(SHOWN_LAST);
        for (index, place) in self.enumerate() {
            if !hidden.contains(&index) {
                append_frame(message, index, &place);
            } else if index == hidden.start {
                message.text(b"    ... ").decimal(hidden.len() as u64, 0).text(b" more frames\n");
            }
        }
    }

    /// Steps to the caller. A broken chain ends where the return address is not in guest code.
    fn step(&mut self) -> Option<Place<'a>> {
        let place = Place::find_call(self.program, self.callers.next()?.return_address)?;
        if !self.is_certain {
            // Chance does not hit a recorded call.
            place.site()?;
            self.is_certain = true;
        }
        Some(place)
    }
}

impl<'a> Iterator for Backtrace<'a> {
    type Item = Place<'a>;

    fn next(&mut self) -> Option<Place<'a>> {
        loop {
            let place = match self.place.take() {
                Some(place) => place,
                None => self.step()?,
            };
            if place.function.index != NO_FUNCTION {
                return Some(place);
            }
        }
    }
}

fn append_frame(message: &mut Message, index: usize, place: &Place) {
    message.decimal(index as u64, 5).text(b": ").hex(place.wasm_offset().into()).text(b" - ");
    let inlined = place.inlined_function();
    append_function(message, place, inlined.unwrap_or(place.function));
    if inlined.is_some() {
        append_function(message.text(b" (inlined into "), place, place.function);
        message.text(b")");
    }
    message.text(b"\n");
}

fn append_function(message: &mut Message, place: &Place, function: &FunctionRecord) {
    let module = program::module_name(place.module);
    if !module.is_empty() {
        message.guest_text(module).text(b"!");
    }
    match place.name_of(function) {
        [] => message.text(b"<wasm function ").decimal(function.index.into(), 0).text(b">"),
        name => message.guest_text(name),
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_program::{TEXT, test_program};

    /// Offsets in the .wasm file of the frames found from a program counter and a stack of the given words, with the frame
    /// pointer at one of them. A word below 0x100 stands for the address of the word with that index.
    fn frames(pc: usize, frame_pointer: usize, words: &[usize]) -> Vec<u32> {
        let mut stack = words.to_vec();
        let start = stack.as_ptr().expose_provenance();
        let address = |index: usize| start + index * size_of::<usize>();
        for word in &mut stack {
            if (1..0x100).contains(word) {
                *word = address(*word);
            }
        }
        let context = SignalContext::for_test(pc, start, address(frame_pointer));
        let range = start..address(stack.len());
        Backtrace::at(test_program(), &context, range).map(|place| place.wasm_offset()).collect()
    }

    const ALPHA_TRAP: usize = TEXT[0] + 0x20;
    const INTO_ALPHA: usize = TEXT[0] + 0x10;
    const INTO_NAMELESS: usize = TEXT[0] + 0x80;
    const INTO_TRAMPOLINE: usize = TEXT[0] + 0x88;
    const GAMMA_TRAP: usize = TEXT[1] + 0x10c;
    const RUNTIME: usize = 0x4000_0000;

    #[test]
    fn frames_are_chained() {
        // alpha <- nameless <- alpha <- trampoline <- runtime
        let words = [0, 3, INTO_NAMELESS, 5, INTO_ALPHA, 8, INTO_TRAMPOLINE, 0, 0, RUNTIME];
        assert_eq!(frames(ALPHA_TRAP, 1, &words), [0x1030, 0x2021, 0x1011]);
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn a_top_function_without_a_frame() {
        let words = [INTO_ALPHA, 3, RUNTIME, 0, RUNTIME];
        assert_eq!(frames(GAMMA_TRAP, 1, &words), [0x3006, 0x1011]);
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn a_prologue_that_has_not_set_up_its_frame() {
        // At the first instruction the return address is on top, then under the saved frame pointer.
        assert_eq!(frames(TEXT[0], 1, &[INTO_NAMELESS, 4, INTO_ALPHA, 0, 0, RUNTIME]), [0x1000, 0x2021, 0x1011]);
        assert_eq!(frames(TEXT[0] + 1, 2, &[2, INTO_NAMELESS, 4, INTO_ALPHA, 0, RUNTIME]), [0x1000, 0x2021, 0x1011]);
    }

    #[test]
    fn corrupt_chains_end() {
        // Round in a circle, downwards, outside the stack, at its very end, unaligned.
        assert_eq!(frames(ALPHA_TRAP, 1, &[0, 1, INTO_ALPHA, 0]), [0x1030, 0x1011]);
        assert_eq!(frames(ALPHA_TRAP, 3, &[0, 3, INTO_ALPHA, 1, INTO_ALPHA]), [0x1030, 0x1011]);
        assert_eq!(frames(ALPHA_TRAP, 1, &[0, 0x8000_0000, INTO_ALPHA]), [0x1030, 0x1011]);
        assert_eq!(frames(ALPHA_TRAP, 1, &[0, usize::MAX, INTO_ALPHA]), [0x1030, 0x1011]);
        assert_eq!(frames(ALPHA_TRAP, 1, &[0, INTO_ALPHA]), [0x1030]);
        assert_eq!(frames(ALPHA_TRAP, 1, &[0, INTO_ALPHA + 1, INTO_ALPHA]), [0x1030, 0x1011]);
        assert_eq!(frames(ALPHA_TRAP, 1, &[0, 0, RUNTIME]), [0x1030]);
    }

    #[test]
    fn in_the_runtime_only_recorded_calls_count() {
        let words = [0, 3, INTO_NAMELESS, 0, INTO_ALPHA];
        assert_eq!(frames(RUNTIME, 1, &words), [0x2021, 0x1011]);
        assert_eq!(frames(RUNTIME, 1, &[0, 3, TEXT[0] + 0x11, 0, INTO_ALPHA]), []);
    }

    #[test]
    fn lines() {
        let mut text = Vec::new();
        for (index, pc) in [ALPHA_TRAP, INTO_NAMELESS, GAMMA_TRAP].into_iter().enumerate() {
            let place = Place::find_call(test_program(), pc).unwrap();
            text.push(Message::collect(|message| append_frame(message, index, &place)));
        }
        assert_eq!(
            text,
            ["    0: 0x1000 - first!alpha\n", "    1: 0x2021 - first!<wasm function 8>\n", "    2: 0x3000 - gamma\n"]
        );
    }
}
