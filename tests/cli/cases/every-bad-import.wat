;; Each import that is missing is named, not just the first one.
;; error: import "a" "one": unknown import
;; error: import "b\n" "two": unknown import
(module (import "a" "one" (func)) (import "b\n" "two" (global i32)))
