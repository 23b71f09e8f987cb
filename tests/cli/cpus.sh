#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# How many CPUs a guest has, by all that tells of it; more than there can be; and CPUs that don't start.
# shellcheck disable=SC2016 # what is quoted is for the shell in there
. "$(dirname "$0")/lib.sh"

# is_there ISA: guests of it are tested, and there is a QEMU for them
is_there() {
    case " ${ISAS-x86_64 aarch64 riscv64 loongarch64} " in
    *" $1 "*) ;;
    *) return 1 ;;
    esac
    reason=$(no_qemu "$1")
    [ -z "$reason" ] || echo "missing: cpus/$1: $reason"
    [ -z "$reason" ]
}

# ---- numbers that can't be ----

for number in 0 00 -1 1K 2.5 4294967297 '' ' 2' two; do
    refuses 125 "^lvmm: --cpus $number: not a number of CPUs; e.g. 2\$" --cpus "$number" --disk hello.img
done
most() {
    ! is_there "$1" || refuses 125 "^lvmm: --cpus $(($2 + 1)): $1 guests can have from 1 to $2\$" --arch "$1" --cpus $(($2 + 1)) --disk hello.img
}
most x86_64 64
most aarch64 64
most riscv64 32
most loongarch64 4

# The machine has them, and our kernel not so many: it says so in a line and runs on what it can.
for accel in $(accelerators); do
    run 0 "$lvmm" run --accel "$accel" --cpus 33 --disk hello.img,ro
    check "$accel, --cpus 33: $(cat err)" \
        grep -qx 'lvmm: guest: --cpus 33: this kernel runs on 32 at most, and the others stay off' err
    check "$accel, --cpus 33: once, and the program runs" [ "$(wc -l <err) $(cat out)" = '1 Hello, UserApp!' ]
done

# ---- what a program is told ----

cp --sparse=always "$build/x86_64/busybox.img" busybox.img || not_ok 'there is no busybox.img'

look='B=/busybox; cd /sys/devices/system/cpu
echo $($B nproc) $($B nproc --all) $($B grep -c "^processor" /proc/cpuinfo) $($B grep -c "^cpu[0-9]" /proc/stat)
echo $($B ls -d cpu[0-9]* | $B wc -l) $($B cat online) $($B cat possible) $($B cat present)
echo $($B sed -n "s/^Cpus_allowed_list:[[:space:]]*//p" /proc/self/status)
$B taskset 1 $B nproc
$B taskset 10 $B nproc 2>&1'

# told NUMBER LIST ARGUMENT...: list as in 0-1
told() {
    number=$1 list=$2
    shift 2
    run 1 "$lvmm" run --cpus "$number" --disk busybox.img,ro "$@" -- /busybox sh -c "$look"
    cat >expected <<TEXT
$number $number $number $number
$number $list $list $list
$list
1
taskset: can't set pid 2's affinity: Invalid argument
TEXT
    sed "s/pid [0-9]*'s/pid 2's/" out >told
    check "$*: with $number CPUs" diff expected told
}
for accel in $(accelerators); do
    told 1 0 --accel "$accel"
    told 2 0-1 --accel "$accel"
    told 4 0-3 --accel "$accel"
done

# On KVM they are the host's, by name.
name=$(sed -n 's/^model name[[:space:]]*: *//p' /proc/cpuinfo | head -n 1)
if [ -z "$(no_kvm)" ] && [ -n "$name" ]; then
    run 0 "$lvmm" run --accel kvm --disk busybox.img,ro -- /busybox sed -n 's/^model name[[:space:]]*: *//p' /proc/cpuinfo
    check "kvm: the CPU is called as the host's: $(cat out)" [ "$(cat out)" = "$name" ]
fi

# ---- CPUs that don't start ----

# A QEMU that gives one CPU less than it is asked for; and, for guests that wait for it, a clock that goes fast.
mkdir short
cat >short/qemu <<'SCRIPT'
#!/bin/bash
arguments=() last=
while [ $# -gt 0 ]; do
    case "$1 ${2-}" in
    '-smp '*)
        last=$(($2 - 1))
        arguments+=(-smp $last)
        shift
        ;;
    "-device loader,"*,cpu-num=$last) shift ;;
    *) arguments+=("$1") ;;
    esac
    shift
done
exec "$REAL" "${arguments[@]}" $MORE
SCRIPT
chmod +x short/qemu

# one_less STATUS ISA MORE-OPTIONS LINE: of three CPUs
one_less() {
    expected=$1 isa=$2 more=$3 line=$4
    is_there "$isa" || return 0
    real=$(command -v "qemu-system-$isa")
    ln -sf qemu "short/qemu-system-$isa"
    run "$expected" env PATH="$scratch/short:$PATH" REAL="$real" MORE="$more" "$lvmm" run --verbose --accel tcg --cpus 3 \
        --kernel "$build/$isa/guest-kernel.elf" --disk "$build/$isa/hello.img,ro"
    check "$isa: a CPU that doesn't start is named" grep -qx "lvmm: guest: $line" err
    [ "$expected" != 0 ] || check "$isa: the others run" [ "$(cat out) $(grep -c 'guest: 2 CPUs run' err)" = 'Hello, UserApp! 1' ]
}
one_less 0 aarch64 '' "CPU 2 can't be started: error 5"
# Elsewhere nobody knows that it isn't there (OpenSBI has the same device tree): it is waited for.
stays_off() {
    echo "CPU $1 was started and didn't come in 30 s: it and those after it stay off; where the host is busy, --cpus $2"
}
one_less 0 x86_64 '-icount shift=10,sleep=off' "$(stays_off 2 2)"
# Not with that clock: by it QEMU 7.2 gives a hart that spins, as OpenSBI's and ours do, all the time there is until the
# next timer, and the others none, as riscv64's `pause` doesn't end a turn (x86_64's does; later QEMUs share it out).
# And with sleep=off time goes on to the next timer's while all wait for the disk: that is the end of all time where
# OpenSBI has set the ACLINT's as far ahead as there is, which is always set, and nothing comes after it.
one_less 0 riscv64 '' "$(stays_off 2 2)"

# One that comes after it was given up is parked, and the others go on without it.
for isa in x86_64 aarch64 riscv64 loongarch64; do
    is_there "$isa" || continue
    [ -e "$build/$isa/guest-kernel-checked.elf" ] || {
        echo "skipped: cpus/late-$isa: its kernel with checks is built by make check-long"
        continue
    }
    for late in 1 2; do
        run 0 "$lvmm" run --verbose --accel tcg --cpus 3 --append "late=$late" \
            --kernel "$build/$isa/guest-kernel-checked.elf" --disk "$build/$isa/hello.img,ro"
        check "$isa: CPU $late is late" grep -qx "lvmm: guest: $(stays_off "$late" "$late")" err
        check "$isa: the others run without it" [ "$(cat out) $(grep -c "guest: $late CPUs run" err)" = 'Hello, UserApp! 1' ]
    done
done
finish
