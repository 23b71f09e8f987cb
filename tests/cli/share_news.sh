#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# inotify(7) in a shared folder: a program in a guest that watches it is told what others do there and what the guest
# does, each once, as a program on the host is told of all of it.
# shellcheck disable=SC2016 # the guest's shell expands it
. "$(dirname "$0")/lib.sh"

cp --sparse=always "$build/x86_64/busybox.img" busybox.img
cp "$build/tests/watcher" watcher
cp "$build/tests/dnotified" dnotified

# What is done: by the guest (g) or by others (h); in the run without a guest the same shell does both.
cat >steps <<'X'
h echo one >new
h echo two >>new
h chmod 600 new
g echo three >>new
g chmod 644 new
h echo x >file
g echo y >file
g echo made >ours
h mkdir folder
h rmdir folder
g mkdir folder
h mv new newer
g mv newer newest
g mv newest in/there
h mv in/there in/here
h mv in/here back
h mv in inside
g mv inside in
h mv back file
h ln file other
g rm other
h rm ours
h touch -d 2020-01-01 in
g touch -d 2021-01-01 in
h rm file
g echo again >file
h rmdir in
X

place_of() {
    rm -rf "$1" "$1".*
    mkdir -p "$1/in"
    echo >"$1/file"
    touch -d 2019-01-01 "$1/file" "$1/in"
}

test_news() {
    accel=$1 mode=$2
    # Without a guest.
    place_of alone
    mkfifo go
    : >wanted # not the last run's
    ./watcher alone alone/file alone/in <go >wanted &
    exec 5>go
    until grep -q watches wanted; do sleep 0.05; done
    while read -r who command; do
        [ "$mode" = rw ] || [ "$who" = h ] || continue
        (cd alone && eval "$command") 2>>errors # where the guest makes nothing some aren't there
    done <steps
    echo >&5
    : >alone/end
    wait
    exec 5>&-
    # With one.
    place_of shared
    mkfifo in out
    "$lvmm" run --accel "$accel" --timeout 100 --disk busybox.img,cow -v "shared:/mnt:$mode" -v "watcher:/watcher:ro" -- \
        /busybox sh -c 'cd /mnt; /busybox mkfifo /dev/shm/go; /watcher /mnt /mnt/file /mnt/in </dev/shm/go >/dev/shm/told &
            exec 5>/dev/shm/go
            until /busybox grep -q watches /dev/shm/told; do /busybox sleep 0.05; done
            echo .
            while read -r line && [ "$line" != end ]; do
                (for applet in chmod mkdir rmdir mv ln rm touch; do alias $applet="/busybox $applet"; done; eval "$line")
                echo .
            done
            echo >&5; wait; /busybox cat /dev/shm/told' <in >out 2>err &
    exec 5>in 6<out
    read -r _ <&6
    while read -r who command; do
        if [ "$who" = h ]; then
            (cd shared && eval "$command") 2>>errors
        elif [ "$mode" = rw ]; then
            echo "$command" >&5
            read -r _ <&6
        fi
    done <steps
    echo end >&5
    : >shared/end
    cat <&6 >got
    exec 5>&- 6<&-
    wait
    told wanted >wanted.told
    told got >got.told
    same "$accel, $mode: a guest's program is told what one on the host is" wanted.told got.told
    rm -f go in out
}

# told FILE: what each watch has told. Two equal events in a row are told as one where nobody has read the first, so
# how many there were isn't looked at, nor what lies between those of different watches.
told() {
    for watch in 1 2 3; do grep "^$watch " "$1" | uniq; done
}

# A program is in a folder that others move away; what they put there instead, and remove, isn't that folder.
test_moved_away() {
    place_of shared
    mkfifo in out
    "$lvmm" run --accel "$1" --timeout 100 --disk busybox.img,cow -v shared:/mnt:rw -v "watcher:/watcher:ro" -- \
        /busybox sh -c 'cd /mnt/in; /busybox sleep 100 | /watcher /mnt >/dev/shm/told &
            until /busybox grep -q watches /dev/shm/told; do /busybox sleep 0.05; done
            /busybox ls /mnt >/dev/null; echo .; read -r _; echo >new && echo made' <in >out 2>err &
    exec 5>in 6<out
    read -r _ <&6
    mv shared/in shared/away
    mkdir shared/in
    rmdir shared/in
    echo >&5
    cat <&6 >got
    exec 5>&- 6<&-
    wait
    echo made >wanted
    same "$1: a folder that others have moved away is still one" wanted got
    rm -f go in out
}

# A file is told of that nobody has open, after more names have been looked at than the kernel keeps.
test_many_names() {
    place_of shared
    mkdir shared/many
    : >shared/in/file
    (cd shared/many && seq 4000 | xargs touch)
    mkfifo in out
    "$lvmm" run --accel "$1" --timeout 100 --memory 48M --disk busybox.img,cow -v shared:/mnt:ro -v watcher:/watcher:ro -- \
        /busybox sh -c '/busybox mkfifo /dev/shm/go; /watcher /mnt/in/file /mnt/in </dev/shm/go >/dev/shm/told &
            exec 5>/dev/shm/go
            until /busybox grep -q watches /dev/shm/told; do /busybox sleep 0.05; done
            /busybox ls -l /mnt/many | /busybox wc -l; read -r _
            echo >&5; wait; /busybox cat /dev/shm/told' <in >out 2>err &
    exec 5>in 6<out
    read -r _ <&6
    echo x >>shared/in/file # emptied before, it may be told of once more
    : >shared/in/end
    echo >&5
    cat <&6 >got
    exec 5>&- 6<&-
    wait
    printf '%s\n' watches '2 MODIFY file' '1 MODIFY -' '2 CLOSE_WRITE file' '1 CLOSE_WRITE -' >wanted
    same "$1: a file is told of whose name was looked at long ago" wanted got
    rm -f go in out
}

# changes: what dnotified waits for is done, one after the other, as it says on stdin; which is shown as well.
changes() {
    while read -r line; do
        echo "$line"
        case $line in
        'create?') : >shared/new ;;
        'modify?') echo x >>shared/new ;;
        'attrib?') chmod 600 shared/new ;;
        'delete?') rm shared/new ;;
        'rename?') mv shared/file shared/other ;;
        'create by a move?') mv shared/in/below shared/moved ;;
        esac
    done
}

# Signals (F_NOTIFY), of whatever the host changes.
test_signals() {
    place_of shared
    : >shared/in/below
    timeout -k 5 60 "$build/tests/dnotified" shared | changes >wanted
    place_of shared
    : >shared/in/below
    timeout -k 5 60 "$lvmm" run --accel "$1" --disk busybox.img,cow -v shared:/mnt:ro -v dnotified:/dnotified:ro -- \
        /dnotified /mnt 2>err | changes >got
    same "$1: signals tell what they tell on the host" wanted got
    check "$1: all of them" [ "$(wc -l <got)" = 12 ]
}

for accel in $(accelerators); do
    [ "$accel" = kvm ] || [ -n "${LONG-}" ] || [ -n "$(no_kvm)" ] || continue
    test_news "$accel" rw
    test_news "$accel" ro
    test_moved_away "$accel"
    test_many_names "$accel"
    test_signals "$accel"
done
finish
