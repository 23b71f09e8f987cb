#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lvmm is killed at many points of a program that works on an ext4 disk (tests/guest/promises.c), as it tells of what it has done. The
# next run finds all that was told to be synced, and goes on there until it is killed in turn; a replay by e2fsck in its place gives a
# file system in which it finds nothing; and so does lvmm's, when a run comes to its end.
# Environment: KILLS, how often in all, default: 200 with KVM, and a twentieth of that with TCG; with LONG 1,000.
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2031 # lib.sh has it in a subshell
PATH=$PATH:/sbin:/usr/sbin
command -v mke2fs >/dev/null || offered 78 'missing: ext4_kill: mke2fs is not installed (e2fsprogs)'

mkdir -p tree/room
cp "$build/x86_64/tests/guest/promises" "$build/x86_64/busybox" tree/

make_disk() {
    rm -f disk.img
    # shellcheck disable=SC2086 # options
    mke2fs -q -F $1 -d tree disk.img 24M >log 2>&1 || cat log
}

# e2fsck_finds_nothing NAME [JOURNAL]: with a word, after a replay by e2fsck, on a copy.
e2fsck_finds_nothing() {
    rm -f copy.img
    cp --sparse=always disk.img copy.img
    [ -z "${2-}" ] || e2fsck -fy -E journal_only copy.img >log 2>&1
    e2fsck -fn copy.img >log 2>&1 || {
        not_ok "$1: e2fsck finds faults"
        sed 's/^/    /' log | head -n 20
        [ -z "${KEEP-}" ] || cp disk.img "$KEEP"
        return 1
    }
}

# kills ACCEL OPTIONS COUNT SEED: the disk with these options is used until lvmm was killed so often.
kills() {
    accel=$1 count=$3 seed=$4 lines=0 before=
    make_disk "$2"
    i=0
    while [ $i -lt "$count" ]; do
        i=$((i + 1)) seed=$((seed + 1))
        what="$accel, $2, kill $i (seed $seed after ${before:-none})"
        check_before="${before:+/promises /room $before check $lines &&}"
        line=$((1 + seed * 37 % 97))
        [ -z "$before" ] || line=$((line + 1))
        # shellcheck disable=SC2086
        timeout 300 "$build/tests/killat" $line "$lvmm" run --accel "$accel" --disk disk.img -- \
            /busybox sh -c "$check_before /promises /room $seed 100000" >out 2>err </dev/null || {
            not_ok "$what: it ended"
            tail -n 3 out err
            [ -z "${KEEP-}" ] || cp disk.img "$KEEP"
            return
        }
        # The one before this was looked at, and is gone.
        [ -z "$before" ] || { head -n 1 out | grep -qx kept && sed -i 1d out; } || {
            not_ok "$what: not all is kept"
            head -n 5 out err
            return
        }
        before=$seed lines=$(wc -l <out)
        [ $((i % 5)) != 0 ] || e2fsck_finds_nothing "$what" replay || return
        [ $((i % 20)) != 0 ] || {
            run 0 "$lvmm" run --accel "$accel" --disk disk.img -- /promises /room "$before" check "$lines" || return
            e2fsck_finds_nothing "$what, unmounted" || return
            before=
        }
    done
    if [ -n "$before" ]; then
        e2fsck_finds_nothing "$what, at last" replay || return
        run 0 "$lvmm" run --accel "$accel" --disk disk.img -- /promises /room "$before" check "$lines" || return
        e2fsck_finds_nothing "$what, at last unmounted" || return
    fi
    ok "$accel, $2: killed $count times"
}

all=${KILLS:-200}
[ -z "${LONG-}" ] || all=${KILLS:-1000}
for accel in $(accelerators); do
    part=$((all / 4))
    [ "$accel" = kvm ] || part=$(((all + 79) / 80))
    number=0
    for options in '-t ext4 -b 4096' '-t ext4 -b 1024 -J size=1' '-t ext3 -b 1024 -J size=1' '-t ext4 -b 1024 -O inline_data,orphan_file -J size=1'; do
        number=$((number + 1000))
        kills "$accel" "$options" "$part" $number
    done
done

finish
