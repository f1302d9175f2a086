//! The arguments arrive as they are: the name of the executable, empty ones, ones that are no UTF-8.
//!
//! run: ln -s "$EXE" x; ./x '' 'a b' "$(printf 'caf\351')" "$(printf '\360\237\246\200')"
//! peer: it takes UTF-8 only

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    let (mut argc, mut size) = (0u32, 0u32);
    assert_eq!(raw::args_sizes_get(at_mut(&mut argc), at_mut(&mut size)), 0);
    assert_eq!((argc, size), (5, 4 + 1 + 4 + 5 + 5));

    let mut argv = [0u32; 6];
    let mut buffer = [b'#'; 20];
    assert_eq!(raw::args_get(at_mut(&mut argv), at_mut(&mut buffer)), 0);
    assert_eq!(&buffer, b"./x\0\0a b\0caf\xe9\0\xf0\x9f\xa6\x80\0#");
    let start = at(&buffer);
    assert_eq!(argv, [start, start + 4, start + 5, start + 9, start + 14, 0]);

    // Room for the strings, but not for their addresses, and the other way round; nothing is written then.
    let end = memory_end();
    let mut buffer = [b'#'; 20];
    assert_eq!(result(raw::args_get(end - 16, at_mut(&mut buffer))), Err(FAULT));
    assert_eq!(buffer, [b'#'; 20]);
    let mut argv = [7u32; 5];
    assert_eq!(result(raw::args_get(at_mut(&mut argv), end - 18)), Err(FAULT));
    assert_eq!(argv, [7; 5]);
    assert_eq!(raw::args_get(at_mut(&mut argv), end - 19), 0);
    assert_eq!(result(raw::args_sizes_get(at_mut(&mut argc), end - 3)), Err(FAULT));
    assert_eq!(result(raw::args_sizes_get(end, at_mut(&mut argc))), Err(FAULT));
    // Misaligned addresses work.
    assert_eq!(raw::args_sizes_get(at_mut(&mut argv) + 1, end - 4), 0);
}
