//! The host's descriptors behind the guest's are closed when another program is started, and numbers of closed standard streams are
//! left alone.
//!
//! flags: --dir tmp::/ --listen 127.0.0.1:0
//! setup: mkdir tmp && mkfifo input
//! run: exec 3<> input; "$EXE" <&3 2>&- 3<&- & process=$!
//! run: while test ! -e tmp/ready; do sleep 0.01; done
//! run: cd /proc/$process/fdinfo && test ! -e 2 && grep -h flags: 3 4 5 > $OLDPWD/flags; cd $OLDPWD
//! run: echo >&3; wait $process
//! after: test "$(wc -l < flags)" = 3 && while read -r _ flags; do test $((flags & 02000000)) != 0 || exit 1; done < flags
//! peer: it is another program

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    let dir = path_open(ROOT, 0, ".", DIRECTORY, 0, 0, 0).unwrap();
    assert_eq!(dir, 5);
    create_directory(ROOT, "ready").unwrap();
    read(0, &mut [0]).unwrap();
}
