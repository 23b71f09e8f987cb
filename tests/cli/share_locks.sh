#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Locks on files in shared folders: guests and the host keep each other out, waits end when the lock is free, by a signal
# or by the waiter's death, and what is shared serves others meanwhile. On both backends.
# shellcheck disable=SC2016 # the guest's shell expands it
. "$(dirname "$0")/lib.sh"

locker=$build/tests/locker
cp --sparse=always "$build/x86_64/busybox.img" busybox.img
mcopy -i busybox.img "$locker" ::/locker || not_ok 'there is no locker'
mkdir folder
f=folder/f

# guest ACCEL SCRIPT [NAME]: in the background; $! is lvmm's, NAME.out what it says.
guest() {
    timeout -k 5 60 "$lvmm" run --accel "$1" --disk busybox.img,cow -v folder:/mnt -- /busybox sh -c \
        "b=/busybox l='/locker /mnt/f' m=/mnt; $2" >"${3-guest}.out" 2>"${3-guest}.err" &
}
# host STEP...
host() {
    timeout -k 5 60 "$locker" $f "$@"
}
# says NAME FILE LINE...: the file has these lines and no others.
says() {
    name=$1 file=$2
    shift 2
    printf '%s\n' "$@" >expected
    same "$name" expected "$file"
}
afresh() {
    rm -rf folder/*
    : >$f
}

# What the guest holds, the host doesn't get, and gets when it is given up.
test_guest_holds() {
    accel=$1
    afresh
    guest "$accel" '$l flock-wait-w posix-wait-w-10-5 ofd-set-r-100-0 touch=$m/held until=$m/go note=guest flock-set-u
        $l ofd-wait-w-0-5 touch=$m/again until=$m/end'
    host until=folder/held flock-set-r flock-set-w posix-set-w-0-10 posix-set-w-14-1 ofd-set-w-14-1 posix-get-w-0-0 \
        posix-get-w-50-0 posix-set-r-100-20 posix-set-w-100-20 touch=folder/tried >host.out
    says "$accel: the host is kept out" host.out 'flock-set-r: EAGAIN' 'flock-set-w: EAGAIN' 'posix-set-w-0-10: ok' \
        'posix-set-w-14-1: EAGAIN' 'ofd-set-w-14-1: EAGAIN' 'posix-get-w-0-0: w, 10, 5' 'posix-get-w-50-0: r, 100, 0' \
        'posix-set-r-100-20: ok' 'posix-set-w-100-20: EAGAIN'
    host touch=folder/go flock-wait-w posix-wait-w-10-5 ofd-wait-w-100-0 note=host >host.out
    says "$accel: it gets them at last" host.out 'flock-wait-w: ok' 'posix-wait-w-10-5: ok' 'ofd-wait-w-100-0: ok'
    says "$accel: and not before" $f.notes guest host
    host until=folder/again posix-set-w-0-0 touch=folder/end posix-wait-w-0-0 >host.out
    says "$accel: the end of a guest's process gives its locks up" host.out 'posix-set-w-0-0: EAGAIN' 'posix-wait-w-0-0: ok'
    wait $!
}

# What the host holds: a guest's processes wait, while others use the folder.
test_host_holds() {
    accel=$1
    afresh
    guest "$accel" '$l flock-set-w posix-set-w-0-1 ofd-set-w-0-0 posix-get-w-0-0
        $l posix-wait-w-0-1 note=guest & $l ofd-wait-w-5-1 note=guest & $l flock-wait-r note=guest & $l flock-wait-w note=guest &
        $b cat $m/f; $b touch $m/works; wait'
    host flock-set-w posix-set-w-0-1 ofd-set-w-5-1 touch=folder/go until=folder/works note=host >host.out
    wait $!
    check "$accel: the guest ends well" [ $? = 0 ]
    says "$accel: the host has them" host.out 'flock-set-w: ok' 'posix-set-w-0-1: ok' 'ofd-set-w-5-1: ok'
    says "$accel: the guest waits" $f.notes host guest guest guest guest
    sort -o guest.out guest.out
    says "$accel: and is told" guest.out 'flock-set-w: EAGAIN' 'flock-wait-r: ok' 'flock-wait-w: ok' 'ofd-set-w-0-0: EAGAIN' \
        'ofd-wait-w-5-1: ok' 'posix-get-w-0-0: w, 0, 1' 'posix-set-w-0-1: EAGAIN' 'posix-wait-w-0-1: ok'
}

# A wait that a signal ends, and waiters that are killed, whose file others have open: none of them has the lock then.
test_ends() {
    accel=$1
    afresh
    guest "$accel" 'exec 3<>$m/f; $b touch $m/open
        until [ -e $m/held ]; do $b sleep 0.02; done
        for kind in flock-wait-w posix-wait-w-0-1 ofd-wait-w-0-1; do /locker fd:3 alarm $kind; done
        for kind in flock-wait-w posix-wait-w-0-1 ofd-wait-w-0-1; do
            /locker fd:3 touch=$m/begun-$kind $kind & until [ -e $m/begun-$kind ]; do $b sleep 0.02; done
            $b kill -9 $!; wait $!; echo $?
        done
        $b touch $m/killed; until [ -e $m/end ]; do $b sleep 0.02; done'
    host until=folder/open flock-set-w posix-set-w-0-1 touch=folder/held until=folder/killed posix-set-u >/dev/null
    host flock-wait-w posix-wait-w-0-0 touch=folder/end >host.out
    wait $!
    says "$accel: signals end waits" guest.out 'flock-wait-w: EINTR' 'posix-wait-w-0-1: EINTR' 'ofd-wait-w-0-1: EINTR' 137 137 137
    says "$accel: and nobody has a lock from them" host.out 'flock-wait-w: ok' 'posix-wait-w-0-0: ok'
}

# A record lock that is had after its descriptor was closed goes at once, though another process has the file open.
test_closed() {
    accel=$1
    afresh
    guest "$accel" 'exec 3<>$m/f; $b touch $m/open; until [ -e $m/held ]; do $b sleep 0.02; done
        /locker fd:3 closes=$m/closes touch=$m/begun posix-wait-w-0-1 touch=$m/had until=$m/end; echo $?'
    guest=$!
    host until=folder/open posix-set-w-0-1 touch=folder/held until=folder/closes.closed posix-set-u \
        until=folder/had posix-set-w-0-1 touch=folder/end >host.out &
    host=$!
    host until=folder/begun
    sleep 0.3 # by then it waits as a rule; else the lock is refused all the same
    touch folder/closes
    wait $host
    wait $guest
    says "$accel: a lock for a closed descriptor is none" guest.out 'posix-wait-w-0-1: EBADF' 0
    says "$accel: and the host sees none" host.out 'posix-set-w-0-1: ok' 'posix-set-u: ok' 'posix-set-w-0-1: ok'
}

# Two guests, in turns.
test_two_guests() {
    accel=$1
    afresh
    guest "$accel" '$l flock-set-w posix-set-w-0-9 touch=$m/held until=$m/tried note=first flock-set-u until=$m/had' first
    first=$!
    guest "$accel" '$l until=$m/held flock-set-r posix-set-r-8-1 posix-set-r-9-1 touch=$m/tried flock-wait-w note=second touch=$m/had
        $l posix-wait-w-0-9'
    wait $!
    wait $first
    says "$accel: one guest keeps out the other" guest.out 'flock-set-r: EAGAIN' 'posix-set-r-8-1: EAGAIN' \
        'posix-set-r-9-1: ok' 'flock-wait-w: ok' 'posix-wait-w-0-9: ok'
    says "$accel: until it gives up" $f.notes first second
}

for accel in $(accelerators); do
    test_guest_holds "$accel"
    test_host_holds "$accel"
    test_ends "$accel"
    test_closed "$accel"
    test_two_guests "$accel"
done
finish
