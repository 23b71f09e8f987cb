#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lvmm run --trace, --trace-file and --stats: where the lines go, on every way out, and what becomes of those that nobody
# reads. What the lines say is for tests/places/basic.sh, which runs in all places.
. "$(dirname "$0")/lib.sh"

# appears FILE PATTERN: within 30 seconds.
appears() {
    tries=0
    until grep -q -e "$2" "$1" 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -lt 300 ] || return 1
        sleep 0.1
    done
}

# ---- mistakes ----

refuses 125 '--trace-file no/such/folder: can.t be written: No such file' --trace-file no/such/folder --disk hello.img
mkdir folder
refuses 125 '--trace-file folder: .*directory' --trace-file folder --disk hello.img
refuses 125 '--trace-file.*empty' --trace-file '' --disk hello.img
refuses 125 '--trace-file.*needs a value' --trace-file
refuses 125 '--trace=x: this option takes no value' --trace=x
for option in --trace --trace-decoded --stats '--trace-file t'; do
    # shellcheck disable=SC2086 # an option and its value
    refuses 125 "^lvmm: ${option% t}: --kernel $gkernel is not lvmm's own guest kernel, and no other tells" $option --kernel "$gkernel"
done

for accel in $(accelerators); do
    # ---- where lines go ----
    "$lvmm" run --accel "$accel" --trace --disk tests.img -- /tests/traced >out 2>err
    check "$accel: a call's line stands before what it writes" [ "$(grep -n '(0x2, .*, 0xa, ' err | cut -d : -f 1)" -lt "$(grep -n '^to stderr$' err | cut -d : -f 1)" ]
    [ "$accel" = tcg ] || check "$accel: its result behind it" [ "$(grep -A 1 '^to stderr$' err | sed -n 's/.* -> //p')" = '0xa (10)' ]
    calls=$(grep -c 'args=' err || :)
    check "$accel: each call has its result, but the last" [ "$(grep -c -- ' -> ' err)" = $((calls - 1)) ]

    echo 'what was there' >file
    run 0 "$lvmm" run --accel "$accel" --trace-file file --disk tests.img -- /tests/traced
    check "$accel: --trace-file: the program runs as without" [ "$(cat out err)" = "$(printf 'traced\nto stderr')" ]
    check "$accel: --trace-file: all lines are in it" [ "$(grep -c '^\[TRACE\] pid=2 .*args=' file)" = "$calls" ]
    check "$accel: --trace-file: and nothing else" [ "$(grep -vc '^\[TRACE\] ' file)" = 0 ]

    run 0 "$lvmm" run --accel "$accel" --append 'gate=on lvmm.trace' --disk tests.img -- /tests/traced
    check "$accel: --append lvmm.trace" [ "$(grep -c '^\[TRACE\] .*args=' err)" = "$calls" ]

    # ---- decoded ----
    run 0 "$lvmm" run --accel "$accel" --trace-decoded --trace-file file --disk tests.img -- /tests/decoded
    check "$accel: --trace-decoded: the program runs as without" [ "$(cat out err)" = done ]
    number='([0-9]*)'
    while read -r name text; do
        check "$accel: --trace-decoded: $name$text" grep -qx -e "\[TRACE\] pid=[0-9]* $name$number $text" file
    done <<'X'
