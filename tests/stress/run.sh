#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Debian's stress-ng in a guest with checks, from an ext4 disk: each stressor of stressors.txt, for a bounded number of operations and
# with its own checks (--verify), gives what it gives on this machine's Linux in the same tree (chroot), or is in order where that
# isn't. The guest is alive at the end and has all its memory; the disk is in order. tests/differs.txt names what may differ.
#
#   tests/stress/run.sh ACCEL NAME...    only these stressors; quick: those of `make check`; all: each that isn't left out
#
# In the environment: CPUS, of the guest, default: 1; TIMEOUT, the seconds that it has; KEEP, a folder for what both gave.
set -eu

cd "$(dirname "$0")/../.."
. tests/offers.sh
. tests/as_linux.sh
export LC_ALL=C
accel=$1 isa=$(uname -m) list=tests/stress/stressors.txt
shift
case $accel in
kvm)
    offered 77 "$(no_kvm "$isa")"
    seconds=100
    ;;
tcg)
    offered 78 "$(no_qemu "$isa")"
    seconds=300
    ;;
esac
# TCG takes ten times as long and more.
operations() { if [ "$accel" = tcg ]; then awk '{ $2 = $2 > 10 ? int($2 / 10) : 1; print }'; else cat; fi; }
# shellcheck disable=SC2031 # that subshell is in_chroot
PATH=$PATH:/usr/sbin:/sbin
offered_tools cpio zstd unshare mke2fs e2fsck
folder=build/$isa/stress
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
SUITE=bookworm ci/rootfs.sh "$isa" "$folder" dash coreutils stress-ng || exit

tree=$scratch/tree
cp -a "$folder/tree" "$tree"
cp tests/stress/inside.sh "$tree/inside"
chmod 755 "$tree/inside"
case $* in
quick) sed -n 's/^\([a-z0-9-]*\) quick /\1 /p' $list ;;
all) sed -n -E 's/^([a-z0-9-]*) (quick|long) /\1 /p' $list ;;
*) for name; do sed -n -E "s/^$name (quick|long) /$name /p" $list; done ;;
esac | operations >"$tree/stressors"
[ -s "$tree/stressors" ] || { echo "not ok none of $list that isn't left out is called $*" && exit 1; }
mke2fs -q -F -t ext4 -d "$tree" "$scratch/disk" 2G

here() (
    ulimit -n 1024
    in_chroot "$tree" /usr/bin/env SECONDS_MOST=100 /inside
)

there() {
    build/lvmm run --kernel "build/$isa/guest-kernel-checked.elf" --accel "$accel" --cpus "${CPUS:-1}" --memory 1G \
        --timeout "${TIMEOUT:-850}" --disk "$scratch/disk" \
        -- /usr/bin/env SECONDS_MOST="$seconds" PATH=/usr/sbin:/usr/bin:/sbin:/bin /inside </dev/null
}

here >"$scratch/here" 2>"$scratch/here.err" || { echo "not ok this machine's own Linux: $(tail -n 1 "$scratch/here.err")" && exit 1; }
status=0
there >"$scratch/there" 2>"$scratch/there.err" || status=$?
[ -z "${KEEP-}" ] || cp "$scratch"/here* "$scratch"/there* "$KEEP"
failed=0
: >"$scratch/failures"
not_ok() {
    echo "not ok $*" >>"$scratch/failures"
    failed=1
}

# ---- the list has them all ----

in_chroot "$tree" /usr/bin/stress-ng --stressors | tr ' ' '\n' | sed '/^$/d' | sort >"$scratch/known"
sed -n 's/^\([a-z0-9-]*\) .*/\1/p' $list | sort >"$scratch/listed"
if diff "$scratch/known" "$scratch/listed" >"$scratch/other"; then
    echo "ok $list has each of $(wc -l <"$scratch/known") stressors"
else
    not_ok "$list and stress-ng name other stressors: $(grep '^[<>]' "$scratch/other" | head -n 5 | tr '\n' ' ')"
fi

# ---- side by side ----

result_of() { sed -n "s/^$2: //p" "$scratch/$1" | head -n 1; }

while read -r name _; do
    linux=$(result_of here "$name") guest=$(result_of there "$name")
    if [ "$guest" = ok ]; then
        echo "ok $name"
    elif [ -n "$guest" ] && [ "$guest" = "$linux" ]; then
        echo "ok $name: $guest, as on Linux"
    elif [ -n "$guest" ] && reason=$(may_differ stress "$isa" "$name"); then
        echo "ok $name differs: $reason"
    else
        not_ok "$name: ${guest:-nothing} in the guest, ${linux:-nothing} on Linux"
        sed -n "/^@@ $name\$/,/^@@ [^ ]*\$/p" "$scratch/there.err" | sed '/^@@/d; s/^/    /' | head -n 12 >>"$scratch/failures"
    fi
done <"$tree/stressors"
[ $status = 0 ] || not_ok "the guest ended with status $status: $(grep -m 1 panic "$scratch/there.err" || tail -n 1 "$scratch/there.err")"
disk_in_order "$scratch/disk" || failed=1
# Last, as the end of a log is what is shown of it.
cat "$scratch/failures"
exit $failed
