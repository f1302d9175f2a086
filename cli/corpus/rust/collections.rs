//! Rust's collections and iterators: hash maps, ordered maps, heaps, deques, strings, sorting by keys, closures, trait objects.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, VecDeque};
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::rc::Rc;

/// A hash map whose order is the same in each run.
type Map<K, V> = HashMap<K, V, BuildHasherDefault<DefaultHasher>>;

struct Random(u32);

impl Random {
    fn draw(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1664525).wrapping_add(1013904223);
        (self.0 >> 8) % limit
    }
}

/// Counts words and returns the most frequent ones.
fn words(random: &mut Random) -> String {
    let text: Vec<String> = (0..60_000).map(|i| format!("word{:x}", random.draw(4000) / (1 + i % 3))).collect();
    let mut counts: Map<&str, u32> = Map::default();
    for word in &text {
        *counts.entry(word).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(word, count)| (Reverse(*count), *word));
    counts.iter().take(3).map(|(word, count)| format!("{word}:{count}")).collect::<Vec<_>>().join(" ")
}

/// Overlapping intervals, joined, in an ordered map.
fn intervals(random: &mut Random) -> (usize, u32) {
    let mut joined: BTreeMap<u32, u32> = BTreeMap::new();
    for _ in 0..40_000 {
        let (mut start, mut end) = (random.draw(5_000_000), 0);
        end += start + 1 + random.draw(60);
        while let Some((&other, &its_end)) = joined.range(..=end).next_back().filter(|(_, its_end)| **its_end >= start) {
            start = start.min(other);
            end = end.max(its_end);
            joined.remove(&other);
        }
        joined.insert(start, end);
    }
    (joined.len(), joined.iter().map(|(start, end)| end - start).sum())
}

/// Events in the order of their time; some of them make others.
fn events(random: &mut Random) -> u64 {
    let mut queue: BinaryHeap<Reverse<(u32, u32)>> = (0..500).map(|id| Reverse((random.draw(1000), id))).collect();
    let mut recent = VecDeque::with_capacity(64);
    let mut sum = 0;
    for _ in 0..200_000 {
        let Some(Reverse((time, id))) = queue.pop() else { break };
        if recent.len() == 64 {
            recent.pop_front();
        }
        recent.push_back(id);
        sum += u64::from(time) * recent.iter().filter(|other| **other == id).count() as u64;
        queue.push(Reverse((time + 1 + random.draw(1000), id)));
    }
    sum
}

trait Account {
    fn pay(&mut self, amount: f64);
    fn balance(&self) -> f64;
}

struct Plain(f64);
struct Fees(f64, u32);

impl Account for Plain {
    fn pay(&mut self, amount: f64) {
        self.0 += amount;
    }
    fn balance(&self) -> f64 {
        self.0
    }
}

impl Account for Fees {
    fn pay(&mut self, amount: f64) {
        self.0 += amount - 0.25;
        self.1 += 1;
    }
    fn balance(&self) -> f64 {
        self.0 - f64::from(self.1 / 100)
    }
}

/// Virtual methods of boxes.
fn accounts(random: &mut Random) -> f64 {
    let make = |i| -> Box<dyn Account> { if i % 3 == 0 { Box::new(Fees(0.0, 0)) } else { Box::new(Plain(0.0)) } };
    let mut accounts: Vec<_> = (0..200).map(make).collect();
    for i in 0..1_000_000 {
        accounts[random.draw(200) as usize].pay(f64::from(i % 100));
    }
    accounts.iter().map(|account| account.balance()).sum()
}

/// Chains of adapters over slices.
fn adapters(random: &mut Random) -> (u64, f64) {
    let values: Vec<u32> = (0..200_000).map(|_| random.draw(1 << 20)).collect();
    let mut sum = 0;
    for round in 1..20 {
        let pairs = values.iter().zip(values.iter().skip(round)).filter(|(a, b)| a > b);
        sum += pairs.map(|(a, b)| u64::from(a ^ b)).step_by(3).sum::<u64>();
        sum += values.chunks(64).flat_map(|chunk| chunk.iter().max()).map(|most| u64::from(*most)).sum::<u64>();
    }
    let mean = values.windows(5).map(|window| window.iter().copied().map(f64::from).sum::<f64>() / 5.0).fold(0.0, f64::max);
    (sum, mean)
}

/// Shared strings in a set, and characters of text.
fn names(random: &mut Random) -> usize {
    let set: BTreeSet<Rc<str>> = (0..30_000).map(|_| Rc::from(format!("Näme {}", random.draw(20_000)))).collect();
    let capitals: String = set.iter().flat_map(|name| name.chars().rev()).filter(|letter| !letter.is_ascii_digit()).collect();
    capitals.to_uppercase().split('Ä').map(str::len).sum::<usize>() + set.len()
}

fn main() {
    let mut random = Random(1);
    for _ in 0..9 {
        println!("{}", words(&mut random));
        println!("{:?}", intervals(&mut random));
        println!("{}", events(&mut random));
        println!("{:.2}", accounts(&mut random));
        println!("{:?}", adapters(&mut random));
        println!("{}", names(&mut random));
    }
}
