#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# 32-bit programs where this machine's Linux isn't what says what is right: what isn't there for them, instructions that
# processors differ in, files that aren't for us.
. "$(dirname "$0")/lib.sh"

# program NAME CODE: a 32-bit program of these instructions onto the disk; then it ends with 42.
program() {
    printf '.globl _start\n_start:\n%s\nmov $42, %%ebx\nmov $1, %%eax\nint $0x80\n' "$2" >"$1.s"
    clang-19 --target=i386-linux-gnu -nostdlib -fuse-ld=lld -static -Wl,-N -o "$1" "$1.s" 2>log &&
        mcopy -o -i tests.img "$1" ::/room || {
        not_ok "a program can't be made: $1"
        cat log
    }
}

echo=$build/x86_64/tests/guest/i386-embox
mcopy -i tests.img "$echo" ::/room/echo

# Of AMD's processors, QEMU's among them, `syscall` leads into the kernel.
program syscall 'mov $20, %eax
syscall'
program breakpoint int3
# getpid twice, then sysfs, which isn't there
program refused 'mov $20, %eax
int $0x80
mov $20, %eax
int $0x80
mov $135, %eax
int $0x80
neg %eax
mov %eax, %ebx
mov $1, %eax
int $0x80'
program vector 'fninit
fld1
addps %xmm0, %xmm1'
program sysenter 'mov $20, %eax
sysenter'

enosys=38
for accel in $(accelerators); do
    run 0 "$lvmm" run --accel "$accel" --disk tests.img -- /room/echo 'Hello, World!'
    check "$accel: Hello, World!" [ "$(cat out)" = 'Hello, World!' ]
    check "$accel: and nothing else" [ ! -s err ]
    run 132 "$lvmm" run --accel "$accel" --disk tests.img -- /room/syscall && ok "$accel: syscall is SIGILL"
    check "$accel: and nothing is said" [ ! -s err ]
    run 133 "$lvmm" run --accel "$accel" --disk tests.img -- /room/breakpoint && ok "$accel: int3 is SIGTRAP"
    run $enosys "$lvmm" run --accel "$accel" --disk tests.img -- /room/refused && ok "$accel: a call that isn't there"
    check "$accel: which is said" \
        [ "$(cat err)" = 'lvmm: the guest kernel has no system call sysfs (135) of i386; it gets ENOSYS' ]

    # Those who watch see i386's numbers, names and halves of registers, and of a program that does both each as it is.
    run 0 "$lvmm" run --accel "$accel" --trace-raw --disk tests.img -- /room/echo x
    check "$accel: --trace-raw: a call" grep -Eq '^\[TRACE\] pid=2 write\(4\) args=\(0x1, 0x[0-9a-f]{1,8}, 0x1, (0x[0-9a-f]{1,8}, ){2}0x[0-9a-f]{1,8}\)$' err
    check "$accel: --trace-raw: its result" grep -q '^\[TRACE\] pid=2 write(4) -> 0x1 (1)$' err
    run $enosys "$lvmm" run --accel "$accel" --trace-raw --disk tests.img -- /room/refused
    check "$accel: --trace-raw: an unknown one" grep -q '^\[TRACE\] pid=2 sysfs(135) -> -38 (ENOSYS)$' err
    check "$accel: --trace-raw: is named all the same" \
        grep -q '^lvmm: the guest kernel has no system call sysfs (135) of i386; it gets ENOSYS$' err
    run 0 "$lvmm" run --accel "$accel" --trace-raw --disk tests.img -- /tests/i386
    check "$accel: --trace-raw: by int 0x80" grep -q '^\[TRACE\] pid=2 close(6) args=(0x4d, ' err
    check "$accel: --trace-raw: by syscall" grep -q '^\[TRACE\] pid=2 restart_syscall(219) args=' err
    run $enosys "$lvmm" run --accel "$accel" --stats --disk tests.img -- /room/refused
    awk 'NF >= 5 && $2 ~ /^[0-9]+[.][0-9]+$/ { print $4, NF == 6 ? $5 : 0, $NF }' err | sort >table
    sed -n '/^unknown/,$p' err >>table
    check "$accel: --stats" cmp -s table - <<'TEXT'
1 0 exit
1 1 sysfs
2 0 getpid
4 1 total
unknown: 1 call
        1 sysfs (135) of i386
TEXT
    if [ "$accel" = tcg ]; then
        run 42 "$lvmm" run --accel tcg --disk tests.img -- /room/vector && ok 'tcg: x87 and SSE'
        run 139 "$lvmm" run --accel tcg --disk tests.img -- /room/sysenter && ok 'tcg: sysenter is SIGSEGV'
    elif "$lvmm" doctor | grep -q '^KVM .*soft'; then
        run 132 "$lvmm" run --accel kvm --disk tests.img -- /room/vector && ok 'soft KVM: x87 and SSE are SIGILL'
        check 'soft KVM: and it is said why' \
            grep -Eq '^lvmm: guest: this KVM emulates 32-bit code, .*: --accel tcg runs all of them$' err
    fi
done

# ---- files ----

head -c 60 "$echo" >cut
{ head -c 18 "$echo"; printf '\050\0'; tail -c +21 "$echo"; } >arm    # e_machine 40, of 32 bits
{ head -c 4 "$echo"; printf '\002'; tail -c +6 "$echo"; } >wide       # i386 in the other class
{ head -c 18 "$echo"; printf '\076\0'; tail -c +21 "$echo"; } >x32    # x86_64 with 32-bit pointers
{ head -c 24 "$echo"; printf '\0\360\377\377'; tail -c +29 "$echo"; } >far # an entry among the last addresses
clang-19 --target=i386-linux-gnu -nostdlib -fuse-ld=lld -pie -Wl,--dynamic-linker=/lib/ld-linux.so.2 -o dynamic syscall.s 2>log ||
    not_ok "a program can't be made: dynamic"
mcopy -i tests.img cut arm wide x32 far dynamic ::/room
refuses 126 'PROGRAM /room/arm: is for arm, and this guest is x86_64$' --disk tests.img -- /room/arm
for file in cut wide x32 far; do
    refuses 126 "PROGRAM /room/$file: not an ELF program for x86_64\$" --disk tests.img -- /room/$file
done
refuses 127 'PROGRAM /room/dynamic: is linked dynamically; its loader /lib/ld-linux.so.2: no such file' \
    --disk tests.img -- /room/dynamic
# A loader of the other kind is none.
mmd -i tests.img ::/lib
mcopy -i tests.img "$build/x86_64/tests/guest/hello-pie" ::/lib/ld-linux.so.2
refuses 126 'PROGRAM /room/dynamic: is linked dynamically; its loader /lib/ld-linux.so.2: not an ELF program' \
    --disk tests.img -- /room/dynamic
finish
