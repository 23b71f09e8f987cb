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
refuses 125 '--arch' --arch riscv64 --kernel "$gkernel"

# 1,000 headers of notes that each cover 512 MiB of zeros: hours, were they read. No VM exists then, and no signal ends it.
{
    head -c 56 "$gkernel"
    printf '\351\003' # e_phnum: 1001
    tail -c +59 "$gkernel" | head -c 6
    tail -c +65 "$gkernel" | head -c 56 # the PT_LOAD
    for _ in $(seq 1000); do
        # PT_NOTE; p_offset 1 MiB, p_filesz 511 MiB, p_align 4
        printf '\004\0\0\0\004\0\0\0\0\0\020\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'
        printf '\0\0\360\037\0\0\0\0\0\0\360\037\0\0\0\0\004\0\0\0\0\0\0\0'
    done
} >notes.elf
truncate -s 512M notes.elf
refuses 125 '--kernel notes\.elf: has too many notes' --kernel notes.elf

accels=$(accelerators)

# A guest that gives up: its message and its status.
for accel in $accels; do
    run 1 "$lvmm" run --accel "$accel" --kernel "$gkernel"
    check "$accel: gkernel without a flash says so" grep -q 'no pflash magic' out
    head -c 4194304 /dev/zero >zero.flash
    run 1 "$lvmm" run --accel "$accel" --kernel "$gkernel" --pflash zero.flash
    check "$accel: gkernel with another flash says so" grep -q 'no pflash magic' out
    printf pfld >small.flash
    run 0 "$lvmm" run --accel "$accel" --kernel "$gkernel" --pflash small.flash
    check "$accel: a flash of a few bytes" grep -q 'Got pflash magic: pfld' out
    run 0 "$lvmm" run --accel "$accel" --cpus 3 --memory 3G --kernel "$gkernel" --pflash "$build/pfld.img,ro"
    check "$accel: a flash beside several CPUs and memory beyond the hole" grep -qx 'smp = 3' out

    # A kernel that looks at what the machine with a flash promises, and programs a byte of it (octal 132 is 0x5a).
    cp "$build/pfld.img" pc.flash
    run 0 "$lvmm" run --accel "$accel" --kernel "$build/x86_64/pc.elf" --pflash pc.flash
    check "$accel: pc.elf finds all as promised" [ "$(grep -c ': yes$' out)" = "$(grep -c . out)" ]
    check "$accel: the image has the byte that was programmed" \
        [ "$(cmp -l "$build/pfld.img" pc.flash | awk '{ print $1, $2, $3 }')" = '65537 377 132' ]
    cp "$build/pfld.img" pc.flash
    run 1 "$lvmm" run --accel "$accel" --kernel "$build/x86_64/pc.elf" --pflash pc.flash,ro
    check "$accel: what can only be read stays as it is" cmp "$build/pfld.img" pc.flash
done
case $accels in
*tcg*)
    refuses 125 '^lvmm: --unmapped end: QEMU .*; leave out --accel tcg$' --accel tcg --unmapped end --kernel "$gkernel"
    refuses 125 '^lvmm: --unmapped end: QEMU .*; leave out --gdb$' --dry-run --gdb 0 --unmapped end --kernel "$gkernel"
    # QEMU's machine that has a flash has no place for anything else.
    refuses 125 '--pflash small\.flash: .*q35.*--accel kvm' --accel tcg --pflash small.flash --disk hello.img
    refuses 125 '--pflash small\.flash: .*q35.*--accel kvm' --accel tcg --pflash small.flash --disk hello.img \
        --kernel "$gkernel"
    ;;
esac
case $accels in
*kvm*)
    run 0 "$lvmm" run --accel kvm --kernel "$gkernel" --pflash "$build/pfld.img,ro" --verbose
    check 'gkernel with its flash' grep -q 'Got pflash magic: pfld' out
    check 'its first access is reported' grep -Eqi '^lvmm: pflash.*0xffc00000' err
    check 'its exits are counted' grep -Eq '^lvmm: .*exits' err
    # Without a flash it reads where nothing is.
    run 0 sh -c "'$lvmm' run --accel kvm --verbose --unmapped ignore --kernel '$gkernel' || [ \$? = 1 ]"
    check 'a read where nothing is: where, and by which instruction' \
        grep -Eq '^lvmm: MMIO read of 4 bytes at 0xffc00000: no device is there; pc=0x20[0-9a-f]{4}$' err
    run 125 "$lvmm" run --accel kvm --unmapped end --kernel "$gkernel"
    check '--unmapped end: the same in one line, and the end' [ "$(grep -c '^lvmm: ' err)" = 1 ]
    check '--unmapped end: what it says' \
        grep -Eq '^lvmm: --unmapped end: MMIO read of 4 bytes at 0xffc00000, where nothing is; pc=0x20[0-9a-f]{4}$' err
    check '--unmapped end: nothing after that' [ "$(tail -n 1 out)" = 'Reading PFlash at physical address 0xFFC00000...' ]
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
