#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs every guest test on this machine's Linux and under lvmm, and compares standard output, standard error and the exit
# status. Usage:
#   tests/guest/run.sh LVMM_COMMAND...     such as: tests/guest/run.sh build/lvmm run --accel kvm
#   tests/guest/run.sh --expect FOLDER     only stores what Linux gives, for a run elsewhere with EXPECT=FOLDER
# Environment:
#   ISA     the guest's, default: this machine's; the output must be that of this machine's own programs
#   TESTS   names, default: all that this machine's Linux can run too
#   PART    a file that names those of tests/guest/*.c to run, a line each; the rest runs as it does without
#   EXPECT  what Linux gives, stored before
#   NESTED     set: this is the nested machine, which has busybox and no more
#   FSCK_PATH  where fsck.fat is beside PATH, default: /sbin:/usr/sbin
#   ROOT    ext4: programs, the folder to work in and /dev/shm lie on an ext4 disk, on this machine's Linux as well; MKE2FS has
#           options for it. share: on a shared folder of the host, rw; on this machine's Linux they lie in a folder beside it
#   TIMEOUT seconds for one test, default: 150; 60 in the nested machine, which tries again
# What Linux gives is kept in build/expected, for the other places that want it.
# POSIX shell and busybox will do, so that it runs in an initramfs as well.

root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
host=$(uname -m)
isa=${ISA:-$host}
programs=$root/build/$host/tests/guest
image=$root/build/$isa/tests.img
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

# A 32-bit program, which not every Linux for x86_64 runs.
runs_i386() {
    "$programs/i386-embox" x >/dev/null 2>&1
}

# Descriptors for the process at the other end of a socket are Linux 6.5's.
has_socket_pidfds() {
    "$programs/sock_pidfds" "$scratch" probe >/dev/null 2>&1
}

# What mounts does so in a name space of its own, which not everybody may have.
own_mounts=$(unshare -m sh -c 'mount -t tmpfs none /dev/shm && mount -t devpts -o newinstance none /dev/pts && echo yes' 2>/dev/null)
may_mount() {
    [ "$own_mounts" = yes ]
}
mounting='atimes devnumbers filecaps fsopen inotify_mounts mount_set_group mount_setattr mounts mq_mount open_tree pivotplace pivots propagation remounts reused setids statmounts sysfs sysfs_devices sysv_settings tmpfs_limits'
without_mounting() {
    while read -r name; do
        case " $mounting " in
        *" $name "*) may_mount && echo "$name" ;;
        *) [ "$name" = sock_pidfds ] && ! has_socket_pidfds || echo "$name" ;;
        esac
    done
}

# Those of calls that Linux has had in this form since 6.14: an older one doesn't tell what is right (statmount's strings that
# aren't told, the owner's right to cachestat). mseals asks whether these calls are let through as well.
newer='cachestats mseals statmounts'
knows_newer() {
    uname -r | awk -F '[.-]' '{ exit !($1 > 6 || ($1 == 6 && $2 >= 14)) }' && "$programs/mseals" >/dev/null 2>&1
}
without_newer() {
    while read -r name; do
        case " $newer " in
        *" $name "*) ! knows_newer || echo "$name" ;;
        *) echo "$name" ;;
        esac
    done
}

# What debuggers do, which some containers refuse.
debugging='personality ptrace_calls ptrace_more ptrace_regs'
may_debug() {
    "$programs/ptrace_calls" "$scratch" probe >/dev/null 2>&1 && setarch "$host" -R true 2>/dev/null
}
without_debugging() {
    while read -r name; do
        case " $debugging " in
        *" $name "*) ! may_debug || echo "$name" ;;
        *) echo "$name" ;;
        esac
    done
}

# Of the portable ones those that PART names. A name that no program has would be a test that is lost.
of_part() {
    if [ -z "${PART-}" ]; then cat; else grep -xFf "$PART"; fi
}
part_is_right() {
    [ -n "${PART-}" ] || return 0
    [ -r "$PART" ] || { echo "not ok $PART: it can't be read" && return 1; }
    for name in $(sed '/^#/d' "$PART"); do
        [ -e "$root/tests/guest/$name.c" ] || { echo "not ok $PART: there is no program $name" && return 1; }
    done
}

