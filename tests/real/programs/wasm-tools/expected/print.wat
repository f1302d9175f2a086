(module $queue
  (type $op (;0;) (func (param i32 i32) (result i32)))
  (type $pair (;1;) (func (param i64) (result i64 i32)))
  (type (;2;) (func (param i32 f64)))
  (type (;3;) (func))
  (type (;4;) (func (param i32) (result i32)))
  (type (;5;) (func (param i32 i32 i32) (result i32)))
  (type (;6;) (func (param i32) (result f64)))
  (type (;7;) (func (param externref) (result i32)))
  (import "host" "log" (func $log (;0;) (type 2) (param i32 f64)))
  (import "host" "limit" (global $limit (;0;) i32))
  (table $ops (;0;) 4 8 funcref)
  (table $held (;1;) 2 externref)
  (memory $main (;0;) 1 16)
  (global $head (;1;) (mut i32) i32.const 0)
  (global $scale (;2;) f32 f32.const -0x1.8p+3 (;=-12;))
  (global $nan (;3;) f64 f64.const nan:0x4000000000000 (;=NaN;))
  (export "memory" (memory $main))
  (export "push" (func $push))
  (export "sort" (func $sort))
  (export "apply" (func 7))
  (export "dispatch" (func 9))
  (export "sum" (func 10))
  (export "hold" (func 11))
  (export "divmod" (func $divmod))
  (start $begin)
  (elem (;0;) (table $ops) (i32.const 0) func $add $sub)
  (elem $later (;1;) funcref (ref.func $max) (ref.null func))
  (elem (;2;) declare func $push)
  (func $begin (;1;) (type 3)
    i32.const 2
    i32.const 0
    i32.const 2
    table.init $later
    elem.drop $later
    i32.const 64
    i32.const 0
    i32.const 5
    memory.init $passive
    data.drop $passive
  )
  (func $add (;2;) (type $op) (param i32 i32) (result i32)
    local.get 0
    local.get 1
    i32.add
  )
  (func $sub (;3;) (type $op) (param i32 i32) (result i32)
    local.get 0
    local.get 1
    i32.sub
  )
  (func $max (;4;) (type $op) (param i32 i32) (result i32)
    local.get 0
    local.get 1
    local.get 0
    local.get 1
    i32.gt_s
    select
  )
  (func $push (;5;) (type 4) (param $value i32) (result i32)
    (local $at i32)
    global.get $head
    global.get $limit
    i32.ge_u
    if ;; label = @1
      i32.const -1
      return
    end
    global.get $head
    i32.const 2
    i32.shl
    local.set $at
    local.get $at
    local.get $value
    i32.store offset=1024
    global.get $head
    i32.const 1
    i32.add
    global.set $head
    global.get $head
  )
  (func $sort (;6;) (type 3)
    (local $i i32) (local $j i32) (local $held i32)
    block $done
      loop $outer
        local.get $i
        global.get $head
        i32.ge_u
        br_if $done
        local.get $i
        local.set $j
        local.get $i
        i32.const 2
        i32.shl
        i32.load offset=1024
        local.set $held
        block $placed
          loop $inner
            local.get $j
            i32.eqz
            br_if $placed
            local.get $j
            i32.const 2
            i32.shl
            i32.load offset=1020
            local.get $held
            i32.le_s
            br_if $placed
            local.get $j
            i32.const 2
            i32.shl
            local.get $j
            i32.const 2
            i32.shl
            i32.load offset=1020
            i32.store offset=1024
            local.get $j
            i32.const 1
            i32.sub
            local.set $j
            br $inner
          end
        end
        local.get $j
        i32.const 2
        i32.shl
        local.get $held
        i32.store offset=1024
        local.get $i
        i32.const 1
        i32.add
        local.set $i
        br $outer
      end
    end
  )
  (func (;7;) (type 5) (param $op i32) (param $a i32) (param $b i32) (result i32)
    local.get $a
    local.get $b
    local.get $op
    call_indirect (type $op)
  )
  (func $divmod (;8;) (type $pair) (param $n i64) (result i64 i32)
    block $small (result i64)
      i64.const 0
      local.get $n
      i64.const 10
      i64.lt_u
      br_if $small
      drop
      local.get $n
      i64.const 10
      i64.div_u
    end
    local.get $n
    i64.const 10
    i64.rem_u
    i32.wrap_i64
  )
  (func (;9;) (type 6) (param i32) (result f64)
    block $c
      block $b
        block $a
          local.get 0
          br_table $a $b $c
        end
        f64.const 0x1.p-1074 (;=0.000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000005;)
        return
      end
      f64.const -inf (;=-inf;)
      return
    end
    local.get 0
    global.get $nan
    call $log
    global.get $scale
    f64.promote_f32
  )
  (func (;10;) (type 4) (param $at i32) (result i32)
    (local $total v128)
    local.get $at
    v128.load align=4
    v128.const i32x4 0x00000001 0x00000002 0x00000003 0xfffffffc
    i32x4.add
    local.set $total
    local.get $total
    i32x4.extract_lane 0
    local.get $total
    local.get $total
    i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 4 5 6 7
    i32x4.extract_lane 3
    i32.add
  )
  (func (;11;) (type 7) (param externref) (result i32)
    i32.const 1
    local.get 0
    table.set $held
    i32.const 0
    table.get $held
    ref.is_null
  )
  (data (;0;) (i32.const 16) "queue\00\ff\22\5c\e2\86\92")
  (data $passive (;1;) "later")
)
