#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What others change in a shared folder is seen by the next look, however often the guest has looked before: changes of
# the host's and of another VM's, told to the guest by a line on its stdin, which isn't written before they are done.
# shellcheck disable=SC2016 # the guest's shell expands it
. "$(dirname "$0")/lib.sh"

cp --sparse=always "$build/x86_64/busybox.img" busybox.img
files='file in in/deep in/new other'

# What there is to see of those that are there: mode, links, time, and the first line. A shell's function, for both sides.
look='look() {
    (cd $place && $box stat -c "%n %f %h %Y" $files 2>/dev/null)
    for f in $files; do
        if [ -f $place/$f ] && IFS= read -r line <$place/$f; then echo "$f: $line"; fi
    done
    echo .
}'
eval "$look"

# begin NAME MODE ACCEL: a guest with the folder, which runs each line that it gets, and then says how the folder looks.
begin() {
    mkfifo "$1.in" "$1.out"
    "$lvmm" run --accel "$3" --timeout 100 --disk busybox.img,cow -v "folder:/mnt:$2" -- /busybox sh -c \
        "box=/busybox place=/mnt files='$files'; $look; while read -r line; do eval \"\$line\"; look; done" \
        <"$1.in" >"$1.out" 2>"$1.err" &
}

# takes: the view that the guest on stdin tells, into the file seen.
takes() {
    : >seen
    while IFS= read -r line && [ "$line" != . ]; do echo "$line" >>seen; done
    echo . >>seen
}

# same NAME: the guest that has just been told sees what the host sees.
same() {
    box='' place=folder look >wanted
    cmp -s seen wanted || {
        not_ok "$1"
        diff wanted seen | sed 's/^/    /'
    }
}

change() {
    case $1 in
    0) echo one >folder/file ;;
    1) echo two >folder/file ;; # the same size, and maybe the same time
    2) echo new >folder/in/new ;;
    3) mv folder/in/new folder/in/deep ;;
    4) chmod 600 folder/in/deep ;;
    5) ln folder/file folder/other ;;
    6) echo "by another name" >>folder/other ;;
    7) rm folder/other ;;
    8) ln folder/in/deep folder/second && echo "by one that came and went" >folder/second && rm folder/second ;;
    9) mv folder/in folder/away ;;
    10) mkdir folder/in && echo inner >folder/in/deep ;;
    11) rm -r folder/in && mv folder/away folder/in ;;
    12) rm folder/file ;;
    esac
}

test_told() {
    accel=$1 mode=$2
    rm -rf folder one.* two.*
    mkdir -p folder/in
    echo deep >folder/in/deep
    begin one "$mode" "$accel"
    exec 5>one.in 6<one.out
    for step in 0 1 2 3 4 5 6 7 8 9 10 11 12; do
        change $step
        echo : >&5
        takes <&6
        same "$accel, $mode: what step $step changed is seen"
    done
    ok "$accel: $mode follows the host"
    exec 5>&- 6<&-
    wait
}

# Each is told what to do, and the other what was done.
test_two() {
    accel=$1
    rm -rf folder one.* two.*
    mkdir -p folder/in
    begin one rw "$accel"
    exec 5>one.in 6<one.out
    begin two rw "$accel"
    exec 7>two.in 8<two.out
    for line in 'echo $place >$place/file' '$box mkdir $place/in/new' '$box rm $place/file; echo x >$place/other' \
        '$box rmdir $place/in/new; echo y >$place/in/deep' '$box mv $place/in/deep $place/in/new' '$box rm $place/in/new'; do
        echo "$line" >&5
        takes <&6
        same "$accel: a VM sees what it did: $line"
        echo : >&7
        takes <&8
        same "$accel: and so does the other: $line"
    done
    ok "$accel: two VMs follow each other"
    exec 5>&- 6<&- 7>&- 8<&-
    wait
}

# Emulation, which is slow, shows it where there is no KVM, or time (LONG).
for accel in $(accelerators); do
    [ "$accel" = kvm ] || [ -n "${LONG-}" ] || [ -n "$(no_kvm)" ] || continue
    test_told "$accel" rw
    [ "$accel" = kvm ] || [ -n "${LONG-}" ] || continue
    test_told "$accel" cow
    test_two "$accel"
done
finish
