# SPDX-License-Identifier: Apache-2.0
# What the steps of `make bench` share. A step is run from the tree's root with the build folder as its argument, and
# prints lines on stdout; what else it has to say goes to stderr, which is kept in a log.
#
#   NAME VALUE UNIT [LOW HIGH RUNS]  a figure of ours: a median, and how far the runs lie apart
#   NAME@PEER VALUE UNIT             the same of a peer
#   NAME unsupported                 a call or a way that isn't there yet
#   skipped: NAME: WHY               what this machine doesn't offer
#   failed: WHAT: WHY                what should work and didn't

build=${1:-build}
isa=x86_64
work=$build/bench
peer=$work/peer
lvmm=$build/lvmm
timed=$build/$isa/bench/timed
hello_img=$build/$isa/hello.img,ro
mkdir -p "$work"

# say NAME VALUE UNIT: VALUE is nanoseconds or a count; it becomes what UNIT is.
say() {
    case $3 in
    ms | Minsn) echo "$1 $(awk -v v="$2" 'BEGIN { printf "%.3f", v / 1e6 }') $3" ;;
    us) echo "$1 $(awk -v v="$2" 'BEGIN { printf "%.3f", v / 1e3 }') $3" ;;
    *) echo "$1 $2 $3" ;;
    esac
}

# cold_start PLACE PEER UNIT TIMED-ARGUMENT...: exec to output and to exit, and the most memory that was held.
cold_start() {
    place=$1 at=$2 in=$3
    shift 3
    if ! "$timed" -s "${at:+1}" -w 'Hello, UserApp!' "$@" >"$work/timed" 2>"$work/timed.err"; then
        cat "$work/timed.err" >&2
        echo "failed: start/$place$at: $(tail -n 1 "$work/timed.err")"
        return 0
    fi
    for end in output exit; do
        tr -d '\r' <"$work/timed" | awk -v name="start/$place/$end$at" -v field="${end}_ns" -v unit="$in" '
            $1 == field { printf "%s %.3f %s %.3f %.3f %d\n", name, $2 / 1e6, unit, $3 / 1e6, $4 / 1e6, $5 }'
    done
    say "peak/$place$at" "$(field peak_kib "$work/timed")" KiB
}

# limit SECONDS COMMAND...: Ctrl-C still reaches the command (busybox's timeout does that by itself).
limit() {
    if [ "${NESTED-}" = 1 ]; then timeout "$@"; else timeout --foreground "$@"; fi
}

# Ends the processes of $pids, which a step has started, and waits for them; "trap stop_all EXIT" is the step's.
pids=
stop_all() {
    [ -z "$pids" ] || kill $pids 2>/dev/null || :
    [ -z "$pids" ] || wait $pids 2>/dev/null || :
    pids=
}

# skip REASON NAME...: the reason is made one line.
skip() {
    reason=$(echo "$1" | tr '\n' ' ')
    shift
    for name; do echo "skipped: $name: $reason"; done
}

# nested_end STATUS ERRORS WHAT ROW...: of a ci/nested.sh that has ended, whose errors are in that file: they are shown, and a line tells
# if it couldn't be run, of the rows, or if it failed.
nested_end() {
    nested_status=$1 errors=$2 what=$3
    shift 3
    cat "$errors" >&2
    case $nested_status in
    0) ;;
    77) skip "$(tail -n 1 "$errors")" "$@" ;;
    *) echo "failed: $what: $(tail -n 1 "$errors")" ;;
    esac
}

# Why this machine's KVM can't be used; empty if it can.
kvm_missing() {
    "$lvmm" doctor 2>/dev/null | sed -n 's/^KVM  *no  *//p'
}

# field NAME FILE: the value in the line "NAME VALUE" of what a program printed; a line of a serial port ends in \r.
field() {
    tr -d '\r' <"$2" | awk -v name="$1" '$1 == name { print $2; exit }'
}

# table FILE PREFIX PEER UNIT: lines "NAME NS" and "NAME unsupported ERRNO" of lat or disk as figures.
table() {
    tr -d '\r' <"$1" | while read -r name value _; do
        case $value in
        unsupported) [ -n "$3" ] || echo "$2$name unsupported" ;;
        *[!0-9.]* | '') ;;
        *) say "$2$name$3" "$value" "$4" ;;
        esac
    done
}

