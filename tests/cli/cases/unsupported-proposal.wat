;; error: not supported: the stack switching proposal; build the module without it
(module (type $work (func)) (type (cont $work)))
