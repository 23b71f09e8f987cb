#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Kernels that can't be booted: each is a good one with a field changed (gABI chapters 4 and 5), and guests that fail.
. "$(dirname "$0")/lib.sh"

# changed OFFSET BYTES: a copy of gkernel.elf with BYTES (printf's notation) at OFFSET, as bad.elf.
changed() {
    cp "$gkernel" bad.elf
    # shellcheck disable=SC2059
    printf "$2" | dd of=bad.elf bs=1 seek="$1" conv=notrunc 2>dd.log
}
phdr=64 # the first program header: the one PT_LOAD

bad() {
    changed "$2" "$3"
    refuses 125 "--kernel bad\\.elf: .*($1)" --kernel bad.elf
}

refuses 125 '--kernel missing: No such file' --kernel missing
: >empty
refuses 125 '--kernel empty: .*empty' --kernel empty
echo 'not a kernel' >text
refuses 125 '--kernel text: ' --kernel text
for size in 4 20 63 64 119 4095 5000; do
    head -c $size "$gkernel" >cut
    refuses 125 '--kernel cut: ' --kernel cut
done

bad 'ELF' 0 'X'                                                 # magic
bad '64' 4 '\001'                                               # EI_CLASS: 32 bits
bad 'endian' 5 '\002'                                           # EI_DATA
bad 'version' 6 '\002'                                          # EI_VERSION
bad 'executable' 16 '\001\000'                                  # e_type: ET_REL
bad 'machine' 18 '\377\177'                                     # e_machine
bad '.' 32 '\377\377\377\377\377\377\377\377'                   # e_phoff
bad '.' 54 '\001\000'                                           # e_phentsize
bad '.' 56 '\000\000'                                           # e_phnum
bad '.' 56 '\377\377'                                           # e_phnum
bad '.' $((phdr + 8)) '\377\377\377\377\377\377\377\177'        # p_offset
bad '.' $((phdr + 24)) '\000\000\000\000\377\000\000\000'        # p_paddr: beyond memory
bad '.' $((phdr + 24)) '\000\360\377\377\377\377\377\377'       # p_paddr: wraps
bad '.' $((phdr + 32)) '\377\377\377\377\377\377\377\377'       # p_filesz
bad 'memory|segment' $((phdr + 40)) '\000\000\000\000\377\000\000\000' # p_memsz
refuses 2 '--arch' --arch riscv64 --kernel "$gkernel"

accels=$(accelerators)

# A guest that gives up: its message and its status.
for accel in $accels; do
    run 1 "$lvmm" run --accel "$accel" --kernel "$gkernel"
    check "$accel: gkernel without a flash says so" grep -q 'no pflash magic' out
done
case $accels in
*kvm*)
    head -c 4194304 /dev/zero >zero.flash
    run 1 "$lvmm" run --accel kvm --kernel "$gkernel" --pflash zero.flash
    check 'gkernel with another flash says so' grep -q 'no pflash magic' out
    printf pfld >small.flash
    run 0 "$lvmm" run --accel kvm --kernel "$gkernel" --pflash small.flash
    check 'a flash of a few bytes' grep -q 'Got pflash magic: pfld' out
    run 0 "$lvmm" run --accel kvm --kernel "$gkernel" --pflash "$build/pfld.img,ro" --verbose
    check 'gkernel with its flash' grep -q 'Got pflash magic: pfld' out
    check 'its first access is reported' grep -Eqi '^lvmm: pflash.*0xffc00000' err
    check 'its exits are counted' grep -Eq '^lvmm: .*exits' err
    ;;
esac

# A guest that triple-faults: ud2 at its entry, with no interrupt table.
entry=$(od -A n -t u8 -j 24 -N 8 "$gkernel" | tr -d ' ')
base=$(od -A n -t u8 -j $((phdr + 16)) -N 8 "$gkernel" | tr -d ' ')
offset=$(od -A n -t u8 -j $((phdr + 8)) -N 8 "$gkernel" | tr -d ' ')
changed $((entry - base + offset)) '\017\013'
for accel in $accels; do
    run 125 "$lvmm" run --timeout 20 --accel "$accel" --kernel bad.elf
    check "a guest that faults three times ($accel)" test "$(grep -c '^lvmm: ' err)" = 1
done

finish