openat args=(AT_FDCWD, "/tmp/no/such", O_WRONLY|O_CREAT|O_CLOEXEC, 0640)
openat args=(-7, "/edge"..., O_RDONLY, 000)
openat args=(-7, "/edge", O_RDONLY, 000)
openat args=(5, 0x10, O_RDONLY, 000)
pipe2 args=(0x[0-9a-f]*, O_RDONLY|O_NONBLOCK)
pipe2 -> 0x0 (0) arg0=\[[0-9]*, [0-9]*\]
write args=([0-9]*, "a \\"word\\"\\n\\0012\\177 and more than the t"..., 54)
write args=([0-9]*, "ge\\0", 3)
write args=([0-9]*, NULL, 0)
write -> -9 (EBADF)
read args=([0-9]*, 0x[0-9a-f]*, 40)
read -> 0x28 (40) arg1="a \\"word\\"\\n\\0012\\177 and more than the t"...
read -> -11 (EAGAIN)
readv -> 0x11 (17) arg1=\[{iov_base="o th", iov_len=4}, {iov_base="at are shoge\\0", iov_len=40}\]
lseek args=([0-9]*, -1, SEEK_END)
clock_nanosleep args=(CLOCK_MONOTONIC, 0, {tv_sec=0, tv_nsec=1000}, NULL)
rt_sigaction args=(SIGUSR1, {sa_handler=SIG_IGN, sa_mask=\[\], sa_flags=[SA_RESTORER|]*SA_RESTART}, NULL, 8)
rt_sigprocmask args=(SIG_BLOCK, \[INT CHLD\], NULL, 8)
tgkill args=(2, 2, SIGUSR1)
ppoll args=(\[{fd=-1, events=POLLIN|POLLHUP}\], 1, {tv_sec=0, tv_nsec=1000}, NULL, 8)
ppoll -> 0x0 (0) arg0=\[{fd=-1, events=POLLIN|POLLHUP}\] arg2={tv_sec=0, tv_nsec=0}
prlimit64 -> 0x0 (0) arg3={rlim_cur=0, rlim_max=RLIM_INFINITY}
mmap args=(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)
madvise args=(NULL, 0, MADV_DONTNEED)
execve args=("/no/program", \["/tests/decoded", "the", "end"\], \["A=b"\])
execve -> -2 (ENOENT)
wait4 args=(3, NULL, __WALL, NULL)
exit_group args=(0)
X

    # ---- a place that takes nothing ----
    run 0 "$lvmm" run --accel "$accel" --trace-file /dev/full --disk tests.img -- /tests/traced
    check "$accel: a full disk: the program runs to its end" [ "$(cat out)" = traced ]
    check "$accel: a full disk: is said once" [ "$(grep -c '^lvmm: --trace-file /dev/full: can.t be written: No space left on device' err)" = 1 ]
    "$lvmm" run --accel "$accel" --trace-file /dev/fd/5 --disk tests.img -- /tests/traced 5>&1 >out 2>err | true
    check "$accel: a reader that is gone" [ "$(cat out)" = traced ]
    "$lvmm" run --accel "$accel" --trace --disk tests.img -- /tests/traced >out 2>/dev/full
    check "$accel: a stderr that is full" [ "$?/$(cat out)" = 0/traced ]
    "$lvmm" run --accel "$accel" --trace --disk tests.img -- /tests/traced >out 2>&-
    check "$accel: a stderr that is closed" [ "$?/$(cat out)" = 0/traced ]

    # ---- other ways out ----
    for what in wait compute flood; do
        rm -f out err # or the last run's would count
        "$lvmm" run --accel "$accel" --stats --timeout 100 --disk tests.img -- /tests/traced $what >out 2>err </dev/null &
        pid=$!
        appears out ready
        sleep 1 # into what it does then
        kill -TERM $pid
        wait $pid
        check "$accel: --stats after SIGTERM: $what" [ "$?/$(grep -c '^        1           write$' err)" = 143/1 ]
        check "$accel: --stats after SIGTERM: $what: all of it is told" [ "$(grep -c '^lvmm: --stats' err)" = 0 ]
        [ $what != wait ] || check "$accel: --stats: a call that waits counts" grep -q '^        1           nanosleep$' err
    done
    check "$accel: --stats: a flood is counted" [ "$(sed -n 's/^ *\([0-9]*\) *getppid$/\1/p' err)" -gt 100 ]
    run 124 "$lvmm" run --accel "$accel" --stats --timeout 4 --disk tests.img -- /tests/traced wait
    check "$accel: --stats after --timeout" grep -q '^        1           nanosleep$' err
    run 3 "$lvmm" run --accel "$accel" --trace --stats --disk tests.img -- /tests/traced missing
    check "$accel: --trace and --stats: each call counts once" grep -q '^        3         3 syscall_999$' err
    check "$accel: --trace and --stats: as many lines" [ "$(sed -n 's/^ *\([0-9]*\) .* total$/\1/p' err)" = "$(grep -c 'args=' err)" ]
    run 127 "$lvmm" run --accel "$accel" --stats --disk tests.img -- /no/such
    check "$accel: --stats of no program" grep -q '^        0           total$' err

    # ---- the signal ----
    rm -f out err
    "$lvmm" run --accel "$accel" --timeout 100 --disk tests.img -- /tests/traced flood >out 2>err </dev/null &
    pid=$!
    appears out ready
    kill -USR2 $pid
    check "$accel: SIGUSR2 turns the trace on" appears err TRACE
    kill -USR2 $pid
    same=0 tries=0
    while [ $same -lt 5 ] && [ $tries -lt 100 ]; do
        before=$(wc -c <err)
        sleep 0.2
        if [ "$before" = "$(wc -c <err)" ]; then same=$((same + 1)); else same=0; fi
        tries=$((tries + 1))
    done
    check "$accel: SIGUSR2 turns it off again" [ $same = 5 ]
    kill -USR2 $pid
    tries=0
    while [ "$before" = "$(wc -c <err)" ] && [ $tries -lt 300 ]; do sleep 0.1; tries=$((tries + 1)); done
    check "$accel: SIGUSR2 turns it on once more" [ $tries -lt 300 ]
    kill -TERM $pid
    wait $pid
    check "$accel: SIGTERM ends it" [ $? = 143 ]
    check "$accel: whole lines" [ "$(grep -vc '^\[TRACE\] pid=2 [a-z]*([0-9]*) \(args=(.*)\|-> 0x[016] ([016])\)$' err)" = 0 ]

    # ---- nobody reads ----
    mkfifo silence
    sleep 600 <silence >/dev/null 2>&1 &
    sleeper=$!
    for ending in '--timeout 1' '--timeout 1 --stats'; do
        # shellcheck disable=SC2086
        timeout -k 1 20 "$lvmm" run --accel "$accel" $ending --trace --disk tests.img -- /tests/traced flood >out 2>silence
        check "$accel: nobody reads stderr, $ending" [ $? = 124 ]
        # shellcheck disable=SC2086
        timeout -k 1 20 "$lvmm" run --accel "$accel" $ending --trace-file silence --disk tests.img -- /tests/traced flood >out 2>err
        check "$accel: nobody reads the file, $ending" [ $? = 124 ]
        check "$accel: nobody reads the file, $ending: it could clean up" [ "$(grep -c 'takes too long' err)" = 0 ]
    done
    kill $sleeper
    wait $sleeper 2>/dev/null
    rm silence
done

finish
