//! The regex crate, in Rust: a log searched with several expressions; lazy automata, captures, Unicode classes.

use expressions::Regex;
use std::fmt::Write;

/// Lines of a server's log.
fn log(lines: u32) -> String {
    const PATHS: [&str; 6] = ["/index.html", "/images/logo.png", "/api/users", "/api/orders/", "/über/uns", "/search?q=wasm"];
    const AGENTS: [&str; 4] = ["Mozilla/5.0 (X11; Linux)", "curl/7.88", "bot@example.org", "Übersicht 1.2"];
    let (mut text, mut state) = (String::new(), 1u32);
    let mut draw = |limit: u32| {
        state = state.wrapping_mul(1664525).wrapping_add(1013904223);
        (state >> 8) % limit
    };
    for line in 0..lines {
        let (a, b, minute, second) = (draw(256), draw(256), draw(60), draw(60));
        let (path, agent) = (PATHS[draw(6) as usize], AGENTS[draw(4) as usize]);
        let (status, size) = ([200, 200, 304, 404, 500][draw(5) as usize], draw(100_000));
        let time = format!("2024-{:02}-{:02}T{:02}:{minute:02}:{second:02}Z", 1 + line % 12, 1 + line % 28, line % 24);
        writeln!(text, "10.0.{a}.{b} - [{time}] \"GET {path}{} HTTP/1.1\" {status} {size} \"{agent}\"", draw(1000)).expect("grows");
    }
    text
}

fn main() {
    const EXPRESSIONS: [&str; 7] = [
        r#""GET (\S+) HTTP/1\.[01]" (404|500) (\d+)"#,
        r"(?m)^(\d+)\.(\d+)\.(\d+)\.(\d+) .* (\d{5}) ",
        r"\d{4}-(0[1-6])-\d\dT(\d\d):(\d\d):\d\dZ",
        r"[\w.]+@[\w.]+\.\w{2,4}",
        r"(?i)ÜBER\w*",
        r"(?:logo|users|orders)/?\d*[05]\b",
        r"(\p{Lu})\p{Ll}+ ?(\d)",
    ];
    let text = log(12_000);
    for expression in EXPRESSIONS {
        let regex = Regex::new(expression).expect("a valid expression");
        let (mut count, mut sum) = (0, 0);
        for _ in 0..20 {
            for captures in regex.captures_iter(&text) {
                count += 1;
                sum += captures.iter().flatten().map(|group| group.start() % 1000 + group.len()).sum::<usize>();
            }
        }
        println!("{count} {sum}");
    }
    let dates = Regex::new(r"(\d{4})-(\d\d)-(\d\d)").expect("a valid expression").replace_all(&text, "$3.$2.$1");
    println!("{}", dates.bytes().fold(0u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte))));
}