# From the sources, as folders of programs hold old ones as well. In a machine without sources TESTS tells them.
names() {
    if [ -n "$TESTS" ]; then
        echo "$TESTS"
        return
    fi
    for source in "$root"/tests/guest/*.c; do [ ! -e "$source" ] || basename "$source" .c; done | without_mounting | without_newer |
        without_debugging | of_part
    [ ! -d "$root/tests/guest" ] || echo hello-pie
    [ ! -d "$root/tests/guest" ] || echo omagic
    [ "$isa" = "$host" ] || return 0
    for source in "$root/tests/guest/$isa"/*.c; do [ ! -e "$source" ] || basename "$source" .c; done | without_debugging
    if [ "$isa" = x86_64 ] && runs_i386; then
        for source in "$root/tests/guest/i386"/*.c; do [ ! -e "$source" ] || echo "i386-$(basename "$source" .c)"; done
    fi
}

# What is about other file systems, or about the disks and mounts that there are.
# Without LONG, those alone that use files.
not_on_ext4='mounts mq_mount pivotplace pivots propagation remounts own_mounts sysfs tmpfs_limits tmpfs_many tmpfs_shared proc_io proc_system'
uses_files() {
    [ -n "${LONG-}" ] || [ -n "$TESTS" ] || grep -qE 'dev/shm|tree\.h|enter\(|argv\[1\]' "$root/tests/guest/$1.c" 2>/dev/null
}
# Nor on a share. It is rw, so that the host gives what its user may have: access control lists, marks, owners, whiteouts, trusted
# attributes aren't there. Nothing that is written is kept back (cachestats, proc_io), direct reads are
# of any size (aio), parts of a file can't be moved (tmpfs_sparse), inotify tells of what is in /proc (inotify); diskwaits has
# files beside it. And each look-up is a request, of which names and tmpfs_many make a million.
not_on_share="$not_on_ext4 acls aio cachestats diskwaits fileflags inotify inotify_events linkat names permissions racefiles tmpfs_attrs tmpfs_names tmpfs_many tmpfs_sparse tmpfs_xattrs"
without_others() {
    while read -r name; do
        case "${ROOT-}  $not_on_ext4 share  $not_on_share " in
        "ext4 "*" $name "*" share "*) ;;
        "share "*" share "*" $name "*) ;;
        "ext4 "* | "share "*) ! uses_files "$name" || echo "$name" ;;
        *) echo "$name" ;;
        esac
    done
}

# make_ext4 FILE ISA: names in a folder come in an order that is the disk's, so that Linux gets a copy of the same, with
# programs that it can run.
make_ext4() {
    chmod 711 "$scratch" # others go through it
    mkdir -p "$scratch/tree/tests" "$scratch/tree/room" "$scratch/tree/shm" || exit 1
    chmod 1777 "$scratch/tree/shm"
    cp "$root/build/$2/busybox" "$scratch/tree/"
    for name in $(names | without_others); do cp "$root/build/$2/tests/guest/$name" "$scratch/tree/tests/" || exit 1; done
    # shellcheck disable=SC2086 # options
    PATH=$PATH:/sbin:/usr/sbin mke2fs -q -F -t ext4 -b 4096 ${MKE2FS-} -d "$scratch/tree" "$1" 128M >"$scratch/log" 2>&1 || {
        cat "$scratch/log"
        exit 1
    }
    rm -rf "$scratch/tree"
}

# make_share NAME: a folder with that program, to be the guest's root.
make_share() {
    rm -rf "$scratch/share"
    chmod 711 "$scratch" # others go through it
    mkdir -p "$scratch/share/tests" "$scratch/share/room" "$scratch/share/shm" || exit 1
    chmod 1777 "$scratch/share/shm"
    cp "$root/build/$isa/busybox" "$scratch/share/" && cp "$root/build/$isa/tests/guest/$1" "$scratch/share/tests/" || exit 1
}

# What echo reads: more than any buffer on the way, and not text alone.
make_input() {
    awk 'BEGIN { for (i = 0; i < 20000; i++) printf "%d line %c\n", i, 128 + i % 100 }' >"$scratch/input"
}

# execute PREFIX COMMAND...: leaves PREFIX.out, PREFIX.err and PREFIX.status. In the background, since of a child in the
# foreground that dies of a signal the shell tells on the child's standard error.
execute() {
    prefix=$1
    shift
    LC_ALL=C "$@" <"$prefix.in" >"$prefix.out" 2>"$prefix.err" &
    wait $! 2>/dev/null
    echo $? >"$prefix.status"
}

give_input() {
    case $1 in
    echo) cp "$scratch/input" "$2.in" ;;
    *) : >"$2.in" ;;
    esac
}

# on_linux NAME FOLDER: the oracle. Core dumps are not wanted. With /dev/shm and /dev/pts of its own, as other runs of the same
# tests use the same names and numbers there.
on_linux() {
    mkdir "$scratch/on_linux" || exit 1
    (
        # shellcheck disable=SC3045 # where the shell has no -c there are no core dumps either
        ulimit -c 0 2>/dev/null
        if [ "${ROOT-}" = share ]; then
            mkdir "$scratch/on_linux/shm" "$scratch/on_linux/room" && chmod 1777 "$scratch/on_linux/shm"
            # shellcheck disable=SC2016 # that shell's own
            execute "$2/$1" unshare -m sh -c 'mount --bind "$1/shm" /dev/shm &&
                mount -t devpts -o newinstance none /dev/pts && exec "$2" "$1/room"' sh "$scratch/on_linux" "$programs/$1"
        elif [ "${ROOT-}" = ext4 ]; then
            cp --sparse=always "$linux_image" "$scratch/linux.img"
            # shellcheck disable=SC2016 # that shell's own
            execute "$2/$1" unshare -m sh -c 'mount -o loop "$1" "$2" && mount --bind "$2/shm" /dev/shm &&
                mount -t devpts -o newinstance none /dev/pts && exec "$2/tests/$3" "$2/room"' sh "$scratch/linux.img" "$scratch/on_linux" "$1"
        elif may_mount; then
            # shellcheck disable=SC2016 # that shell's own
            execute "$2/$1" unshare -m sh -c 'mount -t tmpfs -o nosuid,nodev none /dev/shm &&
                mount -t devpts -o newinstance none /dev/pts && exec "$@"' sh "$programs/$1" "$scratch/on_linux"
        else
            execute "$2/$1" "$programs/$1" "$scratch/on_linux"
        fi
    )
    rm -rf "$scratch/on_linux"
}

# What Linux gives is the same for each place, so it is kept for the next one, until the program, this file or the kernel is another.
kept=$root/build/expected/$(uname -r)${own_mounts:+-mounts}
is_kept() {
    # shellcheck disable=SC3013 # busybox and dash have -nt
    [ -z "${ROOT-}${NESTED-}" ] && [ "$kept/$1/$1.status" -nt "$programs/$1" ] && [ "$kept/$1/$1.status" -nt "$0" ]
}

# keep NAME FOLDER: as a whole or not at all, as another run may do the same. Where that can't be done nothing is kept.
keep() {
    [ -z "${ROOT-}${NESTED-}" ] || return 0
    {
        mkdir -p "$kept" && new=$(mktemp -d "$kept/.new.XXXXXX") || return 0
        if mkdir "$new/$1" && cp "$2/$1.out" "$2/$1.err" "$2/$1.status" "$new/$1/"; then
            rm -rf "${kept:?}/$1"
            mv "$new/$1" "$kept/" # if it is there again the other's is as good
        fi
        rm -rf "$new"
    } 2>/dev/null
}

# expect NAME FOLDER: leaves in FOLDER what Linux gives, which is asked unless its answer is kept.
expect() {
    give_input "$1" "$2/$1"
    ! is_kept "$1" || ! cp "$kept/$1/$1".* "$2/" 2>/dev/null || return 0
    on_linux "$1" "$2"
    keep "$1" "$2"
}

# Anew only when a test has written to it: in the nested machine a copy takes longer than most of them.
copy_image() {
    # shellcheck disable=SC3013 # busybox and dash have -nt
    [ ! -e "$scratch/disk.img" ] || [ "$scratch/disk.img" -nt "$scratch/copied" ] || return 0
    cp --sparse=always "$image" "$scratch/disk.img" 2>/dev/null || cp "$image" "$scratch/disk.img"
    : >"$scratch/copied"
    touch -t 200001010000 "$scratch/copied" "$scratch/disk.img" # -nt of busybox counts whole seconds
}

# The disk after the test: whole, where fsck.fat is there to tell.
disk_is_whole() {
    [ "${ROOT-}" != share ] || return 0
    if [ "${ROOT-}" = ext4 ]; then
        PATH=$PATH:/sbin:/usr/sbin e2fsck -fn "$scratch/disk.img" >"$scratch/fsck" 2>&1
        return
    fi
    [ -n "$fsck" ] || return 0
    "$fsck" -n "$scratch/disk.img" >"$scratch/fsck" 2>&1
}

# same NAME: compares what both gave, and shows what differs.
same() {
    result=0
    for what in status out err; do
        cmp -s "$expected/$1.$what" "$scratch/got.$what" && continue
        result=1
        echo "  $what, expected and got:"
        diff -U1 "$expected/$1.$what" "$scratch/got.$what" | sed -e 's/^/    /' -e 1,2d | head -n 40
    done
    return $result
}

# as_on_linux NAME: as same; before it is said that something differs, what was kept is asked for anew.
as_on_linux() {
    if [ -z "$EXPECT" ] && ! same "$1" >/dev/null && is_kept "$1"; then
        on_linux "$1" "$expected"
        keep "$1" "$expected"
    fi
    same "$1"
}

if [ "${ROOT-}" = ext4 ]; then
    image=$scratch/ext4.img
    linux_image=$image
    make_ext4 "$image" "$isa"
    [ "$isa" = "$host" ] || linux_image=$scratch/linux-ext4.img
    [ "$isa" = "$host" ] || make_ext4 "$linux_image" "$host"
fi
part_is_right || exit 1
if [ "$1" = --expect ]; then
    [ -n "$2" ] && mkdir -p "$2" || exit 2
    make_input
    list=$(names | without_others)
    for name in $list; do
        [ -x "$programs/$name" ] || { echo "$programs/$name was not built" >&2 && exit 1; }
        expect "$name" "$2"
    done
    echo "$list" >"$2/names"
    [ -n "$list" ]
    exit
fi
if [ $# -eq 0 ]; then
    echo "usage: $0 LVMM_COMMAND... | --expect FOLDER" >&2
    exit 2
fi

if [ -z "$TESTS" ] && [ "$isa" = x86_64 ] && [ "$host" = x86_64 ] && ! runs_i386; then
    echo "skipped: guest/i386: this machine's Linux runs no 32-bit programs, so that nothing says what is right"
fi
if [ -z "$TESTS" ] && ! may_mount; then
    echo "skipped: guest/mounts: this machine's Linux gives nobody here mounts of their own: not run are $mounting"
fi
if [ -z "$TESTS" ] && ! knows_newer; then
    echo "skipped: guest/newer: this machine's Linux is older than 6.14: not run are $newer"
fi
if [ -z "$TESTS" ] && ! may_debug; then
    echo "skipped: guest/debugging: this machine's Linux lets nobody here trace programs: not run are $debugging"
fi
expected=$EXPECT
if [ -z "$expected" ]; then
    expected=$scratch/expected
    mkdir "$expected" || exit 1
    make_input
fi
limit= seconds=${TIMEOUT:-150}
[ -z "${NESTED-}" ] || seconds=${TIMEOUT:-60}
command -v timeout >/dev/null && limit="timeout $seconds"
fsck=$(PATH=$PATH:${FSCK_PATH-/sbin:/usr/sbin} command -v fsck.fat)
if [ -z "$fsck" ] && [ -n "${NESTED-}" ]; then
    echo 'skipped: guest/fsck: the nested machine has no fsck.fat: disks are not checked after the tests'
elif [ -z "$fsck" ]; then
    echo 'missing: guest/fsck: fsck.fat is not installed (dosfstools): disks are not checked after the tests'
fi
# run_test NAME LVMM_COMMAND...
run_test() {
    name=$1
    shift
    if [ "${ROOT-}" = share ]; then
        make_share "$name"
        # shellcheck disable=SC2016,SC2086 # the guest's; as below
        execute "$scratch/got" $limit "$@" --root "$scratch/share,rw" -- \
            /busybox sh -c '/busybox mount --bind /shm /dev/shm && exec "$1" /room' sh "/tests/$name"
        return
    fi
    copy_image
    if [ "${ROOT-}" = ext4 ]; then
        # shellcheck disable=SC2016,SC2086 # the guest's; as below
        execute "$scratch/got" $limit "$@" --disk "$scratch/disk.img" -- \
            /busybox sh -c '/busybox mount --bind /shm /dev/shm && exec "$1" /room' sh "/tests/$name"
        return
    fi
    # shellcheck disable=SC2086 # a command and its argument, or nothing
    execute "$scratch/got" $limit "$@" --disk "$scratch/disk.img" -- "/tests/$name" /room
}

passed=0 failed=0
for name in $(names | without_others); do
    [ -n "$EXPECT" ] || expect "$name" "$expected"
    cp "$expected/$name.in" "$scratch/got.in"
    run_test "$name" "$@"
    # A nested machine is emulated, on a host that has other work: there a test that had no end is given a second try, and it is
    # said. One that hangs again has failed.
    if [ -n "${NESTED-}" ] && [ "$(cat "$scratch/got.status")" = 143 ] && [ "$(cat "$expected/$name.status")" != 143 ]; then
        echo "again: $name had no end in $seconds s"
        run_test "$name" "$@"
    fi
    # Who calls what nobody has: lvmm names it.
    case $name in
    errors) numbers='\(499\|2147483647\)' ;;
    i386-system) numbers='\(17\|9999\) of i386' ;;
    *) numbers= ;;
    esac
    [ -z "$numbers" ] || sed -i "/^lvmm: the guest kernel has no system call $numbers; it gets ENOSYS\$/d" "$scratch/got.err"
    if ! as_on_linux "$name" >"$scratch/report"; then
        echo "FAIL $name"
        cat "$scratch/report"
        failed=$((failed + 1))
    elif ! disk_is_whole; then
        echo "FAIL $name: the file system is damaged"
        sed 's/^/    /' "$scratch/fsck"
        failed=$((failed + 1))
    else
        echo "ok $name"
        passed=$((passed + 1))
    fi
done
echo "$passed passed, $failed failed"
[ $((passed + failed)) -ne 0 ] || {
    echo 'not ok there was no test to run'
    exit 1
}
[ "$failed" -eq 0 ]
