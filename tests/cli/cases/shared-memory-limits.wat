;; error: import "env" "memory": incompatible import type: expected memory 1..2 shared, found memory 1..4 shared
;; error: import "env" "other": unknown import
(module
  (import "env" "memory" (memory 1 4 shared))
  (import "env" "memory" (memory 1 2 shared))
  (import "env" "other" (memory 1 2)))
