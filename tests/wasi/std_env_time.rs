//! Rust's standard library on arguments, environment, time, standard streams and threads that there are none of.
//!
//! flags: --env HOME=/home/guest --env LANG
//! env: LANG=C.UTF-8
//! run: ln -s "$EXE" program; ./program one 'two words' ''
//! stdin: first line\nsecond line\nno end
//! stdout: out 1\nout 2\n
//! stderr: err\n
//! status: 42

use std::collections::HashMap;
use std::env;
use std::io::{IsTerminal, Read, Write, stderr, stdin, stdout};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

fn main() {
    assert_eq!(env::args().collect::<Vec<_>>(), ["./program", "one", "two words", ""]);
    assert_eq!(env::var("HOME").unwrap(), "/home/guest");
    assert_eq!(env::var("LANG").unwrap(), "C.UTF-8");
    assert!(env::var("PATH").is_err());
    assert_eq!(env::vars().count(), 2);

    let mut line = String::new();
    assert_eq!(stdin().read_line(&mut line).unwrap(), 11);
    assert_eq!(line, "first line\n");
    let mut rest = String::new();
    stdin().read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "second line\nno end");
    assert!(!stdin().is_terminal() && !stdout().is_terminal() && !stderr().is_terminal());

    let start = Instant::now();
    thread::sleep(Duration::from_millis(30));
    assert!((30..5000).contains(&start.elapsed().as_millis()));
    assert!(SystemTime::now() > SystemTime::UNIX_EPOCH + Duration::from_secs(1_577_836_800));
    assert!(thread::Builder::new().spawn(|| ()).is_err());
    thread::yield_now();
    // Seeded by random_get.
    let map: HashMap<_, _> = (0..1000).map(|number| (number, number * 2)).collect();
    assert_eq!(map[&500], 1000);

    print!("out 1\nout ");
    println!("2");
    stdout().flush().unwrap();
    eprintln!("err");
    std::process::exit(42);
}
