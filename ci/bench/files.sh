#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a file system on a disk costs: payload/bench/files.c on ext4, in guest instructions beside Linux's on a copy of the
# same image, and the requests that syncs and a mount make, which QEMU's device traces.
set -eu
. ci/bench/lib.sh

PATH=$PATH:/sbin:/usr/sbin
mkdir -p "$work/files/bench" "$work/files/data"
cp "$build/$isa/bench/files" "$work/files/bench/"
fresh=$work/files-fresh.img img=$work/files.img
head -c 4096 /dev/zero | tr '\0' d >"$work/files/data/file"
rm -f "$fresh"
mke2fs -q -F -t ext4 -b 4096 -d "$work/files" "$fresh" 512M >/dev/null

# ours OPTIONS DISK-ARG... -- JOB...: what the program prints, with more options for QEMU.
ours() {
    options=$1
    shift
    disks=
    while [ "$1" != -- ]; do disks="$disks $1" && shift; done
    shift
    # shellcheck disable=SC2086 # arguments
    lvmm_with_qemu "$options" $disks -- /bench/files /data "$@"
}

# linux IMAGE JOB...
linux() {
    PEER_ARGS=$counted
    peer_disk "$1"
    shift
    PEER_LIMIT=150 PEER_TRIES=1 peer_output tcg "/bench/files /mnt/data $*"
}

# as PREFIX FILE PEER UNIT NAME...: of the table's figures these.
as() {
    for name in $5; do grep "^$name " "$2" || :; done >"$work/files.some"
    table "$work/files.some" "$1" "$3" "$4"
}

# The clock counts instructions, but jumps while a disk is waited for: there the plugin tells what was executed.
counted="$count_instructions -plugin $PWD/$build/bench/insns.so,out=$PWD/$work/files.insns"

# on_fresh ours|linux JOB...: output to files.out. What a machine has executed that was stopped is no figure.
on_fresh() {
    who=$1
    shift
    cp --sparse=always "$fresh" "$img"
    rm -f "$work/files.insns"
    if [ "$who" = ours ]; then
        ours "$counted" --disk "$img" -- "$@" >"$work/files.out"
    else
        linux "$img" "$@" >"$work/files.out"
    fi || {
        echo "failed: files@$who: $*: it did not come to its end"
        return 1
    }
}

# singles_and_tree ours|linux PEER. Files are also written to the disk: by sync, and by the end of the machine.
singles_and_tree() {
    singles='open_close stat create_write_unlink'
    on_fresh "$1" $singles sync || return 0
    as files/ "$work/files.out" "$2" insn "$singles"
    before=$(field insns "$work/files.insns")
    on_fresh "$1" $singles untar sync || return 0
    say "files/untar$2" $(($(field insns "$work/files.insns") - before)) Minsn
    on_fresh "$1" untar find || return 0
    as files/ "$work/files.out" "$2" Minsn find
}

singles_and_tree ours ''
# Debian's generic CRC-32C is all that the peer has, which is half of its create_write_unlink.
[ ! -s "$peer/vmlinux" ] || singles_and_tree linux @linux

# Names that the next machine hasn't seen.
cp --sparse=always "$fresh" "$img"
ours "$count_instructions" --disk "$img" -- make sync >&2
ours "$count_instructions" --disk "$img,ro" -- lookup_few lookup_many >"$work/files.out"
say files/lookup_100 "$(field lookup_few "$work/files.out")" insn
say files/lookup_100000 "$(field lookup_many "$work/files.out")" insn
say files/lookup_100000@in-100 "$(field lookup_few "$work/files.out")" insn

# ---- requests to the disk ----

# requests JOB N DISK-ARG...: reads, writes and flushes of the whole machine in which the job is done N times.
requests() {
    one="$1=$2" trace=$work/files.trace
    shift 2
    rm -f "$trace"
    ours "-trace virtio_blk_handle_read -trace virtio_blk_handle_write -trace virtio_blk_req_complete -D $PWD/$trace" \
        "$@" -- "$one" >&2
    awk '/handle_read/ { reads++ } /handle_write/ { writes++ } /req_complete/ { all++ }
        END { print reads + 0, writes + 0, all - reads - writes }' "$trace"
}

# each JOB DISK-ARG...: reads, writes and flushes of one, by the difference of 8 and 16.
each() {
    job=$1
    shift
    for n in 8 16; do
        cp --sparse=always "$fresh" "$img"
        requests "$job" $n "$@"
    done | awk 'NR == 1 { r = $1; w = $2; f = $3 } NR == 2 { print ($1 - r) / 8, ($2 - w) / 8, ($3 - f) / 8 }'
}

for job in fsync fdatasync; do
    each $job --disk "$img" >"$work/files.out"
    read -r _ writes flushes <"$work/files.out"
    echo "files/${job}_writes $writes requests"
    echo "files/${job}_flushes $flushes requests"
done

large=$work/files-large.img
rm -f "$large"
mke2fs -q -F -t ext4 -E lazy_itable_init=1,lazy_journal_init=1 "$large" 1T >/dev/null
each mount --disk "$img" --disk "$large,ro" >"$work/files.out"
rm -f "$large"
read -r reads _ <"$work/files.out"
echo "files/mount_1TiB_reads $reads requests"