# The peer: QEMU's microvm, which is its machine for a quick start, and a Linux kernel. On TCG and a busy host Linux fails to
# measure its counter by a timer of QEMU's, and hangs, so it is told how fast it counts, as lvmm tells its own Linux guests: as
# this host's, or a nanosecond each with -icount. On KVM, in the nested machine, it doesn't want that, but the machine has neither the
# PIT nor the PIC: Linux takes it, by its ACPI tables, for one without them, and leaves them as they are, so the PIT's first tick would
# reach it by the PIC as vector 0, a division error. peer_linux ACCEL INITRD [APPEND]
peer_linux() {
    clock='tsc=reliable no_timer_check' machine=microvm
    case "$1 ${PEER_ARGS-}" in
    tcg*-icount*) khz=1000000 ;;
    tcg*) khz=$(cat "$peer/counter_khz") ;;
    *) khz= ;;
    esac
    [ -z "$khz" ] || clock="$clock tsc_early_khz=$khz"
    [ -z "${NESTED-}" ] || clock= machine=microvm,pit=off,pic=off,rtc=off
    peer_qemu -accel "$1" -M "$machine" -cpu max -m 256 -nodefaults -no-user-config -display none -no-reboot \
        -kernel "$peer/vmlinux" -initrd "$peer/$2" -serial stdio \
        -device isa-debug-exit,iobase=0x501,iosize=1 \
        -append "console=ttyS0 quiet $clock panic=-1 reboot=t mitigations=off ${3-}" ${PEER_ARGS-}
}

# What a program of bench.cpio prints there: peer_output ACCEL COMMAND. isa-debug-exit makes the status 1. There are three
# tries, as Linux under a busy QEMU may hang early; PEER_TRIES=1 where the program changes its disk, which a second one would find
# changed.
peer_output() {
    export PEER_ARGS
    for _ in $(seq ${PEER_TRIES-3}); do
        status=0
        limit ${PEER_LIMIT-120} sh ci/bench/peer-run.sh "$build" "$1" bench.cpio "-- $2" </dev/null || status=$?
        [ $status != 1 ] || return 0
    done
    return 1
}

peer_disk() {
    PEER_ARGS="-drive file=$1,format=raw,if=none,id=d -device virtio-blk-device,drive=d ${PEER_ARGS-}"
}

# A network by passt, which listens at that socket for QEMU: the guest is 10.0.2.15, the host's loopback 10.0.2.2.
peer_net() {
    PEER_ARGS="-netdev stream,id=n,server=off,addr.type=unix,addr.path=$1 -device virtio-net-device,netdev=n ${PEER_ARGS-}"
}

# peer_share SOCKET: a virtio-fs device whose server listens there, memory that it can map, and virtio of version 1, which it wants.
peer_share() {
    PEER_ARGS="-m 512 -object memory-backend-memfd,id=memory,size=512M,share=on -machine memory-backend=memory \
        -global virtio-mmio.force-legacy=false -chardev socket,id=server,path=$1 \
        -device vhost-user-fs-device,chardev=server,tag=root ${PEER_ARGS-}"
}

# In the nested machine (NESTED=1) QEMU lies in a folder with its libraries, and so does virtiofsd.
peer_qemu() {
    if [ "${NESTED-}" = 1 ]; then
        exec "$peer/qemu/ld.so" --library-path "$peer/qemu" "$peer/qemu/qemu-system-x86_64" -L "$peer/qemu" "$@"
    else
        exec qemu-system-x86_64 "$@"
    fi
}

# lvmm_with_qemu 'QEMU-ARG...' ARG...: lvmm on TCG with more options for QEMU. It looks QEMU up in PATH, so ours goes there.
# With count_instructions the clock
# counts them; a byte of `rep movsb` is one to QEMU, so no kernel is to believe that it's fast.
count_instructions='-icount shift=0,sleep=off -cpu max,-erms,-fsrm'
lvmm_with_qemu() {
    wrap_qemu "$1"
    shift
    PATH=$wrapped "$lvmm" run --accel tcg "$@"
}

# wrap_qemu 'QEMU-ARG...': with PATH=$wrapped, QEMU is started with them.
wrap_qemu() {
    mkdir -p "$work/path"
    printf '#!/bin/sh\nexec %s "$@" %s\n' "$(command -v "qemu-system-$isa")" "$1" >"$work/path/qemu-system-$isa"
    chmod 755 "$work/path/qemu-system-$isa"
    wrapped=$PWD/$work/path:$PATH
}
