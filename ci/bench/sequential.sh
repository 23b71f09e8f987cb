#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A file of 256 MiB on ext4 written, with fsync at its end, and read by a machine that hasn't seen it, by calls of three sizes
# (payload/bench/sequential.c): guest instructions, and what the disk is asked, beside Linux's on a copy of the same image and
# the same device. Both don't depend on what else this machine does; time does, and is there to be looked at.
#
#   ci/bench/sequential.sh BUILD-FOLDER [time]    time: that alone (ci/bench/sequential_time.sh); else all but that
set -eu
. ci/bench/lib.sh

PATH=$PATH:/sbin:/usr/sbin
mib=256 memory=512
seconds=300 # for one machine of the peer's
tree=$work/sequential fresh=$work/sequential-fresh.img img=$work/sequential.img
rm -rf "$tree" "$fresh"
mkdir -p "$tree/bench" "$tree/data"
cp "$build/$isa/bench/sequential" "$tree/bench/"
head -c ${mib}M /dev/zero | tr '\0' d >"$tree/data/there"
mke2fs -q -F -t ext4 -b 4096 -d "$tree" "$fresh" 1G >/dev/null
rm -rf "$tree"

# In idle the clock goes as fast as this machine's (sleep=on): otherwise it would jump from one timer to the next while a disk
# is waited for, and a kernel would have the more to do the longer that takes. A queue without a descriptor of its own
# (ioeventfd) is one in which each kick is seen, and answered before the guest goes on.
insns=$work/sequential.insns trace=$work/sequential.trace
counted="-icount shift=0,sleep=on -cpu max,-erms,-fsrm -plugin $PWD/$build/bench/insns.so,out=$PWD/$insns"
counted="$counted -global virtio-mmio.ioeventfd=off -trace virtio_blk_handle_read -trace virtio_blk_handle_write"
counted="$counted -trace virtio_queue_notify -trace virtio_notify -D $PWD/$trace"

# machine ours|linux OPTIONS FILE JOB...: what the program prints.
machine() {
    who=$1 options=$2 file=$3
    shift 3
    cp "$fresh" "$img"
    if [ "$who" = ours ]; then
        lvmm_with_qemu "$options" --memory ${memory}M --disk "$img" -- /bench/sequential "/data/$file" $mib "$@"
    else
        # shellcheck disable=SC2034 # lib.sh's
        PEER_ARGS="-m $memory $options"
        peer_disk "$img"
        PEER_LIMIT=$seconds PEER_TRIES=1 peer_output tcg "/bench/sequential /mnt/data/$file $mib $*"
    fi
}

# count ours|linux FILE [JOB]: to sequential.count, of a whole machine: instructions, requests, kicks, interrupts.
count() {
    rm -f "$insns" "$trace"
    ended=0
    machine "$1" "$counted" "$2" ${3:+"$3"} >"$work/sequential.out" || ended=$?
    if [ $ended != 0 ] || [ ! -s "$insns" ] ||
        { [ -n "${3-}" ] && [ -z "$(field "$(echo "$3" | tr '=' _)" "$work/sequential.out")" ]; }; then
        echo "failed: sequential@$1: ${3-}: it did not come to its end: $(tail -n 1 "$work/sequential.out")"
        return 1
    fi
    awk -v insns="$(field insns "$insns")" '/handle_(read|write)/ { requests++ }
        /queue_notify/ { kicks++ } /virtio_notify/ { interrupts++ }
        END { printf "%.0f %d %d %d\n", insns, requests, kicks, interrupts }' "$trace" >"$work/sequential.count"
}

# per_mib NAME UNIT WITH WITHOUT
per_mib() {
    echo "$1 $(awk -v n="$3" -v b="$4" -v mib=$mib 'BEGIN { printf "%.3f", (n - b) / mib }') $2"
}

file_of() {
    case $1 in write) echo new ;; read) echo there ;; esac
}

# counts ours|linux PEER. The machine in which nothing is done costs what it costs.
counts() {
    count "$1" there || return 0
    read -r insns0 requests0 kicks0 interrupts0 <"$work/sequential.count"
    for job in write read; do
        for size in 1048576 65536 4096; do
            count "$1" "$(file_of $job)" $job=$size || continue
            read -r insns1 requests1 kicks1 interrupts1 <"$work/sequential.count"
            per_mib "sequential/${job}_$size$2" insn "$insns1" "$insns0"
            per_mib "sequential/${job}_${size}_requests$2" requests "$requests1" "$requests0"
            per_mib "sequential/${job}_${size}_kicks$2" kicks "$kicks1" "$kicks0"
            per_mib "sequential/${job}_${size}_interrupts$2" interrupts "$interrupts1" "$interrupts0"
        done
    done
}

# One after the other, so that what else goes on comes to both; the least counts.
durations() {
    seconds=100
    for job in write read; do
        rm -f "$work/sequential.ours" "$work/sequential.linux"
        for _ in 1 2 3; do
            for who in ours $linux; do
                machine "$who" '' "$(file_of $job)" $job=1048576 >>"$work/sequential.$who" ||
                    echo "$who, $job: it did not come to its end" >&2
            done
        done
        for who in ours $linux; do
            least=$(tr -d '\r' <"$work/sequential.$who" | awk -v job=${job}_1048576 '$1 == job { print $2 }' | sort -n | head -n 1)
            [ -z "$least" ] || say "sequential/${job}_time${who#ours}" "$least" ms
        done | sed 's/timelinux/time@linux/'
    done
}

linux=
[ ! -s "$peer/vmlinux" ] || linux=linux
if [ "${2-}" = time ]; then
    durations
else
    counts ours ''
    [ -z "$linux" ] || counts linux @linux
fi
rm -f "$fresh" "$img"
