#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Folders of the host: what -v and --root take, and what a guest sees and does in them, on both backends.
# shellcheck disable=SC2016 # the guest's shell expands it
. "$(dirname "$0")/lib.sh"

cp --sparse=always "$build/x86_64/busybox.img" busybox.img
mkdir folder folder/in other empty
echo 'of the host' >folder/file
echo 'deep' >folder/in/deep
echo 'one file' >single
mkfifo fifo

# ---- mistakes ----

refuses 125 "-v folder: doesn't say where the guest has it; HOST:GUEST" -v folder
refuses 125 '-v folder: mnt is not an absolute path of the guest; e.g. /mnt' -v folder:mnt
refuses 125 "-v folder: the guest's path has a \.\. in it" -v folder:/a/../b
refuses 125 "-v folder: / is the guest's root file system; --root folder gives it that" -v folder://
refuses 125 '-v folder: mode RO is unknown; it is ro, rw, cow or cow=FOLDER, with ,root behind it or not' -v folder:/mnt:RO
refuses 125 '-v other: the guest has another folder at /mnt already' -v folder:/mnt -v other:/mnt/
refuses 125 '-v missing: is not there, in the current folder; it has to be made before' --disk hello.img -v missing:/mnt
refuses 125 '-v /missing: is not there; ' --disk hello.img -v /missing:/mnt
refuses 125 '-v fifo: is neither a folder nor an ordinary file' --disk hello.img -v fifo:/mnt
refuses 125 '-v single: is a file, and only folders can be cow; ro or rw' --disk hello.img -v single:/mnt:cow
refuses 125 '-v folder: cow=folder/changes: one of the two lies in the other' --disk hello.img \
    -v folder:/mnt:cow=folder/changes
refuses 125 '-v folder: cow=folder/changes//: one of the two lies in the other' --disk hello.img \
    -v folder:/mnt:cow=folder/changes//
refuses 125 '-v folder: cow=\.: one of the two lies in the other' --disk hello.img -v folder:/mnt:cow=.
refuses 125 '-v folder: cow=single: is not a folder' --disk hello.img -v folder:/mnt:cow=single
refuses 125 '-v folder: cow=no/where: can.t be used: No such file' --disk hello.img -v folder:/mnt:cow=no/where
refuses 125 '--root missing: is not there' --root missing
refuses 125 '--root folder,RO: is not there; after a comma there can be ro, rw, cow or cow=FOLDER' --root folder,RO
refuses 125 '--root single: is not a folder' --root single
refuses 125 '--root folder: the root file system is that of --disk hello.img already' --root folder --disk hello.img
refuses 125 'at most 6 disks beside shared folders' -v folder:/mnt --disk hello.img,cow --disk hello.img,cow \
    --disk hello.img,cow --disk hello.img,cow --disk hello.img,cow --disk hello.img,cow --disk hello.img,cow
[ ! -e folder/changes ] || not_ok 'folder/changes was made'

run 0 "$lvmm" run --dry-run --root folder -v other:/mnt:cow=kept -v single:/s:ro
check 'what would be shared' grep -Fq '  1  other at /mnt, cow: changes go to kept' out
check 'and nothing is made for it' [ ! -e kept ]

# ---- what a guest does ----

# shared STATUS ACCEL SCRIPT OPTION...: the disk is only the shell's.
shared() {
    expected=$1 accel=$2 script=$3
    shift 3
    run "$expected" "$lvmm" run --accel "$accel" --timeout 50 --disk busybox.img,cow "$@" -- /busybox sh -c \
        "b=/busybox; $script"
}

test_shares() {
    accel=$1

    shared 0 "$accel" '$b cat /mnt/file /mnt/in/deep /s; $b grep virtiofs /proc/mounts' -v folder:/mnt:ro -v single:/s:ro
    printf 'of the host\ndeep\none file\nlvmm /mnt virtiofs ro,relatime 0 0\nlvmm /s virtiofs ro,relatime 0 0\n' >expected
    check "$accel: files are read" cmp out expected
    shared 1 "$accel" 'echo x >/mnt/new' -v folder:/mnt:ro
    check "$accel: ro refuses" grep -q 'Read-only file system' err
    [ ! -e folder/new ] || not_ok "$accel: ro was written"

    shared 0 "$accel" 'echo x >/mnt/new; $b mv /mnt/in /mnt/moved; echo y >>/mnt/file; $b sync' -v folder:/mnt
    check "$accel: rw writes" [ "$(cat folder/new folder/moved/deep folder/file | tr '\n' ' ')" = 'x deep of the host y ' ]
    mv folder/moved folder/in
    rm folder/new
    echo 'of the host' >folder/file

    shared 0 "$accel" 'echo x >/mnt/new; $b rm /mnt/file; echo more >>/mnt/in/deep; $b cat /mnt/in/deep; $b ls /mnt' \
        -v folder:/mnt:cow
    printf 'deep\nmore\nin\nnew\n' >expected
    check "$accel: cow shows what was changed" cmp out expected
    check "$accel: and leaves the folder" [ "$(find folder | sort | tr '\n' ' ')" = 'folder folder/file folder/in folder/in/deep ' ]
    check "$accel: and forgets" [ -z "$(ls -A tmp)" ]
    rm -rf kept
    shared 0 "$accel" 'echo x >/mnt/new; $b rm /mnt/file; echo more >>/mnt/in/deep' -v folder:/mnt:cow \
        -v other:/other:ro --report report
    check "$accel: the report tells what was changed" grep -q '"changed_files": 3, "changes": \[{' report
    for change in 'added", "path": "/mnt/new' 'removed", "path": "/mnt/file' 'changed", "path": "/mnt/in/deep'; do
        check "$accel: the report tells: $change" grep -Fq "{\"change\": \"$change\"}" report
    done
    shared 0 "$accel" 'echo x >/mnt/new' -v folder:/mnt --report report
    check "$accel: and nothing of what is rw" grep -q '"changed_files": null, "changes": null' report
    rm folder/new
    shared 0 "$accel" 'echo x >/mnt/new; $b rm /mnt/file' -v folder:/mnt:cow=kept
    shared 0 "$accel" '$b ls /mnt; $b cat /mnt/new' -v folder:/mnt:cow=kept
    printf 'in\nnew\nx\n' >expected
    check "$accel: cow=FOLDER keeps" cmp out expected
    check "$accel: and that leaves the folder" grep -q 'of the host' folder/file
}

