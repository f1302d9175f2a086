;; Limits that the executable enforces: each has a message and an exit status of its own.
(module
  (memory 1)
  (memory $other 1)
  (table 2 funcref)
  (func (export "grow") (param i32 i32) (result i32)
    (drop (memory.grow (local.get 0)))
    (drop (memory.grow $other (local.get 1)))
    (i32.add (memory.size) (memory.size $other)))
  (func (export "grow_table") (param i32) (result i32)
    (table.grow (ref.null func) (local.get 0)))
  (func (export "forever") (loop $again (br $again)))
  (func (export "nothing")))

;; $ --invoke grow --max-memory 512K -- 3 3
;; 8
;; $ --invoke grow --max-memory 512K -- 3 4
;; error: memory limit exceeded: 589824 bytes are more than the 524288 of --max-memory
;; exit status: 123
;; $ --invoke grow --max-memory 512K -- 65535 0
;; 2
;; $ --invoke grow --max-memory 512K,fail -- 3 4
;; 5
;; $ --invoke grow --max-memory 512K,fail --memory checked -- 3 4
;; 5
;; $ --invoke grow --max-memory 512K -- -1 0
;; 2
;; $ --invoke grow_table --max-table 5 -- 3
;; 2
;; $ --invoke grow_table --max-table 5 -- 4
;; error: table limit exceeded: 6 elements are more than the 5 of --max-table
;; exit status: 122
;; $ --invoke grow_table --max-table 5,fail -- 4
;; -1
;; $ --invoke grow_table --max-table 5 -- -1
;; -1
;; $ --invoke forever --timeout 50ms
;; error: timeout: the program ran for longer than 50 ms (--timeout)
;; exit status: 124
;; $ --invoke nothing --timeout 1h
