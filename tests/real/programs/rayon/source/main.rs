//! Work of different kinds on a pool of threads: `parallel TASK THREADS [FILE...]`. Prints what it computed, which does not depend
//! on the number of threads, and to standard error how long it took.

use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use std::{env, fs};

fn main() {
    let arguments: Vec<String> = env::args().collect();
    let [_, task, threads, files @ ..] = &arguments[..] else { panic!("usage: parallel TASK THREADS [FILE...]") };
    let threads = threads.parse().expect("a number of threads");
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
    let start = Instant::now();
    pool.install(|| match task.as_str() {
        "primes" => primes(),
        "sort" => sort(),
        "mandelbrot" => mandelbrot(),
        "queens" => println!("{} ways to place 13 queens", queens(13, 0, 0, 0, 0)),
        "words" => words(files),
        "scopes" => scopes(),
        _ => panic!("no task {task}"),
    });
    eprintln!("{task}: {:.3} s on {} threads", start.elapsed().as_secs_f64(), pool.current_num_threads());
}

fn primes() {
    const END: u32 = 3_000_000;
    let is_prime =
        |number: &u32| (2..).take_while(|factor| factor * factor <= *number).all(|factor| number % factor != 0);
    let (count, sum) = (2..END)
        .into_par_iter()
        .filter(is_prime)
        .map(|prime| (1u32, u64::from(prime)))
        .reduce(|| (0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    println!("{count} primes below {END}, their sum is {sum}");
}

/// Numbers that look random.
fn numbers(count: usize) -> Vec<u64> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    std::iter::repeat_with(next).take(count).collect()
}

fn checksum(numbers: impl Iterator<Item = u64>) -> u64 {
    numbers.fold(0xcbf2_9ce4_8422_2325, |sum, number| (sum ^ number).wrapping_mul(0x100_0000_01b3))
}

fn sort() {
    let mut unstable = numbers(1_500_000);
    let mut stable = unstable.clone();
    unstable.par_sort_unstable();
    assert!(unstable.par_windows(2).all(|pair| pair[0] <= pair[1]));
    println!("sorted: {:016x}", checksum(unstable.into_iter()));
    // By the low bits alone, so that equal keys keep their order.
    stable.par_sort_by_key(|number| number % 1000);
    println!("sorted by key: {:016x}", checksum(stable.iter().copied()));
    let (small, large): (Vec<u64>, Vec<u64>) = stable.par_iter().partition(|number| **number < u64::MAX / 3);
    println!("{} small, {} large", small.len(), large.len());
}

fn mandelbrot() {
    const SIZE: usize = 400;
    const LIMIT: u64 = 600;
    let mut image = vec![0; SIZE * SIZE];
    image.par_chunks_mut(SIZE).enumerate().for_each(|(y, row)| {
        for (x, pixel) in row.iter_mut().enumerate() {
            let (cx, cy) = (x as f64 / 160.0 - 2.0, y as f64 / 160.0 - 1.25);
            let (mut zx, mut zy, mut steps) = (0.0, 0.0, 0);
            while steps < LIMIT && zx * zx + zy * zy < 4.0 {
                (zx, zy) = (zx * zx - zy * zy + cx, 2.0 * zx * zy + cy);
                steps += 1;
            }
            *pixel = steps;
        }
    });
    println!("{} inside, {:016x}", image.iter().filter(|steps| **steps == LIMIT).count(), checksum(image.into_iter()));
}

/// Ways to place queens in the rows from `row` on; the bits say which columns and diagonals are taken.
fn queens(size: u32, row: u32, columns: u32, left: u32, right: u32) -> u64 {
    if row == size {
        return 1;
    }
    let free = !(columns | left | right) & ((1 << size) - 1);
    let place = |column: u32| {
        let queen = 1 << column;
        if free & queen == 0 {
            return 0;
        }
        queens(size, row + 1, columns | queen, (left | queen) << 1, (right | queen) >> 1)
    };
    // Far down, tasks would be too small.
    if row < 4 { (0..size).into_par_iter().map(place).sum() } else { (0..size).map(place).sum() }
}

fn words(files: &[String]) {
    let counts = files
        .par_iter()
        .flat_map_iter(|file| fs::read_to_string(file).expect("a text").lines().map(str::to_owned).collect::<Vec<_>>())
        .fold(BTreeMap::new, |mut counts: BTreeMap<String, u32>, line| {
            for word in line.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty()) {
                *counts.entry(word.to_lowercase()).or_default() += 1;
            }
            counts
        })
        .reduce(BTreeMap::new, |mut all, counts| {
            for (word, count) in counts {
                *all.entry(word).or_default() += count;
            }
            all
        });
    let mut counts: Vec<(String, u32)> = counts.into_iter().collect();
    counts.par_sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    counts.iter().take(8).for_each(|(word, count)| println!("{count:6} {word}"));
}

/// Tasks that start tasks, and wait for them.
fn scopes() {
    fn split<'a>(scope: &rayon::Scope<'a>, numbers: &'a [u64], sum: &'a AtomicU64) {
        match numbers {
            [number] => drop(sum.fetch_add(number % 1000, Ordering::Relaxed)),
            _ => {
                let (left, right) = numbers.split_at(numbers.len() / 2);
                scope.spawn(move |scope| split(scope, left, sum));
                scope.spawn(move |scope| split(scope, right, sum));
            }
        }
    }
    let numbers = numbers(20_000);
    for round in 0..5 {
        let sum = AtomicU64::new(0);
        rayon::scope(|scope| split(scope, &numbers, &sum));
        println!("round {round}: {}", sum.into_inner());
    }
    let (longest, shortest) = rayon::join(|| numbers.par_iter().max(), || numbers.par_iter().min());
    println!("{longest:?} {shortest:?}");
}
