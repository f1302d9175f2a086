//! A timer that tells by a signal of its own that the time is over.

use core::ffi::c_void;
use core::sync::atomic::{AtomicPtr, Ordering};

use abi::system_calls::TIMEOUT_SIGNAL;
use linux_raw_sys::general::{
    __NR_rt_sigprocmask, __NR_timer_create, __NR_timer_settime, CLOCK_MONOTONIC, SI_TIMER, SIG_UNBLOCK, SIGEV_SIGNAL,
};

use super::arch::{SignalContext, system_call};
use super::signal::{SignalInfo, die_of, set_action};

/// What is called when the time is over.
static END: AtomicPtr<c_void> = AtomicPtr::new(core::ptr::null_mut());

/// The kernel's `sigevent`.
#[repr(C)]
struct Event {
    value: u64,
    signal: u32,
    notify: u32,
    padding: [u64; 6],
}

/// The kernel's `itimerspec`.
#[repr(C)]
struct TimerTimes {
    interval: [u64; 2],
    first: [u64; 2],
}

/// Calls `end` in a signal handler, on some thread, after so many nanoseconds of real time. Returns whether the kernel will. Handlers
/// must have a stack already.
pub fn start_timer(nanoseconds: u64, end: fn() -> !) -> bool {
    const SECOND: u64 = 1_000_000_000;
    END.store(end as *mut c_void, Ordering::Relaxed);
    set_action(TIMEOUT_SIGNAL, on_signal as *const c_void as usize);
    let event = Event { value: 0, signal: TIMEOUT_SIGNAL, notify: SIGEV_SIGNAL, padding: [0; 6] };
    let times = TimerTimes { interval: [0; 2], first: [nanoseconds / SECOND, nanoseconds % SECOND] };
    let mask: u64 = 1 << (TIMEOUT_SIGNAL - 1);
    let mut timer = 0i32;
    let (event, times, mask) = ((&raw const event) as usize, (&raw const times) as usize, (&raw const mask) as usize);
    // SAFETY: the kernel reads structures of its own layout, and writes the number of the timer.
    unsafe {
        // Whoever started the process may have blocked the signal.
        let unblock = [SIG_UNBLOCK as usize, mask, 0, size_of::<u64>()];
        let create = [CLOCK_MONOTONIC as usize, event, (&raw mut timer) as usize, 0];
        system_call(__NR_rt_sigprocmask, unblock) == 0
            && system_call(__NR_timer_create, create) == 0
            && system_call(__NR_timer_settime, [timer as usize, 0, times, 0]) == 0
    }
}

extern "C" fn on_signal(signal: i32, info: &SignalInfo, _context: &mut SignalContext) {
    if info.code != SI_TIMER {
        // Somebody sent it.
        return die_of(signal as u32);
    }
    // SAFETY: `start_timer` stored a function of this type before the signal was handled.
    let end: fn() -> ! = unsafe { core::mem::transmute(END.load(Ordering::Relaxed)) };
    end()
}
