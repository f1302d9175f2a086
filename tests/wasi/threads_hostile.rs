//! Another thread changes what a host function is given while it looks at it: every outcome is one of the values that were there, and
//! nothing outside the memory or the grant is touched.
//!
//! threads: yes
//! flags: --dir tmp::/
//! setup: mkdir tmp && echo secret > f && echo public > tmp/f
//! after: test "$(cat f)" = secret

#[path = "support/preview1.rs"]
mod preview1;

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::thread;

use preview1::*;

/// Runs `call`, while another thread runs `change` without end, until it has often returned true and often false.
fn race(change: impl Fn(u32) + Sync, mut call: impl FnMut() -> bool) {
    const OFTEN: u32 = 300;
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut step = 0;
            while !over.load(Ordering::Relaxed) {
                change(step);
                step += 1;
                if step % 1000 == 0 {
                    thread::yield_now();
                }
            }
        });
        let (mut done, mut refused) = (0, 0);
        while done < OFTEN || refused < OFTEN {
            *if call() { &mut done } else { &mut refused } += 1;
        }
        over.store(true, Ordering::Relaxed);
    });
}

fn address<T>(value: &T) -> u32 {
    std::ptr::from_ref(value) as u32
}

/// The address or the length of a buffer turns into one beyond the memory and back.
fn vectors() {
    let file = open("out", CREAT, READ_WRITE).unwrap();
    let text = *b"0123456789abcdef";
    let vector = [AtomicU32::new(address(&text)), AtomicU32::new(16)];
    let count = AtomicU32::new(0);
    race(
        |step| match step % 4 {
            0 => vector[1].store(u32::MAX, Ordering::Relaxed),
            1 => vector[1].store(16, Ordering::Relaxed),
            2 => vector[0].store(0xffff_fff0, Ordering::Relaxed),
            _ => vector[0].store(address(&text), Ordering::Relaxed),
        },
        || match result(raw::fd_pwrite(file, address(&vector), 1, 0, address(&count))) {
            Ok(()) => true,
            Err(errno) => {
                assert_eq!(errno, FAULT);
                false
            }
        },
    );
    assert_eq!(contents("out"), text);
}

/// A path turns into one that leads out, and back.
fn paths() {
    #[repr(C)]
    struct Path {
        head: AtomicU64,
        tail: [u8; 2],
    }
    // To the granted file, or to one beside the grant.
    let inside = u64::from_le_bytes(*b"././././");
    let outside = u64::from_le_bytes(*b"./././..");
    let path = Path { head: AtomicU64::new(inside), tail: *b"/f" };
    let fd = AtomicU32::new(0);
    race(
        |step| path.head.store(if step % 2 == 0 { outside } else { inside }, Ordering::Relaxed),
        || match result(raw::path_open(ROOT, 0, address(&path), 10, 0, FD_READ, 0, 0, address(&fd))) {
            Ok(()) => {
                let fd = fd.load(Ordering::Relaxed);
                let mut text = [0; 7];
                read(fd, &mut text).unwrap();
                assert_eq!(&text, b"public\n");
                close(fd).unwrap();
                true
            }
            Err(errno) => {
                assert_eq!(errno, PERM);
                false
            }
        },
    );
}

/// A subscription turns from one kind into another.
fn subscriptions() {
    let subscription: [AtomicU64; 6] = Default::default();
    let event: [AtomicU64; 4] = Default::default();
    let count = AtomicU32::new(0);
    race(
        |step| {
            // A clock that is due, a descriptor that is not open, no kind at all.
            subscription[1].store(u64::from(step % 4), Ordering::Relaxed);
            subscription[2].store(if step % 3 == 0 { 1 } else { 77 }, Ordering::Relaxed);
        },
        || {
            let polled = result(raw::poll_oneoff(address(&subscription), address(&event), 1, address(&count)));
            assert!(matches!(polled, Ok(()) | Err(BADF | INVAL)), "{polled:?}");
            polled.is_ok()
        },
    );
}

fn main() {
    vectors();
    paths();
    subscriptions();
}
