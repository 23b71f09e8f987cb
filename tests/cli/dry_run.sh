#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# --dry-run and --dump-dtb: what would be run is shown, the same each time, and nothing is run.
. "$(dirname "$0")/lib.sh"

# A run's plan twice, in a file each.
shown() {
    name=$1
    shift
    run 0 "$lvmm" run --dry-run "$@" && [ ! -s err ] && mv out first.txt &&
        run 0 "$lvmm" run --dry-run "$@" && check "$name: the same twice" cmp first.txt out
}

shown 'our kernel' --disk hello.img,ro --memory 128M --cpus 2 -- /bin/hello 'a b'
check 'it is not run' sh -c '! grep -q UserApp out'
for line in '^machine: x86_64 .*, 2 CPUs$' "^kernel: $kernel .lvmm's guest kernel.\$" \
    '^  0x000000000-0x007ffffff  131072K$' '^  0x[0-9a-f]*-0x[0-9a-f]*  kernel, [0-9]* bytes' \
    '^  0x[0-9a-f]*-0x[0-9a-f]*  device tree, [0-9]* bytes$' \
    '^  serial16550 *port 0x3f8-0x3ff, interrupt 4$' \
    '^  virtio-blk *memory 0xfeb00200-0xfeb003ff, interrupt 6, hello.img .read-only.$' \
    '^entry: eip 0x[0-9a-f]*, ebx 0x6000; 32-bit protected mode' '^  qemu-system-x86_64 ' '^    -smp 2 ' \
    '^descriptors in it, which lvmm opens: .*, [0-9]* hello.img;'; do
    check "our kernel: $line" grep -Eq -- "$line" out
done
# Each interface that QEMU gets a descriptor for has its own number.
check 'descriptors' sh -c '[ -z "$(grep -o "id=[a-z0-9]*,fd=[0-9]*" out | sed "s/.*=//" | sort | uniq -d)" ]'

shown 'a bare kernel' --kernel "$gkernel" --append "it's a word"
check 'a bare kernel: what it is' grep -q "^kernel: $gkernel (bare, ELF)\$" out
check 'a bare kernel: what begins it' grep -Eq -- '^    -bios /proc/self/fd/[0-9]+' out

shown 'a flash in QEMU' --accel tcg --kernel "$gkernel" --pflash "$build/pfld.img,ro"
for line in '^machine: x86_64 .* on q35), 1 CPU$' '^  pflash *memory 0xffc00000-0xffffffff, .*pfld.img .read-only.$' \
    '^    -M q35,' ', 102 the start info, 103 the flash;'; do
    check "a flash in QEMU: $line" grep -Eq -- "$line" out
done

# A host of another ISA has QEMU alone, and is shown what that runs.
run 0 setarch linux32 "$lvmm" run --dry-run --kernel "$gkernel" --pflash "$build/pfld.img,ro"
check 'a flash on a host of another ISA' grep -q '^machine: x86_64 .* on q35), 1 CPU$' out

run 0 "$lvmm" run --dry-run --accel kvm --disk hello.img,ro
check 'no QEMU with --accel kvm' sh -c '! grep -q qemu out'

for isa in aarch64 riscv64 loongarch64; do
    [ -e "$build/$isa/guest-kernel.elf" ] || continue # built only when its tests run
    shown "$isa" --arch $isa --disk hello.img,ro
    check "$isa: its QEMU" grep -q "^  qemu-system-$isa " out
done

run 0 "$lvmm" run --dump-dtb one.dtb --disk hello.img,ro -- /bin/hello && [ ! -s out ] && ok 'dump-dtb prints nothing'
run 0 "$lvmm" run --dump-dtb two.dtb --dry-run --disk hello.img,ro -- /bin/hello
check 'dump-dtb: the same twice' cmp one.dtb two.dtb
check 'dump-dtb with dry-run: both' grep -q ^machine: out
check 'dump-dtb: a device tree' dtc -q -I dtb -O dts -o one.dts one.dtb
check 'dump-dtb: of this run' grep -q 'lvmm,argv = "/bin/hello"' one.dts

refuses 125 '^lvmm: --dump-dtb nowhere/x: .*No such file' --dump-dtb nowhere/x --disk hello.img,ro
[ ! -e /dev/full ] || refuses 125 '^lvmm: --dump-dtb /dev/full: can.t be written: ' --dump-dtb /dev/full --disk hello.img,ro
[ ! -e /dev/full ] || {
    timeout 60 "$lvmm" run --dry-run --disk hello.img,ro >/dev/full 2>err
    check 'a full disk: status 125' [ $? = 125 ]
    check 'a full disk: why' grep -q "^lvmm: standard output can't be written: No space left on device\$" err
}
refuses 125 '^lvmm: --dump-dtb: the value is empty' --dump-dtb '' --disk hello.img,ro
refuses 125 '^lvmm: no --disk' --dry-run
finish
