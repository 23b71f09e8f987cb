#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Guest instructions from the kernel's entry to the program's first one, and on to the end of the machine. QEMU logs
# every instruction that it executes (-singlestep: one in a translation block); the lines are counted, and those at the
# stub of page faults. The size of the kernel's image, for its budget, is here too.
set -eu
. ci/bench/lib.sh

kernel=$build/$isa/guest-kernel.elf
say kernel/size $(($(stat -c %s "$kernel") / 1024)) KiB

# The kernel's entry is in its PVH note, of type 0x12 (Xen, docs/misc/pvh): its data are the bytes of an address.
kernel_entry=$(llvm-readelf-19 -n "$kernel" | awk '/0x00000012/ { on = 1 } on && /description data:/ { print $6 $5 $4 $3; exit }')
program_entry=$(llvm-readelf-19 -h "$build/$isa/payload/hello" | awk '/Entry point/ { sub("0x", "", $4); print $4 }')
# trap.S: a stub each 16 bytes; a page fault has vector 14. The kernel itself has none. (The last digits do, and a shell
# can't count further.)
vectors=$(llvm-nm-19 "$kernel.debug" | awk '$3 == "vectors" { print substr($1, 9) }')
fault_entry=$(printf '%x' $((0x$vectors + 14 * 16)))

# executed LVMM-ARG...: runs hello, and prints its instructions before its first one, from there on, and its faults.
executed() {
    log=$work/executed
    lvmm_with_qemu "-singlestep -d exec,nochain -D $PWD/$log" "$@" >/dev/null
    awk -F/ -v kernel="$kernel_entry" -v program="$program_entry" -v fault="$fault_entry" '
        function ends_in(text, end) { return substr(text, length(text) - length(end) + 1) == end }
        !/^Trace/ { next }
        !entered && ends_in($2, kernel) { entered = 1 }
        entered && !started && ends_in($2, program) { started = 1 }
        ends_in($2, fault) { faults++ }
        entered { if (started) after++; else before++ }
        END { if (started) print before, after, faults + 0 }' "$log"
    rm "$log"
}

executed --disk "$hello_img" >"$work/entry"
read -r before after faults <"$work/entry"
say entry/instructions "$before" insn
say entry/program-to-end "$after" insn
say entry/faults "$faults" faults

# The same with nothing but the program in a root in memory.
mkdir -p "$work/empty"
cp "$build/$isa/payload/hello" "$work/empty/hello"
(cd "$work/empty" && echo hello | cpio -o -H newc -R 0:0 --quiet) >"$work/empty.cpio"
executed --initrd "$work/empty.cpio" -- /hello >"$work/entry"
read -r before after faults <"$work/entry"
say entry/memory/instructions "$before" insn

# And from ext4, whose metadata have checksums: on x86_64 by an instruction.
PATH=$PATH:/sbin:/usr/sbin
mkdir -p "$work/ext4/sbin"
cp "$build/$isa/payload/hello" "$work/ext4/sbin/hello"
rm -f "$work/ext4.img"
mke2fs -q -F -t ext4 -b 4096 -d "$work/ext4" "$work/ext4.img" 64M
executed --disk "$work/ext4.img,ro" -- /sbin/hello >"$work/entry"
read -r before after faults <"$work/entry"
say entry/ext4/instructions "$before" insn
