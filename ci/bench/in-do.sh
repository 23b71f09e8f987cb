#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The part of ci/bench/do.sh that runs in the nested machine, under busybox's shell. A nanosecond is an instruction. While
# a disk is waited for the clock jumps, so CPU time is what counts: of lvmm, its vCPU and its helpers, or of the command.
#
#   in-do.sh PART lvmm     with 1 of PART of the many files: the commands by `lvmm do`, without it, and by bwrap
#   in-do.sh PART CACHE    the same by Linux on QEMU with virtio-fs (ci/bench/share-run.sh)
part=$1 who=$2

for module in $(cat /modules-disk/order); do insmod "/modules-disk/$module.ko" 2>/dev/null; done
mkdir /root-disk
mount -t ext4 /dev/vda /root-disk || exit 1
# What virtiofsd shares: the root can't become its root. Without /proc and others, which the guest has itself.
[ "$who" = lvmm ] || mount --bind /root-disk /root-disk/share
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

# What the commands work on, besides what lies on the disk already.
chroot /root-disk dash -c 'cd /place/repository && git init -q . && git add -A &&
    git -c user.name=n -c user.email=n@localhost commit -q -m first && git status' >&2
chroot /root-disk dash -c "cd /place/many; for i in \$(seq 100001 $((100000 + 100000 / part))); do : >\$i; done"
files=untar=$((20000 / part))

# each HOW: HOW NAME FOLDER RUNS COMMAND... for each but `create`, whose options differ, and `true`, which comes before.
each() {
    $1 python /place/new 3 /usr/bin/python3 -c 'import json'
    $1 grep /place/text 1 grep -r 'it is found' .
    $1 git_status /place/repository 1 git status
    $1 ls /place/many 1 ls -l
}

# ---- lvmm do ----

# compare NAME FOLDER RUNS COMMAND...: by lvmm do, and without it, once all has been read before.
compare() {
    row=do/$1 folder=$2 runs=$3
    shift 3
    count "$folder" 1 "$@" && count "$folder" "$runs" "$@" || return 0
    million "$row@native" "$insns"
    native=$insns
    count "$folder" "$runs" /lvmm/build/lvmm do "$@" || return 0
    million "$row" "$insns"
}

by_lvmm() {
    compare true /place/new 5 /usr/bin/true
    ours=$insns
    million do/true_more $((ours - native))
    row=do/true_bwrap
    count /place/new 5 bwrap --unshare-all --die-with-parent --ro-bind /usr /usr --symlink usr/lib /lib --symlink usr/lib64 /lib64 \
        --symlink usr/bin /bin --ro-bind /etc /etc --proc /proc --dev /dev --tmpfs /tmp --bind /place/new /place/new /usr/bin/true &&
        million $row "$ours" && million $row@bwrap "$insns"
    each compare
    # Each in an empty folder.
    row=do/create
    count /place/native 1 make-files . $files && million do/create@native "$insns"
    count /place/new 1 /lvmm/build/lvmm do --rw make-files . $files && million do/create "$insns"
}

# ---- Linux on QEMU with virtio-fs ----

# Nanoseconds of all that has run for the machine.
used() {
    sed -n 's/^usage_usec \([0-9]*\)$/\1000/p' /cgroup/linux/cpu.stat
}

# answered: waits for the machine's next answer; what else comes is the kernel's.
answered() {
    while read -r -t 600 answer <&4; do
        case $answer in
        ready* | done*) return ;;
        failed*) break ;;
        *) echo "linux: $answer" >&2 ;;
        esac
    done
    return 1
}

# ask LINE
ask() {
    printf '%s\n' "$1" >&3
    answered
}

# begin_linux: a machine in a cgroup of its own.
begin_linux() {
    trap '' PIPE # it may end early
    mkfifo /to /from
    mkdir /cgroup/linux
    (
        echo 0 >/cgroup/linux/cgroup.procs
        export NESTED=1
        inside dash -c 'cd /lvmm && exec sh ci/bench/share-run.sh build kvm "$1" /share' dash "$who"
    ) </to >/from &
    linux=$!
    exec 3>/to 4</from
    answered
}

end_linux() {
    printf 'end\n' >&3
    wait $linux
}

# by_linux NAME FOLDER RUNS COMMAND...
by_linux() {
    row=linux/$1 line=$2
    shift 3
    for word; do line="$line	$word"; done
    ask "$line" && before=$(used) && ask go && million "$row" $(($(used) - before)) && return
    echo "failed: virtiofs/$who: $row: no answer" | tee /dev/console
}

# So that all has been read before.
natively() {
    row=linux/$1 folder=$2
    shift 3
    count "$folder" 1 "$@"
}

# From start to end is without the machine's own end, which here has all that the other commands left to give back.
run_linux() {
    each natively
    begin_linux || { echo "failed: virtiofs/$who: it did not come up" | tee /dev/console && return; }
    by_linux first_true /place/new 1 /usr/bin/true
    million linux/start "$(used)"
    by_linux true /place/new 1 /usr/bin/true
    each by_linux
    by_linux create /place/new 1 make-files . $files
    end_linux || echo "failed: virtiofs/$who: it did not end well" | tee /dev/console
}

case $who in
lvmm) by_lvmm ;;
*) run_linux ;;
esac
