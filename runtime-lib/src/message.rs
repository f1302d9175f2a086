//! The last words of a process, put together without `core::fmt`, which would be most of a small executable.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicPtr, Ordering};

use crate::sys;
use crate::thread::{self, Thread};

const CAPACITY: usize = 4096;

/// The one buffer: static, as a stack frame that holds it would cost every caller pages of stack.
struct Buffer(UnsafeCell<[u8; CAPACITY]>);

// SAFETY: `AUTHOR` lets only one message use it.
unsafe impl Sync for Buffer {}

static BUFFER: Buffer = Buffer(UnsafeCell::new([0; CAPACITY]));
/// The thread whose message it is.
static AUTHOR: AtomicPtr<Thread> = AtomicPtr::new(core::ptr::null_mut());

/// Sleeps for good if another thread is about to say why the process ends, and to end it.
pub fn give_way() {
    let author = AUTHOR.load(Ordering::Relaxed);
    if thread::POSSIBLE && !author.is_null() && author.cast_const() != core::ptr::from_ref(thread::current()) {
        thread::wait_for_end();
    }
}

/// Text for standard error that collects in a buffer until it is full or [`Message::send`] is called.
pub struct Message {
    buffer: &'static mut [u8; CAPACITY],
    len: usize,
}

impl Message {
    /// An empty message. A process has only one, before it ends. A thread that comes back for another ends it at once; other
    /// threads wait for the end.
    #[cold]
    #[inline(never)]
    pub fn new() -> Message {
        let author = core::ptr::from_ref(thread::current()).cast_mut();
        if AUTHOR.compare_exchange(core::ptr::null_mut(), author, Ordering::Relaxed, Ordering::Relaxed).is_err() {
            give_way();
            sys::exit(crate::trap::TRAP_STATUS);
        }
        // SAFETY: the exchange succeeds once in the life of a process, so this is the only reference.
        Message { buffer: unsafe { &mut *BUFFER.0.get() }, len: 0 }
    }

    /// The text that `compose` appends, for tests.
    #[cfg(test)]
    pub fn collect(compose: impl FnOnce(&mut Message)) -> String {
        let mut message = Message { buffer: Box::leak(Box::new([0; CAPACITY])), len: 0 };
        compose(&mut message);
        String::from_utf8_lossy(&message.buffer[..message.len]).into_owned()
    }

    /// Appends bytes as they are.
    pub fn text(&mut self, text: &[u8]) -> &mut Message {
        for byte in text {
            self.byte(*byte);
        }
        self
    }

    /// Appends text from the guest: control characters, which could play tricks on a terminal, become question marks.
    pub fn guest_text(&mut self, text: &[u8]) -> &mut Message {
        for byte in text {
            self.byte(if byte.is_ascii_control() { b'?' } else { *byte });
        }
        self
    }

    /// Appends a number in decimal, right-aligned in `width` columns.
    pub fn decimal(&mut self, number: u64, width: usize) -> &mut Message {
        self.number(number, 10, width)
    }

    /// Appends a number in decimal that may be negative.
    pub fn signed(&mut self, number: i64) -> &mut Message {
        self.text(if number < 0 { b"-" } else { b"" }).decimal(number.unsigned_abs(), 0)
    }

    /// Appends a number in hexadecimal, with 0x.
    pub fn hex(&mut self, number: u64) -> &mut Message {
        self.text(b"0x").number(number, 16, 0)
    }

    fn number(&mut self, mut number: u64, base: u64, width: usize) -> &mut Message {
        let mut digits = [b' '; 20];
        let mut first = digits.len();
        for digit in digits.iter_mut().rev() {
            *digit = b"0123456789abcdef"[(number % base) as usize & 15];
            number /= base;
            first -= 1;
            if number == 0 {
                break;
            }
        }
        let start = first.min(digits.len().saturating_sub(width));
        self.text(digits.get(start..).unwrap_or_default())
    }

    fn byte(&mut self, byte: u8) {
        if self.len == CAPACITY {
            self.send();
        }
        if let Some(place) = self.buffer.get_mut(self.len) {
            *place = byte;
            self.len += 1;
        }
    }

    /// Writes what has collected.
    pub fn send(&mut self) {
        sys::write_error(self.buffer.get(..self.len).unwrap_or_default());
        self.len = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        let text = Message::collect(|message| {
            message.decimal(0, 0).text(b" ").decimal(42, 5).text(b" ").decimal(u64::MAX, 3);
            message.text(b" ").hex(u64::MAX).hex(0).signed(i64::MIN).signed(7);
        });
        assert_eq!(text, "0    42 18446744073709551615 0xffffffffffffffff0x0-92233720368547758087");
    }

    #[test]
    fn guest_text_cannot_control_a_terminal() {
        let text = Message::collect(|message| {
            message.guest_text("a\x1b[2J\n\u{e9}\x7f\0".as_bytes());
        });
        assert_eq!(text, "a?[2J?\u{e9}??");
    }
}
