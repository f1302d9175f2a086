;; error: syntax-error.wat: invalid text:
;; error: unknown operator or unexpected token
(module (func i32.frob))
