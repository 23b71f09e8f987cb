#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A guest whose ring 0 does what a software KVM can't emulate (xgetbv): one line says what, where and which bytes.
. "$(dirname "$0")/lib.sh"

# gkernel.elf with other bytes at its entry, which is in the first segment.
field() { od -A n -t u8 -j "$1" -N 8 "$gkernel" | tr -d ' '; }
entry=$(field 24) offset=$(field 72) base=$(field 80)
cp "$gkernel" bad.elf
printf '\017\001\320' | dd of=bad.elf bs=1 seek=$((entry - base + offset)) conv=notrunc 2>dd.log

accelerators | grep -q kvm || finish # that one is skipped has been said
run 125 "$lvmm" run --timeout 20 --accel kvm --kernel bad.elf
if ! grep -q emulate err; then
    # With hardware KVM it is #UD, as CR4.OSXSAVE is clear, and nobody is there to take it.
    check 'xgetbv is an exception' grep -q 'triple fault' err
    echo 'skipped: emulation/soft-kvm: this KVM runs ring 0 natively'
    finish
fi
pattern=$(printf "^lvmm: the guest can't go on: KVM could not emulate the instruction at 0x%x \\(0f 01 d0.*\\)\$" "$entry")
check 'it is one line' [ "$(wc -l <err)" = 1 ]
check 'what, where, which bytes' grep -Eq "$pattern" err
run 125 "$lvmm" run --timeout 20 --accel kvm --verbose --kernel bad.elf
check '--verbose: the registers as well' grep -q '^lvmm: rip=' err
finish
