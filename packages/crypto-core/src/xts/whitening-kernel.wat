;; The inner loop of XTS: whitening.
;;
;; Block j of a data unit is XORed with T * alpha^j, where T is the unit's encrypted tweak and alpha is x in GF(2^128)
;; modulo x^128 + x^7 + x^2 + x + 1 (IEEE 1619-2018 section 5.2). The powers follow one from another, so a single unit
;; waits for each doubling; four units side by side do not. Each of the four lanes walks through a quarter of the units
;; of its own, so that the processor sees four plain streams and fetches ahead: lanes in neighbouring units of 512 bytes
;; are less than half as fast on memory that is not in the cache. The lanes are written out, because Node 20 does not
;; inline WebAssembly functions.
;;
;; Doubling a tweak t, a 128-bit little-endian number in two 64-bit lanes:
;;   shifted  = t + t in each lane, which loses the top bit of both
;;   sign     = each 32-bit lane filled with its top bit
;;   carry    = sign of lane 3 in the low half, sign of lane 1 in the high half
;;   t        = shifted XOR (carry AND (0x87 in the low half, 1 in the high half))
;;
;; `node packages/crypto-core/scripts/build-kernel.mjs` turns this file into whitening-kernel.generated.ts; a test
;; rebuilds it and compares.
(module
  (memory (import "xts" "memory") 1)

  ;; Writes `count` (1 or more) consecutive data unit numbers at `at`, 16 bytes each, little endian.
  (func (export "writeUnitNumbers") (param $at i32) (param $number i64) (param $count i32)
    (loop $next
      (i64.store (local.get $at) (local.get $number))
      (i64.store offset=8 (local.get $at) (i64.const 0))
      (local.set $number (i64.add (local.get $number) (i64.const 1)))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))

  ;; Whitens `count` data units of `size` bytes at `a` with the encrypted tweaks at `tweaks`, 16 bytes each.
  (func (export "whiten") (param $a i32) (param $size i32) (param $count i32) (param $tweaks i32)
    (local $b i32) (local $c i32) (local $d i32) (local $end i32)
    (local $quarter i32) (local $left i32) (local $stride i32)
    (local $ta v128) (local $tb v128) (local $tc v128) (local $td v128)
    (local $sign v128) (local $reduce v128)
    (local.set $reduce (v128.const i64x2 0x87 1))

    (block $few
      (br_if $few (i32.eqz (local.tee $left (local.tee $quarter (i32.shr_u (local.get $count) (i32.const 2))))))
      (local.set $stride (i32.mul (local.get $quarter) (local.get $size)))
      (local.set $b (i32.add (local.get $a) (local.get $stride)))
      (local.set $c (i32.add (local.get $b) (local.get $stride)))
      (local.set $d (i32.add (local.get $c) (local.get $stride)))
      (local.set $stride (i32.shl (local.get $quarter) (i32.const 4)))
      (loop $four_units
        (local.set $end (i32.add (local.get $a) (local.get $size)))
        (local.set $ta (v128.load (local.get $tweaks)))
        (local.set $tb (v128.load (i32.add (local.get $tweaks) (local.get $stride))))
        (local.set $tc (v128.load (i32.add (local.get $tweaks) (i32.mul (local.get $stride) (i32.const 2)))))
        (local.set $td (v128.load (i32.add (local.get $tweaks) (i32.mul (local.get $stride) (i32.const 3)))))

        (loop $next_blocks
          (v128.store (local.get $a) (v128.xor (v128.load (local.get $a)) (local.get $ta)))
          (local.set $sign (i32x4.shr_s (local.get $ta) (i32.const 31)))
          (local.set $ta (v128.xor (i64x2.add (local.get $ta) (local.get $ta)) (v128.and (local.get $reduce)
            (i8x16.shuffle 12 13 14 15 12 13 14 15 4 5 6 7 4 5 6 7 (local.get $sign) (local.get $sign)))))

          (v128.store (local.get $b) (v128.xor (v128.load (local.get $b)) (local.get $tb)))
          (local.set $sign (i32x4.shr_s (local.get $tb) (i32.const 31)))
          (local.set $tb (v128.xor (i64x2.add (local.get $tb) (local.get $tb)) (v128.and (local.get $reduce)
            (i8x16.shuffle 12 13 14 15 12 13 14 15 4 5 6 7 4 5 6 7 (local.get $sign) (local.get $sign)))))

          (v128.store (local.get $c) (v128.xor (v128.load (local.get $c)) (local.get $tc)))
          (local.set $sign (i32x4.shr_s (local.get $tc) (i32.const 31)))
          (local.set $tc (v128.xor (i64x2.add (local.get $tc) (local.get $tc)) (v128.and (local.get $reduce)
            (i8x16.shuffle 12 13 14 15 12 13 14 15 4 5 6 7 4 5 6 7 (local.get $sign) (local.get $sign)))))

          (v128.store (local.get $d) (v128.xor (v128.load (local.get $d)) (local.get $td)))
          (local.set $sign (i32x4.shr_s (local.get $td) (i32.const 31)))
          (local.set $td (v128.xor (i64x2.add (local.get $td) (local.get $td)) (v128.and (local.get $reduce)
            (i8x16.shuffle 12 13 14 15 12 13 14 15 4 5 6 7 4 5 6 7 (local.get $sign) (local.get $sign)))))

          (local.set $b (i32.add (local.get $b) (i32.const 16)))
          (local.set $c (i32.add (local.get $c) (i32.const 16)))
          (local.set $d (i32.add (local.get $d) (i32.const 16)))
          (br_if $next_blocks
            (i32.lt_u (local.tee $a (i32.add (local.get $a) (i32.const 16))) (local.get $end))))

        (local.set $tweaks (i32.add (local.get $tweaks) (i32.const 16)))
        (br_if $four_units (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))

      ;; What is left, at most three units, starts where the fourth lane ended.
      (local.set $a (local.get $d))
      (local.set $tweaks (i32.add (local.get $tweaks) (i32.mul (local.get $stride) (i32.const 3))))
      (local.set $count (i32.and (local.get $count) (i32.const 3))))

    (block $none
      (br_if $none (i32.eqz (local.get $count)))
      (loop $one_unit
        (local.set $end (i32.add (local.get $a) (local.get $size)))
        (local.set $ta (v128.load (local.get $tweaks)))
        (loop $next_block
          (v128.store (local.get $a) (v128.xor (v128.load (local.get $a)) (local.get $ta)))
          (local.set $sign (i32x4.shr_s (local.get $ta) (i32.const 31)))
          (local.set $ta (v128.xor (i64x2.add (local.get $ta) (local.get $ta)) (v128.and (local.get $reduce)
            (i8x16.shuffle 12 13 14 15 12 13 14 15 4 5 6 7 4 5 6 7 (local.get $sign) (local.get $sign)))))
          (br_if $next_block
            (i32.lt_u (local.tee $a (i32.add (local.get $a) (i32.const 16))) (local.get $end))))
        (local.set $tweaks (i32.add (local.get $tweaks) (i32.const 16)))
        (br_if $one_unit (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))))
