;; An exception leaves the start function.
(module
  (tag $early)
  (func $start (throw $early))
  (start $start)
  (func (export "_start")))

;; $
;; error: uncaught exception: early
;;     0: 0x2c - start
;; exit status: 134
