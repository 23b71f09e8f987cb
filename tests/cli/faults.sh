#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A fault of the guest kernel's own is reported, once, and ends the machine. The kernel is the bundled one with other bytes
# at the beginning of a function that every program needs.
. "$(dirname "$0")/lib.sh"

# with FUNCTION BYTES (printf's notation): changes bad.elf. Of the addresses the lower halves do: p_offset and p_vaddr of
# the first segment, and the function's.
with() {
    text_offset=$(od -A n -t u4 -j 72 -N 4 "$kernel" | tr -d ' ')
    text=$(od -A n -t u4 -j 80 -N 4 "$kernel" | tr -d ' ')
    at=$(llvm-nm-19 "$kernel.debug" | sed -n "s/^[0-9a-f]*\\([0-9a-f]\\{8\\}\\) [tT] $1\$/\\1/p")
    [ -n "$at" ] || not_ok "the kernel has no function $1 of its own: name another one here"
    # shellcheck disable=SC2059
    printf "$2" | dd of=bad.elf bs=1 seek=$((0x$at - text + text_offset)) conv=notrunc 2>dd.log
}
good() { cp "$kernel" bad.elf; }

illegal='\017\013' illegal_report='vector 6 .* rip=ffffffff80'                                          # ud2
load_from_16='\110\213\004\045\020\000\000\000' load_report='vector 14 .* rip=ffffffff80.* cr2=10$' # mov 16, %rax

disk=hello.img

# faults WHAT PATTERN ARGUMENT...: one report, which matches, and the end.
faults() {
    what=$1 pattern=$2
    shift 2
    run 125 "$lvmm" run --timeout 30 --kernel bad.elf --disk "$disk,ro" "$@"
    check "$what: the report" grep -Eq "^lvmm: guest: kernel panic: exception in the kernel: $pattern" err
    check "$what: once" [ "$(grep -c panic err)" = 1 ]
    check "$what: and the end" grep -q '^lvmm: the guest kernel stopped without an exit status' err
}

# ways NAME ARGUMENT...
ways() {
    way=$1
    shift
    good && with space_fault "$illegal"
    faults "$way: an illegal instruction" "$illegal_report" "$@"
    good && with space_fault "$load_from_16"
    faults "$way: a load from nowhere" "$load_report" "$@"
    good && with panic "$illegal" && with space_fault "$illegal"
    run 125 "$lvmm" run --timeout 30 --kernel bad.elf --disk "$disk,ro" "$@"
    check "$way: a fault in the report ends it" grep -q '^lvmm: the guest kernel stopped without an exit status' err
}

# The second CPU's, before the first one goes on.
second_cpu() {
    way=$1
    shift
    good && with smp_enter "$illegal"
    faults "$way: on the second CPU" 'vector 6 .* rip=ffffffff80' --cpus 2 "$@"
}

for accel in $(accelerators); do
    ways "$accel" --accel "$accel"
    [ "$accel" = kvm ] || continue
    ways "kvm, gate=off" --accel kvm --append gate=off
    second_cpu kvm --accel kvm
    second_cpu 'kvm, gate=off' --accel kvm --append gate=off
done

# The word is for soft KVM and changes nothing elsewhere.
for accel in $(accelerators); do
    run 0 "$lvmm" run --accel "$accel" --verbose --disk hello.img,ro --append gate=off
    check "$accel: hello with gate=off" [ "$(cat out)" = 'Hello, UserApp!' ]
    if grep -q 'soft KVM' err; then
        check 'gate=off: ring 0 is emulated' grep -q '^lvmm: guest: x86_64: soft KVM: the kernel runs at CPL 0' err
        run 0 "$lvmm" run --accel "$accel" --verbose --disk hello.img,ro
        check 'without it the gate is used' grep -q '^lvmm: guest: x86_64: .* behind the gate' err
    fi
done
# Other ISAs, those that are tested. ISAS tells which; a kernel among them that isn't there is a failure.
foreign() {
    isa=$1
    kernel=$build/$isa/guest-kernel.elf disk=$build/$isa/hello.img
    case " ${ISAS-x86_64 aarch64 riscv64 loongarch64} " in
    *" $isa "*) ;;
    *) return ;;
    esac
    reason=$(no_qemu "$isa")
    if [ -n "$reason" ]; then
        echo "missing: faults/$isa: $reason"
    else
        ways "$isa, tcg" --accel tcg
    fi
}
illegal='\000\000\052\000' illegal_report='estat c0[0-9a-f]{3} .* pc=9000000000' # break 0; the lower bits of estat are interrupts that wait
load_from_16='\014\100\300\050' load_report='estat 10[0-9a-f]{3} badv=10 pc=9000000000' # ld.d $t0, $zero, 16
foreign loongarch64
illegal='\163\020\000\300' illegal_report='cause 2 .* pc=ffffffff80' # unimp
load_from_16='\203\062\000\001' load_report='cause d stval=10 pc=ffffffff80' # ld t0, 16(zero)
foreign riscv64
illegal='\000\000\000\000' illegal_report='kind 0 esr=2000000 pc=ffffffff40'    # udf
load_from_16='\000\002\200\322\000\000\100\371'                              # mov x0, 16; ldr x0, [x0]
load_report='kind 0 esr=96000004 pc=ffffffff40.* far=10$'
foreign aarch64
finish
