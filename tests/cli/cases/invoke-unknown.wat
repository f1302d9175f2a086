;; args: --invoke gone
;; error: gone
(module (func (export "here")))
