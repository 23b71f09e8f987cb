# SPDX-License-Identifier: Apache-2.0
# as_linux.sh - this machine's Linux as the measure of a tree's programs, and what may differ from it: for scripts that source it
# in the root of the sources. For bash, as dash can't close descriptors above 9.
# shellcheck shell=bash

# in_chroot TREE COMMAND...: as a guest has the same tree: PID and IPC namespaces, the same few devices and variables, nothing open but the
# three, no signal ignored (behind a shell without jobs SIGINT and SIGQUIT are). LO_ALONE=1: and no network but lo
in_chroot() (
    user='' net=''
    [ "$(id -u)" = 0 ] || user='--user --map-root-user'
    [ -z "${LO_ALONE-}" ] || net=--net
    chroot=$(PATH=$PATH:/usr/sbin:/sbin command -v chroot)
    for fd in /proc/self/fd/*; do
        fd=${fd##*/}
        [ "$fd" -le 2 ] || eval "exec $fd>&-"
    done
    # shellcheck disable=SC2016,SC2086 # that shell's own; two words or none
    exec unshare --mount --pid --ipc --fork $user $net sh -c '
        [ -z "${LO_ALONE-}" ] || PATH=$PATH:/usr/sbin:/sbin ip link set lo up || exit
        chroot=$1 && cd "$2" && shift 2 && mount -t tmpfs -o mode=755 dev dev && mkdir dev/pts && mkdir -m 1777 dev/shm && mount -t tmpfs -o mode=1777 tmpfs tmp &&
            for name in null zero full random urandom tty; do : >dev/$name && mount --bind /dev/$name dev/$name || exit; done
        ln -s pts/ptmx dev/ptmx && ln -s /proc/self/fd dev/fd && ln -s fd/0 dev/stdin && ln -s fd/1 dev/stdout && ln -s fd/2 dev/stderr &&
            mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts && mount -t proc proc proc &&
            exec env --default-signal -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/ TERM=linux "$chroot" . "$@"
    ' sh "$chroot" "$@" </dev/null
)

# may_differ TEST ISA NAME: prints why that differs from Linux, by tests/differs.txt; fails where it may not
may_differ() {
    awk -F '\t' -v test="$1" -v isa="$2" -v name="$3" '
        !/^#/ && $1 == test && ($2 == "*" || $2 == isa) && $3 == name && $4 != "" { print $4; found = 1; exit } END { exit !found }' tests/differs.txt
}

# disk_in_order IMAGE: says whether e2fsck finds nothing wrong with it; fails if it does
disk_in_order() {
    local said
    if said=$(e2fsck -fn "$1" 2>&1); then
        echo 'ok the disk is in order'
    else
        printf '%s\n' "$said" | sed 's/^/    /'
        echo 'not ok the disk is in order'
        return 1
    fi
}
