//! The standard library's threads: joining, channels, locks, thread-local variables, scopes, parking, sleeping.
//!
//! threads: yes

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier, Condvar, Mutex, Once, OnceLock, RwLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};

fn joining() {
    let threads: Vec<_> = (0..8u64).map(|number| thread::spawn(move || (0..=number).sum::<u64>())).collect();
    let sums: Vec<u64> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert_eq!(sums, [0, 1, 3, 6, 10, 15, 21, 28]);
    let named = thread::Builder::new().name("worker".into()).stack_size(1 << 16);
    let name = named.spawn(|| thread::current().name().map(str::to_string)).unwrap();
    assert_eq!(name.join().unwrap().as_deref(), Some("worker"));
}

fn channels() {
    const EACH: u64 = 1000;
    let (sender, receiver) = mpsc::channel();
    let (reply, replies) = mpsc::sync_channel(1);
    thread::scope(|scope| {
        for producer in 0..4 {
            let sender = sender.clone();
            scope.spawn(move || (0..EACH).for_each(|item| sender.send(producer * EACH + item).unwrap()));
        }
        drop(sender);
        scope.spawn(move || {
            let received: BTreeSet<u64> = receiver.iter().collect();
            reply.send(received.len()).unwrap();
        });
        assert_eq!(replies.recv(), Ok(4 * EACH as usize));
    });
    assert!(replies.recv().is_err());
}

fn locks() {
    let count = Arc::new((Mutex::new(0), Condvar::new()));
    let table = Arc::new(RwLock::new(Vec::new()));
    let barrier = Barrier::new(4);
    let leaders = AtomicU64::new(0);
    static ONCE: Once = Once::new();
    static CELL: OnceLock<u32> = OnceLock::new();
    let initialised = AtomicU64::new(0);
    thread::scope(|scope| {
        for number in 0..4 {
            let (count, table) = (count.clone(), table.clone());
            let (barrier, leaders, initialised) = (&barrier, &leaders, &initialised);
            scope.spawn(move || {
                ONCE.call_once(|| {
                    initialised.fetch_add(1, Ordering::Relaxed);
                });
                assert!(*CELL.get_or_init(|| number) < 4);
                for _ in 0..2000 {
                    *count.0.lock().unwrap() += 1;
                    table.write().unwrap().push(number);
                    assert!(!table.read().unwrap().is_empty());
                }
                count.1.notify_one();
                leaders.fetch_add(barrier.wait().is_leader().into(), Ordering::Relaxed);
            });
        }
        let mut sum = count.0.lock().unwrap();
        while *sum < 8000 {
            sum = count.1.wait(sum).unwrap();
        }
        let waited = count.1.wait_timeout(sum, Duration::from_millis(20)).unwrap();
        assert!(*waited.0 == 8000);
    });
    assert_eq!(table.read().unwrap().len(), 8000);
    assert_eq!((leaders.into_inner(), initialised.into_inner()), (1, 1));
}

thread_local! {
    static NUMBER: Cell<u32> = const { Cell::new(7) };
    static TEXT: RefCell<String> = RefCell::new("fresh".to_string());
}

struct OnExit(mpsc::Sender<u32>);

impl Drop for OnExit {
    fn drop(&mut self) {
        self.0.send(NUMBER.get()).unwrap();
    }
}

thread_local!(static LAST: RefCell<Option<OnExit>> = const { RefCell::new(None) });

fn thread_locals() {
    NUMBER.set(1);
    TEXT.with_borrow_mut(|text| text.push('!'));
    let (sender, receiver) = mpsc::channel();
    let thread = thread::spawn(move || {
        LAST.set(Some(OnExit(sender)));
        let found = (NUMBER.get(), TEXT.with_borrow(String::clone));
        NUMBER.set(9);
        found
    });
    assert_eq!(thread.join().unwrap(), (7, "fresh".to_string()));
    // Destructors run when the thread ends, and see its variables.
    assert_eq!(receiver.recv(), Ok(9));
    assert_eq!((NUMBER.get(), TEXT.with_borrow(String::clone)), (1, "fresh!".to_string()));
}

fn waiting() {
    let start = Instant::now();
    let sleepers: Vec<_> = (0..4).map(|_| thread::spawn(|| thread::sleep(Duration::from_millis(100)))).collect();
    sleepers.into_iter().for_each(|thread| thread.join().unwrap());
    // Side by side, not one after the other.
    let elapsed = start.elapsed();
    assert!(elapsed >= Duration::from_millis(100) && elapsed < Duration::from_millis(390), "{elapsed:?}");
    let parked = thread::spawn(|| {
        thread::park();
        thread::park_timeout(Duration::from_millis(5));
    });
    parked.thread().unpark();
    parked.join().unwrap();
    let done = AtomicU64::new(0);
    thread::scope(|scope| {
        scope.spawn(|| done.store(1, Ordering::Release));
        while done.load(Ordering::Acquire) == 0 {
            thread::yield_now();
        }
    });
}

fn main() {
    joining();
    channels();
    locks();
    thread_locals();
    waiting();
}
