#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Debian's full-screen programs at a terminal: what they show in a guest, on its console and on the pseudo-terminals within, is
# what they show on this machine's Linux, in a tree of the same release, after each step of the sessions in sessions/.
#
#   tests/screens/run.sh ISA ACCEL NAME...    only these sessions; all: every one
#
# In the environment: CPUS, of the guest, default: 1; LIMIT, the seconds that a step may take.
set -eu

cd "$(dirname "$0")/../.."
. tests/offers.sh
isa=$1 accel=$2 host=$(uname -m)
shift 2
offered_accel "$accel" "$isa"
PATH=$PATH:/usr/sbin:/sbin
offered_tools cpio zstd flock unshare mke2fs
/usr/bin/python3 -c 'import pyte' 2>/dev/null || { echo 'python3-pyte is not installed' && exit 78; }
[ "$isa" != loongarch64 ] || offered 77 "$(no_lsx)"

# The release that both ISAs are in: versions have to be the same.
case " $isa $host " in
*' loongarch64 '*) suite=forky ;;
*' riscv64 '*) suite=trixie ;;
*) suite=bookworm ;;
esac
packages='bash dash coreutils grep sed findutils libc-bin procps vim-tiny less nano tmux screen bsdutils whiptail dialog htop ncurses-base ncurses-bin ncurses-term'
for tree in $host $isa; do SUITE=$suite ci/rootfs.sh $tree "build/$tree/debian-screens-$suite" $packages || exit; done

[ "$*" != all ] || set -- tests/screens/sessions/*
sessions=
for name; do
    name=${name##*/}
    [ -e "tests/screens/sessions/$name" ] || { echo "not ok no session is called $name" && exit 1; }
    sessions="$sessions $PWD/tests/screens/sessions/$name"
done
[ -n "$sessions" ] || { echo 'not ok no session is named' && exit 1; }

# prepare ISA: adds to its tree what a session begins with, and makes a disk of it, once: after that both are only read.
prepare() {
    folder=build/$1/debian-screens-$suite
    own=$(cat tests/screens/*.sh | cksum)
    exec 8>"$folder.lock" # as two tests may want it at the same time
    flock 8
    if [ "$(cat "$folder/own" 2>/dev/null)" != "$own" ]; then
        rm -rf "$folder/tree/screens"
        mkdir "$folder/tree/screens"
        cp tests/screens/alone.sh "$folder/tree/screens/alone"
        cp tests/screens/start.sh "$folder/tree/screens/start"
        chmod 755 "$folder/tree/screens/start"
        ln -sf vim.tiny "$folder/tree/usr/bin/vi"                                                # as update-alternatives does it
        echo "PS1='$ '" | tee "$folder/tree/etc/bash.bashrc" >"$folder/tree/etc/profile" # theirs have the name of the machine
        rm -f "$folder/disk"
        mke2fs -q -F -t ext4 -E root_owner=0:0 -d "$folder/tree" "$folder/disk" 400M >/dev/null
        echo "$own" >"$folder/own"
    fi
    exec 8>&-
}

prepare "$host"
[ "$isa" = "$host" ] || prepare "$isa"
here=$PWD/build/$host/debian-screens-$suite/tree

user=
[ "$(id -u)" = 0 ] || user='--user --map-root-user'
lvmm="$PWD/build/lvmm run --arch $isa --accel $accel --cpus ${CPUS:-1} --memory 256M --disk $PWD/build/$isa/debian-screens-$suite/disk,cow"
# In place of this shell, so that who ends the test ends drive.py.
# shellcheck disable=SC2016,SC2086 # that shell's own; two words or none
exec unshare --mount $user sh -c '
    tree=$1 && cd "$tree" && shift && mount -t tmpfs dev dev && mkdir dev/pts && mkdir -m 1777 dev/shm &&
        for name in null zero full random urandom tty; do : >dev/$name && mount --bind /dev/$name dev/$name || exit; done
    ln -s pts/ptmx dev/ptmx && ln -s /proc/self/fd dev/fd && ln -s fd/0 dev/stdin && ln -s fd/1 dev/stdout && ln -s fd/2 dev/stderr &&
        mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts && exec "$@"
' sh "$here" "$PWD/tests/screens/drive.py" "$here" $sessions -- $lvmm </dev/null
