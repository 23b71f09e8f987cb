#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Guest programs on the kernel with checks, in which every Nth allocation fails, for a range of N: a program may fail, and
# may be killed; the kernel must neither stop nor hang, and gives back all that it has used. Usage:
#   tests/alloc_fail/run.sh ISA
# Environment:
#   TESTS   names of programs, default: those below
#   EVERY   values of N, default: those below; all of them with LONG, else half of them on this machine's own ISA and few on
#           another: where an allocation may fail is the same on each
#   LONG    on TCG; without it, on this machine's KVM where it has one for the ISA, as most runs are little but a boot, which
#           takes a tenth of the time there
# 78: this machine would do if QEMU were installed.
set -eu

cd "$(dirname "$0")/../.."
. tests/offers.sh
isa=$1
reason=$(no_qemu "$isa")
[ -z "$reason" ] || { echo "$reason" && exit 78; }

# None of those that wait for what a call that failed was to bring: they would wait for ever on Linux too.
tests=${TESTS:-acls advices allocate asyncs copies creds dev_nodes dirs dnotify edges files filling growsdown inotify_events links locked manyfds mapfile memfd memory mount_beneath mount_set_group mseals overcommit pings pipestorm proc_exe propagation pty_pairs reexec remaps remounts shm sock_creds sock_rights sock_seqpacket storing sysv_limits sysv_shm tcpmany told_of_nameless tmpfs_limits tmpfs_names tmpfs_xattrs}
all='2 3 4 5 6 7 8 9 10 11 13 16 19 23 27 32 40 50 64 77 100 150 250 400 700' some='3 7 19 64'
[ "$isa" != "$(uname -m)" ] || some='2 3 5 7 9 11 16 23 40 64 100 250'
[ -z "${LONG-}" ] || some=$all
every=${EVERY:-$some}
kernel=build/$isa/guest-kernel-checked.elf
# Those with very many system calls, each of which soft KVM emulates.
many_calls='manyfds pipestorm'
boots_on=tcg
[ -n "${LONG-}" ] || [ -n "$(no_kvm "$isa")" ] || boots_on=kvm
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# accel_of PROGRAM
accel_of() {
    case " $many_calls " in
    *" $1 "*) echo tcg ;;
    *) echo $boots_on ;;
    esac
}

# One run: 0 if the program came to an end of its own, or was killed for want of memory.
run() {
    cp --sparse=always "build/$isa/tests.img" "$scratch/disk.img"
    status=0
    timeout 20 build/lvmm run --kernel "$kernel" --accel "$(accel_of "$1")" --append "fail=$2" --disk "$scratch/disk.img" -- "/tests/$1" /room \
        >"$scratch/out" 2>"$scratch/err" </dev/null || status=$?
    [ "$status" != 124 ] && ! grep -q 'kernel panic\|stopped without' "$scratch/err"
}

failed=0 passed=0
for test in $tests; do
    bad=$failed
    for n in $every; do
        if run "$test" "$n"; then
            passed=$((passed + 1))
            continue
        fi
        failed=$((failed + 1))
        echo "FAIL $test fail=$n: status $status"
        sed 's/^/    /' "$scratch/err" | head -n 5
    done
    [ "$failed" != "$bad" ] || echo "ok $test"
done
echo "$passed runs passed, $failed failed"
[ "$failed" = 0 ]
