# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# alone.sh TREE PROGRAM... - as the first process of a PID namespace: PROGRAM in the tree, as a guest has it, with its standard
# input as its terminal; drive.py runs this.
chroot=$(PATH=$PATH:/usr/sbin:/sbin command -v chroot)
tree=$1
shift
mount -t proc proc "$tree/proc" && mount -t tmpfs -o mode=1777 tmpfs "$tree/tmp" && mount -t tmpfs tmpfs "$tree/run" &&
    echo 32768 >"$tree/run/pid_max" && mount --bind "$tree/run/pid_max" "$tree/proc/sys/kernel/pid_max" && # how wide numbers of processes are
    exec setsid --ctty "$chroot" "$tree" "$@"