test_root() {
    accel=$1

    mkdir -p root/bin root/proc
    mcopy -n -i busybox.img ::/busybox root/bin/sh 2>/dev/null
    chmod 755 root/bin/sh
    run 0 "$lvmm" run --accel "$accel" --timeout 50 --root root -v folder:/made/by/lvmm:ro -- /bin/sh -c \
        'echo x >/new && cat /new /made/by/lvmm/file'
    printf 'x\nof the host\n' >expected
    check "$accel: a folder is the root" cmp out expected
    check "$accel: and stays as it is" [ "$(find root | sort | tr '\n' ' ')" = 'root root/bin root/bin/sh root/proc ' ]
    rm -rf root
}

# wait_for_up FILE: until a guest has said so there, or lvmm has ended. The file is emptied before that is started, as the
# shell may come here first, where an earlier guest's word would do.
wait_for_up() {
    until grep -q up "$1" || ! kill -0 $pid 2>/dev/null; do sleep 0.1; done
}

# A folder that the host moves while the guest is in it has two places there; by neither it goes into itself.
test_moved() {
    accel=$1

    mkdir -p folder/top/low
    : >out
    "$lvmm" run --accel "$accel" --timeout 50 --disk busybox.img,cow -v folder:/mnt -- /busybox sh -c \
        'cd /mnt/top/low; echo up; until [ -e /mnt/go ]; do /busybox sleep 0.1; done; exec /busybox mv /mnt/low ./new' >out 2>err &
    pid=$!
    wait_for_up out
    mv folder/top/low folder/low
    touch folder/go
    wait $pid
    check "$accel: it is refused" [ $? = 1 ]
    check "$accel: with EINVAL" grep -q 'Invalid argument' err
    rm -r folder/top folder/low folder/go
}

# killed ACCEL PROCESS: that of the run is ended while the guest reads, and what becomes of both.
test_killed() {
    accel=$1

    shared_run="$lvmm run --accel $accel --timeout 50 --disk busybox.img,cow -v folder:/mnt:cow"
    : >out
    $shared_run -- /busybox sh -c 'echo up; while /busybox cat /mnt/file >/dev/null; do :; done
        /busybox ls -l /mnt/file; exit 3' >out 2>err &
    pid=$!
    wait_for_up out
    pkill -KILL -x -P $pid lvmm-share || not_ok "$accel: no process lvmm-share"
    wait $pid
    status=$?
    check "$accel: its end is told" grep -q 'the shared folders: the serving process has ended' err
    check "$accel: and only once" [ "$(grep -c 'shared folders' err)" = 1 ]
    case $accel in
    kvm)
        check "$accel: the guest has an error" [ "$status" = 3 ]
        check "$accel: which is a disk's" grep -q '^ls: /mnt/file: Input/output error$' err
        ;;
    *) check "$accel: the run ends" [ "$status" = 125 ] ;;
    esac
    check "$accel: and nothing stays" [ -z "$(ls -A tmp)" ]

    : >out
    $shared_run -- /busybox sh -c 'echo x >/mnt/new; echo up; /busybox sleep 1000' >out 2>err &
    pid=$!
    wait_for_up out
    kill -KILL $pid
    wait $pid
    tries=100
    until [ -z "$(ls -A tmp)" ] || [ $tries = 0 ]; do
        tries=$((tries - 1))
        sleep 0.1
    done
    check "$accel: SIGKILL leaves no changes behind" [ -z "$(ls -A tmp)" ]

    : >out
    $shared_run -- /busybox sh -c 'echo x >/mnt/new; echo up; /busybox sleep 1000' >out 2>err &
    pid=$!
    wait_for_up out
    kill -TERM $pid
    wait $pid
    check "$accel: SIGTERM leaves no changes behind" [ -z "$(ls -A tmp)" ]
}

# Two runs with the same changes.
test_locked() {
    accel=$1

    : >first
    "$lvmm" run --accel "$accel" --timeout 50 --disk busybox.img,cow -v folder:/mnt:cow=kept -- \
        /busybox sh -c 'echo up; /busybox sleep 1000' >first 2>&1 &
    pid=$!
    wait_for_up first
    refuses 125 '-v folder: cow=kept: is in use by another lvmm' --disk busybox.img,cow -v folder:/mnt:cow=kept
    kill -TERM $pid
    wait $pid
}

for accel in $(accelerators); do
    test_shares "$accel"
    test_root "$accel"
    test_moved "$accel"
    test_killed "$accel"
    test_locked "$accel"
done
finish
