;; error: unknown-module.wat: import "env" "nothing": unknown import: no module "env"; link one with --module env=FILE
(module (import "env" "nothing" (func)))
