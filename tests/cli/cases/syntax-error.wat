;; error: syntax-error.wat: invalid text: unknown operator or unexpected token
(module (func i32.frob))
