//! What the size of a Rust program is measured with.

fn main() {
    println!("hello, world");
}
