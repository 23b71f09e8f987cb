#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Debian's Node and Java in a guest, from an ext4 disk: a program for each (node.js, Java.java) prints what it prints on this
# machine's Linux in the same tree (chroot), and ends as there.
#
#   tests/runtimes/run.sh ACCEL NAME...    NAME: node or java
#
# In the environment: CPUS, of the guest, default: 1; TIMEOUT, the seconds that each has.
set -eu

cd "$(dirname "$0")/../.."
. tests/offers.sh
. tests/as_linux.sh
export LC_ALL=C
accel=$1 isa=$(uname -m)
shift
offered_accel "$accel" "$isa"
# shellcheck disable=SC2031 # that subshell is in_chroot
PATH=$PATH:/usr/sbin:/sbin
offered_tools cpio zstd unshare mke2fs e2fsck
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

# there COMMAND...
there() {
    build/lvmm run --accel "$accel" --cpus "${CPUS:-1}" --memory 1G --timeout "${TIMEOUT:-600}" --disk "$scratch/disk" -- "$@" </dev/null
}

# compare NAME PROGRAM PACKAGE COMMAND...: PROGRAM is in the tree, in /
compare() {
    local name=$1 program=$2 folder=build/$isa/runtimes-$1 tree=$scratch/tree package=$3 status=0 failed=0
    shift 3
    SUITE=bookworm ci/rootfs.sh "$isa" "$folder" bash dash coreutils netbase "$package" || exit
    rm -rf "$tree"
    cp -a "$folder/tree" "$tree"
    cp "tests/runtimes/$program" "$tree/$program"
    printf '127.0.0.1 localhost\n::1 localhost ip6-localhost\n' >"$tree/etc/hosts"
    mke2fs -q -F -t ext4 -d "$tree" "$scratch/disk" 2G
    in_chroot "$tree" "$@" >"$scratch/here" 2>"$scratch/here.err" || status=$?
    echo "status $status" >>"$scratch/here"
    status=0
    there "$@" >"$scratch/there" 2>"$scratch/there.err" || status=$?
    echo "status $status" >>"$scratch/there"
    grep -qx end "$scratch/here" || { echo "not ok $name on this machine's Linux: $(tail -n 3 "$scratch/here.err")" && return 1; }
    if diff -U1 "$scratch/here" "$scratch/there" >"$scratch/differs"; then
        echo "ok $name: $(wc -l <"$scratch/here") lines"
    else
        echo "not ok $name"
        head -n 40 "$scratch/differs"
        tail -n 5 "$scratch/there.err"
        failed=1
    fi
    disk_in_order "$scratch/disk" || failed=1
    return $failed
}

failed=0
for name; do
    case $name in
    node) compare node node.js nodejs /usr/bin/node /node.js || failed=1 ;;
    java) compare java Java.java openjdk-17-jre-headless /bin/sh -c 'exec /usr/lib/jvm/java-17-openjdk-*/bin/java -Xmx64m /Java.java' || failed=1 ;;
    *) echo "not ok nothing here is called $name" && failed=1 ;;
    esac
done
exit $failed
