//! Tests of the command line tool, through its command line alone.

mod arguments;
mod bench;
mod cache;
mod cases;
mod determinism;
mod executable;
mod files;
mod hostile;
mod inspect;
mod linker;
mod signals;
mod threads;
mod transcripts;
mod workbench;
