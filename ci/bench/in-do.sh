#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The part of ci/bench/do.sh that runs in the nested machine, under busybox's shell. A nanosecond is an instruction. While
# a disk is waited for the clock jumps, so CPU time is what counts: of lvmm, its vCPU and its helpers, or of the command.
#
#   in-do.sh PART    1 of PART of the many files
part=$1

for module in $(cat /modules-disk/order); do insmod "/modules-disk/$module.ko" 2>/dev/null; done
mkdir /root-disk
mount -t ext4 /dev/vda /root-disk || exit 1
for folder in proc sys dev; do mount --bind /$folder /root-disk/$folder; done
# KVM_CREATE_VM waits for RCU where cgroups don't say that they favour dynamic changes.
mkdir /cgroup
mount -t cgroup2 -o favordynmods none /cgroup
export HOME=/root PATH=/usr/bin:/bin LANG=C

# inside COMMAND...: with the disk as its root, which is that of a mount namespace: who has another can make no user namespace,
# and bwrap wants one.
inside() {
    unshare -m sh -c 'cd /root-disk && mount --move . / && exec chroot . "$@"' sh "$@"
}

# count FOLDER RUNS COMMAND...: its instructions, in $insns; the median.
count() {
    at=$1 times=$2 # not the names of compare's: a shell's variables are everybody's
    shift 2
    inside dash -c 'cd "$1" && shift && exec /lvmm/timed "$@"' dash "$at" -q -n "$times" -t 600 -- "$@" \
        >/timed 2>/timed.err &&
        insns=$(sed -n 's/^cpu_ns \([0-9]*\) .*/\1/p' /timed) && return
    cat /timed.err >&2
    echo "failed: $row: $1: $(head -n 1 /timed.err)" | tee /dev/console
    return 1
}

# Also to the console, whose log is shown when the machine doesn't come to its end.
million() {
    echo "$1 $(awk -v n="$2" 'BEGIN { printf "%.3f", n / 1e6 }') Minsn" | tee /dev/console
}

# compare ROW FOLDER RUNS OPTION COMMAND...: by lvmm do, and without it, once all has been read before.
compare() {
    row=$1 folder=$2 runs=$3 option=$4
    shift 4
    count "$folder" 1 "$@" && count "$folder" "$runs" "$@" || return 0
    million "$row@native" "$insns"
    native=$insns
    # shellcheck disable=SC2086 # there may be none
    count "$folder" "$runs" /lvmm/build/lvmm do $option "$@" || return 0
    million "$row" "$insns"
}

compare do/true /place/new 5 '' /usr/bin/true
ours=$insns
million do/true_more $((ours - native))
row=do/true_bwrap
count /place/new 5 bwrap --unshare-all --die-with-parent --ro-bind /usr /usr --symlink usr/lib /lib --symlink usr/lib64 /lib64 \
    --symlink usr/bin /bin --ro-bind /etc /etc --proc /proc --dev /dev --tmpfs /tmp --bind /place/new /place/new /usr/bin/true &&
    million $row "$ours" && million $row@bwrap "$insns"
compare do/python /place/new 3 '' /usr/bin/python3 -c 'import json'
compare do/grep /place/text 1 '' grep -r 'it is found' .
chroot /root-disk dash -c 'cd /place/repository && git init -q . && git add -A &&
    git -c user.name=n -c user.email=n@localhost commit -q -m first && git status' >&2
compare do/git_status /place/repository 1 '' git status
chroot /root-disk dash -c "cd /place/many; for i in \$(seq 100001 $((100000 + 100000 / part))); do : >\$i; done"
compare do/ls /place/many 1 '' ls -l
# Each in an empty folder.
row=do/create
count /place/native 1 make-files . untar=$((20000 / part)) && million do/create@native "$insns"
count /place/new 1 /lvmm/build/lvmm do --rw make-files . untar=$((20000 / part)) && million do/create "$insns"
