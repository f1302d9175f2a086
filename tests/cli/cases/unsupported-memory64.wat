;; error: not supported: memory64
(module (memory i64 1))
