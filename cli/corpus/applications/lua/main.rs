//! Lua, in C: its interpreter runs `program.lua`.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr::null_mut;

type Function = extern "C" fn(*mut c_void) -> c_int;

unsafe extern "C" {
    fn luaL_newstate() -> *mut c_void;
    fn luaL_requiref(state: *mut c_void, name: *const c_char, open: Function, global: c_int);
    fn luaL_loadstring(state: *mut c_void, program: *const c_char) -> c_int;
    fn lua_callk(state: *mut c_void, arguments: c_int, results: c_int, context: isize, continuation: *mut c_void);
    fn lua_tolstring(state: *mut c_void, index: c_int, length: *mut usize) -> *const c_char;
    fn lua_close(state: *mut c_void);
    safe fn luaopen_base(state: *mut c_void) -> c_int;
    safe fn luaopen_string(state: *mut c_void) -> c_int;
    safe fn luaopen_table(state: *mut c_void) -> c_int;
    safe fn luaopen_math(state: *mut c_void) -> c_int;
}

const PROGRAM: &str = concat!(include_str!("program.lua"), "\0");

fn main() {
    let program = CStr::from_bytes_with_nul(PROGRAM.as_bytes()).expect("it has one NUL");
    let libraries: [(&CStr, Function); 4] =
        [(c"_G", luaopen_base), (c"string", luaopen_string), (c"table", luaopen_table), (c"math", luaopen_math)];
    // SAFETY: The state is a new one and closed last; the stack holds the function that is called, then its result, which is
    // printed before the state is closed.
    unsafe {
        let state = luaL_newstate();
        for (name, open) in libraries {
            luaL_requiref(state, name.as_ptr(), open, 1);
        }
        assert_eq!(luaL_loadstring(state, program.as_ptr()), 0, "a syntax error");
        lua_callk(state, 0, 1, 0, null_mut());
        print!("{}", CStr::from_ptr(lua_tolstring(state, -1, null_mut())).to_string_lossy());
        lua_close(state);
    }
}
