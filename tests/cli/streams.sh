#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lvmm behaves like the program that it runs: its streams byte for byte, its exit status, from any folder.
. "$(dirname "$0")/lib.sh"

host=$build/x86_64/tests/guest # the same programs, on the host's Linux
head -c 300000 /dev/urandom >random

test_streams() {
    accel=$1
    hello() {
        "$lvmm" run --accel "$accel" --disk hello.img "$@"
    }
    guest() {
        "$lvmm" run --accel "$accel" --disk tests.img "$@"
    }

    printf 'Hello, UserApp!\n\n' >greeting
    hello >out 2>err </dev/null
    check "$accel: hello: status 0" [ $? = 0 ]
    check "$accel: hello: stdout is the program's alone" cmp out greeting
    check "$accel: hello: stderr is empty" [ ! -s err ]
    hello --verbose >out 2>err </dev/null
    check "$accel: --verbose: stdout is the program's alone" cmp out greeting
    check "$accel: --verbose: stderr says more" grep -q '^lvmm: ' err

    hello -- /sbin/args one 'two words' "it's \"quoted\"" '' "$(printf 'new\nline')" --verbose >out 2>err
    check "$accel: the program's status 42" [ $? = 42 ]
    printf 'argv[%s] %s\n' 0 /sbin/args 1 one 2 'two words' 3 "it's \"quoted\"" 4 '' 5 "$(printf 'new\nline')" \
        6 --verbose >args
    sed -n '/^argv\[0\]/,/^argv\[argc\]/p' out | sed '$d' >got
    check "$accel: arguments arrive as they are" cmp got args
    printf '%s\n' "$(seq 1 2000)" >big
    hello -- /sbin/args "$(cat big)" >out 2>err
    check "$accel: a long argument" [ $? = 42 ]

    for size in 0 1 4096 65537 300000; do
        head -c $size random >in
        "$host/echo" <in >expected
        guest -- /tests/echo <in >out 2>err
        check "$accel: $size bytes of stdin from a file" cmp out expected
    done
    "$host/echo" <random >expected
    # shellcheck disable=SC2002
    cat random | guest -- /tests/echo 2>err | cat >out
    check "$accel: stdin and stdout are pipes" cmp out expected
    { sleep 0.3; echo late; sleep 0.3; echo later; } | guest -- /tests/echo >out 2>err
    printf 'late\nlater\n' | "$host/echo" >expected
    check "$accel: stdin that comes late" cmp out expected
    : >out
    { for _ in $(seq 600); do grep -q EINTR out && break || sleep 0.05; done; printf late; } |
        guest -- /tests/lateinput late >out 2>err
    printf 'read: EINTR\nFIONREAD: 4\nread: 4\nlate\n' >expected
    check "$accel: stdin that comes after a read that a signal ended" cmp out expected
    guest -- /tests/echo <&- >out 2>err
    "$host/echo" </dev/null >expected
    check "$accel: stdin is closed" cmp out expected

    # What the program doesn't read is for who reads next, of whatever kind it is and however it was asked about.
    head -c 100000 /dev/zero | tr '\0' z >zeros
    { "$host/readten" && wc -c; } <zeros >expected
    { guest -- /tests/readten && wc -c; } <zeros >out 2>err
    check "$accel: what isn't read stays in a file" cmp out expected
    # shellcheck disable=SC2002
    cat zeros | { guest -- /tests/readten && wc -c; } >out 2>err
    check "$accel: what isn't read stays in a pipe" cmp out expected
    check "$accel: a loop around it has its turns" \
        [ "$(printf 'a\nb\nc\n' | while read -r line; do hello >"hello.$line" 2>&1; echo "$line"; done | wc -l)" = 3 ]
    : | "$host/readten" >expected
    { sleep 0.5; } | guest -- /tests/readten >out 2>err
    check "$accel: an end that comes late" cmp out expected

    # Several processes at one stream.
    feed() { for n in 1 2 3; do sleep 0.5 && echo "line $n"; done && cat zeros; }
    feed | "$host/readers" >expected
    feed | guest -- /tests/readers >out 2>err
    check "$accel: processes that read at once" cmp out expected
    "$host/writers" at-once | sort >expected
    guest -- /tests/writers at-once 2>err | sort >out
    check "$accel: processes that write at once" cmp out expected
    { "$host/writers" until-nobody-reads 2>expected; } | head -c 10 >out
    { guest -- /tests/writers until-nobody-reads 2>err; } | head -c 10 >out
    check "$accel: SIGPIPE is for who writes" cmp err expected

    # The error of the host's write is the program's; on TCG it comes with a later one.
    "$host/filling" >/dev/full 2>expected
    guest -- /tests/filling >/dev/full 2>err
    check "$accel: a full device: status $?" grep -qFx "$(cat expected)" err

    "$host/output" >expected
    guest -- /tests/output >out 2>err
    check "$accel: much output, all byte values" cmp out expected
    guest -- /tests/output 2>err | { sleep 1; cat; } >out
    check "$accel: a slow reader" cmp out expected
    "$host/stormy" 1000000 >expected
    guest -- /tests/stormy 1000000 2>err |
        perl -e 'while (sysread(STDIN, $_, 4096)) { print; select(undef, undef, undef, 0.002); }' >out
    check "$accel: a slow reader, and signals that cut writes short" cmp out expected
    timeout 20 sh -c '"$@"; echo $? >status' sh "$lvmm" run --accel "$accel" --disk tests.img -- /tests/output 2>err |
        head -c 10 >out
    check "$accel: a reader that leaves: the program ends ($(cat status))" [ "$(cat status)" != 124 ]
    (cd / && exec "$lvmm" run --accel "$accel" --disk "$scratch/hello.img") >out 2>err
    check "$accel: from another folder, with the bundled kernel" cmp out greeting

    guest -- /tests/crash >out 2>err
    check "$accel: dies of signal 11: 139" [ $? = 139 ]
    guest -- /tests/killed >out 2>err
    check "$accel: dies of signal 15: 143" [ $? = 143 ]
    guest -- /tests/exitcode >out 2>err
    check "$accel: the low eight bits of the status" [ $? = 7 ]
    guest -- /tests/streams /room >out 2>err
    check "$accel: stderr is a stream of its own" grep -qx 'this is for stderr' err
}

for accel in $(accelerators); do
    test_streams "$accel"
done

# Files that the guest writes are on the disk when lvmm has ended.
"$lvmm" run --disk hello.img -- /sbin/hello >out && fsck.fat -n hello.img >fsck.log 2>&1
check 'the disk is a sound file system afterwards' [ $? = 0 ]

finish
