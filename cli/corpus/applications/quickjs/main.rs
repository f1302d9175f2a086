//! QuickJS, in C: its interpreter runs `program.js`.

use rquickjs::{CatchResultExt, Context, Runtime};

fn main() {
    let runtime = Runtime::new().expect("memory for it");
    let context = Context::full(&runtime).expect("memory for it");
    context.with(|context| {
        let output: String = context.eval(include_str!("program.js")).catch(&context).expect("no error");
        print!("{output}");
    });
}
