;; error: import "wasi_snapshot_preview1" "fd_frobnicate": unknown import: "wasi_snapshot_preview1" has no export of this name
(module (import "wasi_snapshot_preview1" "fd_frobnicate" (func)))
