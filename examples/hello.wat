;; The smallest useful program: it writes one line to standard output.
(module
  ;; (descriptor, address of the buffers, their count, where to store the bytes written) -> errno
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)

  ;; One buffer: the address of the text and its length.
  (data (i32.const 0) "\10\00\00\00" "\0e\00\00\00")
  (data (i32.const 16) "Hello, world!\n")

  (func (export "_start")
    (drop (call $fd_write
      (i32.const 1)     ;; standard output
      (i32.const 0)     ;; the buffers
      (i32.const 1)     ;; how many
      (i32.const 8))))) ;; bytes written
