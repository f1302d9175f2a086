//! rayon on two threads: parallel sums, sorting, joins by recursion, and a grid whose rows are written in parallel.

use rayon::prelude::*;
use rayon::{ThreadPoolBuilder, join};

fn is_prime(n: u32) -> bool {
    n > 1 && (2..).take_while(|divisor| divisor * divisor <= n).all(|divisor| n % divisor != 0)
}

/// Solutions of the queens problem; the first rows are shared out.
fn queens(all: u32, columns: u32, left: u32, right: u32) -> u32 {
    if columns == all {
        return 1;
    }
    let mut free = all & !(columns | left | right);
    let mut places = Vec::new();
    while free != 0 {
        let bit = free & free.wrapping_neg();
        free -= bit;
        places.push(bit);
    }
    let place = |bit: &u32| queens(all, columns | bit, (left | bit) << 1, (right | bit) >> 1);
    if columns.count_ones() < 2 { places.par_iter().map(place).sum() } else { places.iter().map(place).sum() }
}

/// The sum of a slice's hashes, by halves.
fn hashes(values: &[u32]) -> u32 {
    if values.len() <= 1024 {
        return values.iter().fold(0, |hash, value| (hash ^ value).wrapping_mul(16777619).rotate_left(5));
    }
    let (a, b) = values.split_at(values.len() / 2);
    let (a, b) = join(|| hashes(a), || hashes(b));
    a.wrapping_mul(31).wrapping_add(b)
}

fn work(round: u32) {
    println!("{}", (round..500_000).into_par_iter().filter(|n| is_prime(*n)).count());
    println!("{}", queens((1 << 11) - 1, 0, 0, 0));
    let mut values: Vec<u32> = (0..800_000u32).map(|i| i.wrapping_mul(2654435761) ^ i >> (3 + round)).collect();
    values.par_sort_unstable();
    println!("{:08x}", hashes(&values));
    let mut grid = vec![0u8; 512 * 512];
    for step in 0..4 {
        grid.par_chunks_mut(512).enumerate().for_each(|(y, row)| {
            for (x, cell) in row.iter_mut().enumerate() {
                let (re, im) = (x as f64 / 256.0 - 1.5, y as f64 / 256.0 - 1.0);
                let (mut a, mut b, mut n) = (0.0, 0.0, 0u8);
                while n < 60 + step && a * a + b * b < 4.0 {
                    (a, b) = (a * a - b * b + re, 2.0 * a * b + im);
                    n += 1;
                }
                *cell = cell.wrapping_add(n);
            }
        });
    }
    println!("{}", grid.par_iter().map(|cell| u64::from(*cell)).sum::<u64>());
}

fn main() {
    ThreadPoolBuilder::new().num_threads(2).build().expect("threads").install(|| (0..3).for_each(work));
}
