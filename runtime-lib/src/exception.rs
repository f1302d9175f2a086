//! Exceptions: from a throw to its handler, or to the end of the process.

use abi::exception::{self, Handler, Tag};
use abi::heap::TYPE_SHIFT;
use abi::layout::{Program, value};

use crate::backtrace::Backtrace;
use crate::frames::{self, Frame, Frames};
use crate::message::Message;
use crate::trap::TRAP_STATUS;
use crate::{guest_stack, program, sys};

/// What [`abi::symbols::builtin::THROW`] does, besides its parameters told where it was called, the caller's frame, and what is in the
/// register that generated code never changes.
pub extern "C" fn throw(exception: u32, header: u32, return_address: usize, frame_pointer: usize, pinned: usize) -> ! {
    let program = program::program();
    let thrower = Frame { return_address, frame_pointer };
    let header = header >> TYPE_SHIFT << TYPE_SHIFT;
    for frame in Frames::new(thrower, guest_stack::usable()) {
        let Some((module, offset)) = frames::place(program, frame.return_address) else { break };
        let (call_sites, lists) = (program::call_sites(module), program::handler_lists(module));
        if let Some(Handler { offset, frame_size }) = exception::find(call_sites, lists, offset, header) {
            let code = module.text as usize + offset as usize;
            let stack_pointer = frame.frame_pointer - frame_size as usize;
            // SAFETY: an exception is an object of the heap. And the compiler says so: this is where the exception of a call in this frame
            // goes. What the frames below hold is of no use any more.
            unsafe {
                let address = (*program::heap(program)).base.add(exception as usize);
                let results = [exception.into(), address as u64];
                sys::resume(code, stack_pointer, frame.frame_pointer, pinned, results)
            }
        }
    }
    uncaught(program, exception, header, thrower)
}

/// Ends the process, or whoever called guest code goes on.
#[cold]
fn uncaught(program: &Program, exception: u32, header: u32, thrower: Frame) -> ! {
    #[cfg(feature = "embed")]
    guest_stack::leave_call();
    let mut message = Message::new();
    message.text(b"error: uncaught exception: ");
    let number = u64::from(header >> TYPE_SHIFT);
    let tag = number.checked_sub(program.first_tag).and_then(|at| program::tags(program).get(at as usize));
    if let Some(tag) = tag {
        message.guest_text(program::tag_name(tag));
        append_payload(&mut message, program, tag, exception);
    }
    message.text(b"\n");
    Backtrace::of_call(program, thrower, guest_stack::usable()).append_to(&mut message);
    message.send();
    sys::exit(TRAP_STATUS)
}

/// What an exception carries, in parentheses: integers as numbers, everything else as its type.
fn append_payload(message: &mut Message, program: &Program, tag: &Tag, exception: u32) {
    let values = program::tag_values(tag);
    for (index, value) in values.iter().enumerate() {
        message.text(if index == 0 { b"(" } else { b", " });
        // SAFETY: the exception is an object of the heap, and this is where it carries a value of this type.
        unsafe {
            let at = (*program::heap(program)).base.add(exception as usize + value.offset as usize);
            match value.ty as u8 {
                value::I32 => message.signed(at.cast::<i32>().read().into()),
                value::I64 => message.signed(at.cast::<i64>().read()),
                ty => message.text(program::type_name(ty)),
            };
        }
    }
    if !values.is_empty() {
        message.text(b")");
    }
}
