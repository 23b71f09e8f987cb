#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# --gdb: gdb reaches the guest kernel in QEMU, breaks in it and shows where it is; mistakes are told; nothing is left.
. "$(dirname "$0")/lib.sh"

# begin OPTION...: a run in the background that gdb can connect to. Leaves lvmm_pid, and the address in `address`.
begin() {
    : >err
    "$lvmm" run --timeout 120 "$@" >out 2>err &
    lvmm_pid=$!
    until address=$(sed -n "s/^lvmm: gdb can connect.*'target remote \(.*\)' .*/\1/p" err) && [ -n "$address" ]; do
        kill -0 $lvmm_pid 2>/dev/null || return 0
        sleep 0.05
    done
}


# breaks ISA OPTION...: stops at the program's first write, in the kernel, with names in the backtrace.
breaks() {
    isa=$1
    shift
    if [ -n "$(no_qemu "$isa")" ]; then
        echo "missing: gdb/$isa: $(no_qemu "$isa")"
        return
    fi
    begin --arch "$isa" --disk hello.img,ro --wait "$@"
    timeout 120 gdb-multiarch -nx -batch -ex "target remote $address" -ex 'hbreak sys_writev' -ex continue -ex 'backtrace 40' \
        -ex 'delete' -ex continue "$build/$isa/guest-kernel.elf.debug" >log 2>&1
    # gdb 13 takes QEMU 7.2's list of LoongArch registers for a shorter one than it is.
    if [ "$isa" = loongarch64 ] && grep -q 'Truncated register .* in remote' log; then
        kill $lvmm_pid
        wait $lvmm_pid
        echo "skipped: gdb/$isa: $(grep -m 1 'Truncated register' log) (gdb and QEMU don't agree on the registers)"
        return
    fi
    wait $lvmm_pid
    check "$isa: ends with the program's status" [ $? = 0 ]
    check "$isa: and its output" grep -q 'Hello, UserApp!' out
    for frame in '#0 .*sys_writev' 'syscall_dispatch' 'program_begin'; do
        check "$isa: backtrace: $frame" grep -q "$frame" log
    done
    grep -q program_begin log || sed 's/^/    gdb: /' log
}

command -v gdb-multiarch >/dev/null || {
    echo 'missing: gdb: gdb-multiarch is not installed'
    exit 0
}
for isa in $(echo "${ISAS-x86_64}"); do
    cp --sparse=always "$build/$isa/hello.img" hello.img
    case $isa in
    x86_64) breaks x86_64 --gdb unix:"$scratch/socket" ;;
    *) breaks "$isa" --gdb 0 ;;
    esac
done
check 'the socket is gone' [ ! -e "$scratch/socket" ]
cp --sparse=always "$build/x86_64/hello.img" hello.img

# Held until gdb says otherwise, and ended all the same.
begin --gdb unix:"$scratch/socket" --wait --disk hello.img,ro
check 'a socket' [ -S "$scratch/socket" ]
refuses 125 '^lvmm: --gdb unix:.*: Address already in use; remove it' --gdb unix:"$scratch/socket" --disk hello.img,ro
kill -TERM $lvmm_pid
wait $lvmm_pid
check 'SIGTERM ends it' [ $? = 143 ]
check 'without output' [ ! -s out ]
check 'the socket is gone then, too' [ ! -e "$scratch/socket" ]

# One that nobody listens at is left over of a run that was killed.
begin --gdb unix:"$scratch/socket" --wait --disk hello.img,ro
qemu_pid=$(pgrep -P $lvmm_pid)
kill -KILL $lvmm_pid
wait $lvmm_pid 2>/dev/null
while [ -e "/proc/$qemu_pid" ]; do sleep 0.05; done # it ends by itself, and has the socket and the disk until then
check 'left over after SIGKILL' [ -S "$scratch/socket" ]
begin --gdb unix:"$scratch/socket" --disk hello.img,ro
wait $lvmm_pid
check 'and replaced' [ $? = 0 ]
check 'without --wait the guest runs' grep -q UserApp out

begin --gdb 0 --wait --disk hello.img,ro
refuses 125 "^lvmm: --gdb ${address#*:}: Address already in use; give another port" --gdb "${address#*:}" --disk hello.img,ro
kill -TERM $lvmm_pid
wait $lvmm_pid
touch file
refuses 125 '^lvmm: --gdb unix:file: Address already in use' --gdb unix:file --disk hello.img,ro
refuses 125 '^lvmm: --gdb unix:no/where: No such file' --gdb unix:no/where --disk hello.img,ro
long=$(printf %0200d 0)
refuses 125 '^lvmm: --gdb unix:0*: File name too long' --gdb unix:"$long" --disk hello.img,ro
refuses 125 '^lvmm: --gdb 70000: neither a port nor unix:PATH' --gdb 70000
refuses 125 '^lvmm: --gdb 1234: works in QEMU only so far, KVM has no stub yet; --accel tcg$' --gdb 1234 --accel kvm
refuses 125 '^lvmm: --wait: .*--gdb' --wait --disk hello.img,ro
finish
