// wasi-libc has none, and errors do not jump here: see build.rs.
