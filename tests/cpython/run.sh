#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# CPython's own regression tests in a guest, from an ext4 disk: each test passes, fails or is skipped as it does with the same
# packages on this machine's Linux, in the same tree (chroot). tests/differs.txt names those that may differ, and why.
#
#   tests/cpython/run.sh ACCEL MODULE...    only these modules; all: those of modules.txt
#
# In the environment: CPUS, of the guest, default: 1; KEEP, a folder for what both gave; TIMEOUT, the seconds of the guest, and
# SECONDS_MOST, those of each module (default: 600): on a machine with other work to do a guest's CPUs get little of it.
set -eu

cd "$(dirname "$0")/../.."
. tests/offers.sh
. tests/as_linux.sh
export LC_ALL=C
accel=$1 isa=$(uname -m)
shift
offered_accel "$accel" "$isa"
PATH=$PATH:/usr/sbin:/sbin
offered_tools cpio zstd unshare mke2fs e2fsck ip
folder=build/$isa/cpython
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
SUITE=bookworm ci/rootfs.sh "$isa" "$folder" bash dash coreutils netbase tzdata python3 libpython3.11-testsuite || exit

case $* in
all) modules=$(sed '/^#/d' tests/cpython/modules.txt) ;;
*) modules=$* ;;
esac

tree=$scratch/tree
cp -a "$folder/tree" "$tree"
cp tests/cpython/inside.py "$tree/inside.py"
chmod 755 "$tree/inside.py"
echo 'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin' >>"$tree/etc/passwd"
echo 'nogroup:x:65534:' >>"$tree/etc/group"
printf '127.0.0.1 localhost\n::1 localhost ip6-localhost\n' >"$tree/etc/hosts"
mke2fs -q -F -t ext4 -d "$tree" "$scratch/disk" 2G

# ---- here, and in the guest ----

variables="SECONDS_MOST=${SECONDS_MOST:-600} PYTHONDONTWRITEBYTECODE=1 LANG=C.UTF-8 HOME=/root PATH=/usr/bin:/bin:/usr/sbin:/sbin"

# lo alone, as in the guest; and as many descriptors.
here() (
    ulimit -n 1024
    # shellcheck disable=SC2086 # words
    LO_ALONE=1 in_chroot "$tree" /usr/bin/env -i $variables /inside.py $modules
)

there() {
    # shellcheck disable=SC2086 # words
    build/lvmm run --arch "$isa" --accel "$accel" --cpus "${CPUS:-1}" --memory 1G --timeout "${TIMEOUT:-3400}" --disk "$scratch/disk" \
        -- /usr/bin/env -i $variables /inside.py $modules </dev/null
}

# One after the other: tests with time limits of their own shouldn't disturb each other.
here >"$scratch/here" 2>"$scratch/here.err" || { echo "not ok this machine's own Linux: $(tail -n 1 "$scratch/here.err")" && exit 1; }
status=0
there >"$scratch/there" 2>"$scratch/there.err" || status=$?
[ -z "${KEEP-}" ] || cp "$scratch"/here* "$scratch"/there* "$KEEP"
failed=0
if [ $status != 0 ]; then
    echo "not ok the guest ended with status $status: $(tail -n 1 "$scratch/there.err")"
    failed=1
fi
[ -s "$scratch/here" ] || { echo "not ok no results on this machine's own Linux" && exit 1; }

# ---- side by side ----

tab=$(printf '\t')
for side in here there; do # NAME, a tab and the result
    sed -E 's/^(\w+): ([^:]*): (.*)$/\1 \3\t\2/' "$scratch/$side" | sort -u -t "$tab" -k 1,1 >"$scratch/$side.sorted"
done
join -t "$tab" -a 1 -a 2 -e none -o 0,1.2,2.2 "$scratch/here.sorted" "$scratch/there.sorted" >"$scratch/joined"
while IFS=$tab read -r name ours theirs; do
    if [ "$ours" = "$theirs" ]; then
        echo "ok $name: $ours"
    elif reason=$(may_differ cpython "$isa" "$name"); then
        echo "ok $name differs: $reason"
    else
        echo "not ok $name: $theirs in the guest, $ours on Linux"
        failed=1
    fi
done <"$scratch/joined" >"$scratch/report"
grep '^ok' "$scratch/report" || failed=1
disk_in_order "$scratch/disk" || failed=1
# Last, as the end of a log is what is shown of it.
grep '^not ok' "$scratch/report" || true
exit $failed
