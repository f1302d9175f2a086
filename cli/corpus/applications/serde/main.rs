//! serde_json, in Rust: JSON written from values, parsed into types and into trees, and changed.

use derive::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Serialize, Deserialize, PartialEq)]
#[serde(crate = "derive")]
struct Item {
    id: u32,
    name: String,
    tags: Vec<String>,
    price: f64,
    place: Option<Place>,
}

#[derive(Serialize, Deserialize, PartialEq)]
#[serde(crate = "derive", tag = "kind")]
enum Place {
    Shelf { row: u8, column: u8 },
    Shipped { to: String },
}

fn items(count: u32) -> Vec<Item> {
    let mut state = 1u32;
    let mut draw = |limit: u32| {
        state = state.wrapping_mul(1664525).wrapping_add(1013904223);
        (state >> 8) % limit
    };
    let mut item = |id| Item {
        id,
        name: format!("item \"{}\"\n{}", id, draw(1000)),
        tags: (0..draw(5)).map(|tag| format!("tag {tag} ä")).collect(),
        price: f64::from(draw(1_000_000)) / 128.0,
        place: match draw(3) {
            0 => None,
            1 => Some(Place::Shelf { row: draw(200) as u8, column: draw(50) as u8 }),
            _ => Some(Place::Shipped { to: format!("street {}", draw(100)) }),
        },
    };
    (0..count).map(&mut item).collect()
}

/// Adds up all numbers and the lengths of all strings.
fn weigh(value: &Value) -> f64 {
    match value {
        Value::Number(number) => number.as_f64().expect("a finite number"),
        Value::String(text) => text.len() as f64,
        Value::Array(values) => values.iter().map(weigh).sum(),
        Value::Object(members) => members.iter().map(|(name, value)| name.len() as f64 + weigh(value)).sum(),
        Value::Null | Value::Bool(_) => 1.0,
    }
}

fn main() {
    let items = items(4000);
    for round in 0..40 {
        let text = serde_json::to_string(&items).expect("it can be written");
        let parsed: Vec<Item> = serde_json::from_str(&text).expect("it can be read");
        assert!(parsed == items);
        let mut tree: Value = serde_json::from_str(&text).expect("it can be read");
        for item in tree.as_array_mut().expect("an array").iter_mut().skip(round).step_by(7) {
            item["tags"] = Value::from(vec!["new"; round]);
        }
        let text = serde_json::to_string_pretty(&tree).expect("it can be written");
        println!("{} {:.3}", text.len(), weigh(&tree));
    }
}
