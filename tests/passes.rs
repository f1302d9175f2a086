//! Programs of many functions, whose results must not depend on a pass.

use std::process::Command;

/// Bytes of a result.
const RESULT: usize = 8;

/// Compiles a module that writes 8 bytes for each of these functions, without a pass; then with it, for this machine's processor, and
/// with the memory anywhere: the results must be the same.
///
/// # Panics
/// When they are not, or when something does not run.
pub fn assert_same_without(pass: &str, module: &str, functions: &[String]) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("functions.wat");
    std::fs::write(&path, module).expect("written");
    let run = |name: &str, arguments: &[&str]| {
        let executable = directory.path().join(name);
        let compiled = Command::new(crate::wasm2exe()).args(arguments).arg("-o").args([&executable, &path]).status();
        assert!(compiled.expect("wasm2exe starts").success(), "{name}: does not compile");
        let output = Command::new(&executable).output().expect("the executable starts");
        assert!(output.status.success(), "{name}: {}", output.status);
        output.stdout
    };
    let expected = run("without", &["--disable-pass", pass]);
    assert_eq!(expected.len(), RESULT * functions.len());
    for (name, arguments) in
        [("with", &[][..]), ("native", &["--target-cpu", "native"]), ("base", &["--memory-base", "any"])]
    {
        let results = run(name, arguments);
        assert_eq!(results.len(), expected.len(), "{name}");
        let pairs = results.chunks(RESULT).zip(expected.chunks(RESULT)).zip(functions);
        let wrong: Vec<&String> =
            pairs.filter(|((found, expected), _)| found != expected).map(|(_, function)| function).collect();
        assert!(wrong.is_empty(), "{name}: {} functions differ: {}", wrong.len(), wrong[0]);
    }
}
