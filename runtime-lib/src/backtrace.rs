//! The guest functions that were active when a trap happened, found through frame pointers.

use core::ops::Range;

use abi::layout::{FUNCTION_HAS_FRAME, FunctionRecord, NO_FUNCTION, Program};

use crate::code::Place;
use crate::message::Message;
use crate::program;
use crate::sys::{self, SignalContext};

/// Frames at the top that are printed when there are very many.
const SHOWN_FIRST: usize = 20;
/// Frames at the bottom that are printed then.
const SHOWN_LAST: usize = 10;

/// The active guest functions, innermost first.
#[derive(Clone)]
pub struct Backtrace<'a> {
    program: &'a Program,
    stack: Range<usize>,
    /// The next place to yield.
    place: Option<Place<'a>>,
    /// Return address and frame pointer of its caller.
    caller: Option<(usize, usize)>,
}

impl<'a> Backtrace<'a> {
    /// The backtrace of interrupted code. When that is the runtime's, the frame pointer still tells guest frames as far as it
    /// has not been used otherwise.
    pub fn at(program: &'a Program, context: &SignalContext, stack: Range<usize>) -> Backtrace<'a> {
        let read = |address| read(&stack, address);
        let place = Place::find(program, context.pc());
        let (offset, has_frame) = match place {
            Some(place) => (place.offset as usize, place.function.flags & FUNCTION_HAS_FRAME != 0),
            None => (usize::MAX, true),
        };
        let caller = context.caller(offset, has_frame, read);
        Backtrace { program, stack, place, caller }
    }

    /// Appends a line for each frame; only the ends of a long backtrace.
    pub fn append_to(&self, message: &mut Message) {
        let count = self.clone().count();
        let hidden = SHOWN_FIRST..count.saturating_sub(SHOWN_LAST);
        for (index, place) in self.clone().enumerate() {
            if !hidden.contains(&index) {
                append_frame(message, index, &place);
            } else if index == hidden.start {
                message.text(b"    ... ").decimal(hidden.len() as u64, 0).text(b" more frames\n");
            }
        }
    }

    /// Steps to the caller. Only a return address behind a recorded call counts, so a broken chain ends here.
    fn step(&mut self) -> Option<Place<'a>> {
        let (return_address, frame_pointer) = self.caller.take()?;
        let place = Place::find_call(self.program, return_address)?;
        place.site()?;
        self.caller = sys::frame(frame_pointer, |address| read(&self.stack, address));
        // Frames lie upwards, which also keeps a corrupt chain from going round.
        self.stack.start = self.stack.start.max(frame_pointer.saturating_add(size_of::<usize>()));
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

/// A word of the stack.
fn read(stack: &Range<usize>, address: usize) -> Option<usize> {
    let inside = stack.contains(&address) && stack.end - address >= size_of::<usize>();
    if !inside || !address.is_multiple_of(align_of::<usize>()) {
        return None;
    }
    // SAFETY: the word lies within the accessible part of the guest stack, which is mapped as long as the process.
    Some(unsafe { core::ptr::with_exposed_provenance::<usize>(address).read() })
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
