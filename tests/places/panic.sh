#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A guest kernel that can't go on before it has read the device tree: it says why on the serial port and turns the machine
# off, rather than stand still. Usage: tests/places/panic.sh ISA. QEMU starts the kernel itself, with a bad device tree:
# lvmm makes none.
# 77: this machine has no QEMU for the ISA.
set -eu

cd "$(dirname "$0")/../.."
isa=$1 qemu=qemu-system-$1
command -v "$qemu" >/dev/null || { echo "$qemu is not installed" && exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

case $isa in
x86_64) # the tree is the first module
    head -c 4096 /dev/zero >"$scratch/tree"
    set -- -M microvm -initrd "$scratch/tree" -device isa-debug-exit,iobase=0x501,iosize=1
    said='kernel panic: the device tree at [0-9a-f]* is damaged'
    ;;
riscv64) # QEMU's own tree, but for the name of the node of memory
    "$qemu" -M "virt,dumpdtb=$scratch/own" 2>/dev/null
    sed 's/memory@80000000/nothin@80000000/' "$scratch/own" >"$scratch/tree"
    set -- -M virt -dtb "$scratch/tree"
    said='kernel panic: the device tree names no memory'
    ;;
aarch64) # a kernel that is an ELF file gets no tree
    set -- -M virt,gic-version=3 -cpu max
    said='kernel panic: the device tree at 0 is damaged'
    ;;
loongarch64)
    set -- -M virt -cpu la464 -m 1G
    said='kernel panic: the device tree at 0 is damaged'
    ;;
esac
# Its status is the power-off port's on x86_64, and 0 elsewhere; 124: it stood still.
status=0
timeout 60 "$qemu" -accel tcg "$@" -kernel "build/$isa/guest-kernel.elf" -nodefaults -no-user-config -display none -no-reboot \
    -serial stdio >"$scratch/out" 2>&1 </dev/null || status=$?
if [ "$status" -gt 1 ] || ! grep -q "$said" "$scratch/out"; then
    echo "status $status; expected \"$said\", got:"
    cat "$scratch/out"
    exit 1
fi
echo "ok $isa: a panic before the device tree is read"
