#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Random processes, random system calls, and too many of both, on the kernel with checks: it must not stop or hang, ends all processes
# that it is told to end, and has all its memory back at the end. Usage:
#   tests/torture/run.sh ISA PLACE FIRST COUNT    the seeds FIRST to FIRST + COUNT - 1; PLACE: tcg, kvm
# Environment:
#   PROGRAMS  of torture, calls, hogs; default: all
#   CPUS      of the guest, default: 4
# 77, 78: this machine doesn't offer the place, or would if QEMU were installed.
set -eu

cd "$(dirname "$0")/../.."
. tests/offers.sh
isa=$1 place=$2 first=$3 count=$4
if [ "$place" = kvm ]; then
    reason=$(no_kvm "$isa")
    [ -z "$reason" ] || { echo "$reason" && exit 77; }
else
    reason=$(no_qemu "$isa")
    [ -z "$reason" ] || { echo "$reason" && exit 78; }
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# in_guest LAST_LINE COMMAND...: the program's last line must be that, its status 0, and the kernel's memory back.
in_guest() {
    last=$1
    shift
    cp --sparse=always "build/$isa/torture.img" "$scratch/disk.img"
    status=0
    timeout 240 build/lvmm run --kernel "build/$isa/guest-kernel-checked.elf" --accel "$place" --cpus "${CPUS:-4}" --verbose --disk "$scratch/disk.img" -- "$@" \
        >"$scratch/out" 2>"$scratch/err" </dev/null || status=$?
    [ "$status" = 0 ] && [ "$(tail -n 1 "$scratch/out")" = "$last" ] && grep -q 'objects were given back' "$scratch/err"
}

# The same program is right on this machine's Linux, which says that what it expects is.
on_linux() {
    mkdir -p "$scratch/room"
    status=0
    timeout 240 "build/$(uname -m)/torture/torture" "$scratch/room" "$@" >"$scratch/out" 2>"$scratch/err" </dev/null || status="$? on this Linux"
    [ "$status" = 0 ]
}

failed=0
report() {
    if [ "$2" = 0 ]; then
        echo "ok $1"
        return
    fi
    failed=$((failed + 1))
    echo "FAIL $1: status $status"
    tail -n 5 "$scratch/out" "$scratch/err" | sed 's/^/    /'
}

for seed in $(seq "$first" $((first + count - 1))); do
    for program in ${PROGRAMS:-torture calls hogs}; do
        result=0 status=0
        case $program in
        torture)
            on_linux "$seed" 150 && in_guest 'all was right' /torture/torture /room "$seed" 150 || result=1
            ;;
        calls) in_guest 'all calls came to an end' /torture/calls "$seed" 4 600 || result=1 ;;
        hogs)
            [ "$seed" = "$first" ] || continue
            in_guest 'all ended' /torture/hogs || result=1
            ;;
        esac
        report "$program-$seed" "$result"
    done
done
[ "$failed" = 0 ]
