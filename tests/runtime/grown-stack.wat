;; Two million calls deep does not fit into the usual stack of 8 MiB, and does fit into one of 256.
(module
  (func $depth (export "depth") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (i32.const 1) (call $depth (i32.sub (local.get 0) (i32.const 1)))))
      (else (i32.const 0)))))

;; $ --invoke depth --stack-size 256M -- 2000000
;; 2000000
