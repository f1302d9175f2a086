//! Random bytes, of any number.

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn fill(buffer: &mut [u8]) {
    assert_eq!(raw::random_get(at_mut(buffer), buffer.len() as u32), 0);
    std::hint::black_box(buffer);
}

fn main() {
    fill(&mut []);
    let (mut first, mut second) = ([0; 32], [0; 32]);
    fill(&mut first);
    fill(&mut second);
    assert_ne!(first, [0; 32]);
    assert_ne!(first, second);

    // More than the system gives at a time, which is 32 MiB less one byte.
    let mut large = vec![0; 40 << 20];
    fill(&mut large);
    for (index, part) in large.chunks(64).enumerate() {
        assert_ne!(part, [0; 64], "part {index}");
    }

    let mut one = [0; 3];
    let mut seen = [false; 256];
    for _ in 0..10_000 {
        fill(&mut one[1..2]);
        seen[one[1] as usize] = true;
    }
    assert_eq!((one[0], one[2]), (0, 0));
    assert_eq!(seen, [true; 256]);

    let end = memory_end();
    assert_eq!(raw::random_get(end - 8, 8), 0);
    assert_eq!(raw::random_get(end, 0), 0);
}
