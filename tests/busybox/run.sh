#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Debian's busybox (glibc, static) of an ISA in a guest: each line of commands.txt must give what this machine's own gives
# on its Linux - standard output, standard error and exit status.
#
#   tests/busybox/run.sh ISA ACCEL
set -eu

cd "$(dirname "$0")/../.."
. tests/offers.sh
root=$PWD isa=$1 accel=$2 guest=$1
[ "$isa" != i386 ] || guest=x86_64 # it runs programs of both
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

for file in "build/$isa/busybox.img" "build/$(uname -m)/busybox"; do
    [ -e "$file" ] || {
        if [ "$isa" = i386 ]; then ci/foreign.sh get i386 "$scratch/debs" busybox-static; else ci/foreign.sh sysroot "$isa"; fi || exit
        echo "$file is not there" && exit 1
    }
done
cp --sparse=always "build/$isa/busybox.img" "$scratch/disk.img"
cp -rp build/busybox-data "$scratch/host"

# run PREFIX COMMAND...
run() {
    prefix=$scratch/$1 status=0
    shift
    "$@" </dev/null >"$prefix.out" 2>"$prefix.err" || status=$?
    echo "$status" >"$prefix.status"
}

# Both are called busybox, and their messages begin with that, but for the version in the one of a missing applet.
run got timeout 60 build/lvmm run --arch "$guest" --accel "$accel" --disk "$scratch/disk.img" -- /busybox true
[ "$isa" != loongarch64 ] || [ "$(cat "$scratch/got.status")" != 132 ] || offered 77 "$(no_lsx)"

# Calls that 32-bit programs don't have yet, and busybox does without: lvmm names them.
missing='\(rt_sigaction (174)\|sysinfo (116)\|wait4 (114)\)'

failed=0
while read -r line; do
    case $line in '#'*) continue ;; esac
    # Its int 0x80 has no wait4 yet: a shell of i386 can't have processes.
    case $isa$line in i386*\$B*) continue ;; esac
    B=$root/build/$(uname -m)/busybox
    eval "set -- $line"
    cd "$scratch/host"
    run expected env -i "$B" "$@"
    cd "$root"
    B=/busybox
    eval "set -- $line"
    run got timeout 60 build/lvmm run --arch "$guest" --accel "$accel" --disk "$scratch/disk.img" -- /busybox "$@"
    [ "$isa" != i386 ] ||
        sed -i "/^lvmm: the guest kernel has no system call $missing of i386; it gets ENOSYS\$/d" "$scratch/got.err"
    if cmp -s "$scratch/expected.status" "$scratch/got.status" && cmp -s "$scratch/expected.out" "$scratch/got.out" &&
        cmp -s "$scratch/expected.err" "$scratch/got.err"; then
        printf 'ok %s\n' "$line"
    else
        printf 'not ok %s\n' "$line"
        for what in status out err; do diff -U1 "$scratch/expected.$what" "$scratch/got.$what" | head -n 20 || :; done
        failed=1
    fi
done <tests/busybox/commands.txt
exit $failed
