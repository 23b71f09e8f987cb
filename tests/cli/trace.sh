#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lvmm run --trace, --trace-raw, --trace-file and --stats: which calls there are lines of, where they go, on every way out, and
# what becomes of those that nobody reads. What they say of a whole program is for tests/cli/strace.sh, and in all places for
# tests/places/basic.sh.
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
refuses 125 '--trace-raw=x: this option takes no value' --trace-raw=x
for option in --trace --trace=read --trace-raw --stats '--trace-file t'; do
    # shellcheck disable=SC2086 # an option and its value
    refuses 125 "^lvmm: ${option%%[ =]*}: --kernel $gkernel is not lvmm's own guest kernel, and no other tells" $option --kernel "$gkernel"
done

while IFS='|' read -r calls why; do
    refuses 125 "^lvmm: --trace=$calls: $why\$" "--trace=$calls" --disk hello.img
done <<'X'
opnat|there is no system call opnat; openat[?]
read,wirte|there is no system call wirte; write[?]
nothing_like_it|there is no system call nothing_like_it; man syscalls has them all
%files|there is no class %files; there are %clock, .*%file, .*
!|a name is missing; .*
read,|a name is missing; .*
/~x_|no system call's name is matched by ~x_
X

for accel in $(accelerators); do
    # ---- which calls ----
    while read -r calls names; do
        run 0 "$lvmm" run --accel "$accel" --trace="$calls" --trace-file file --disk tests.img -- /tests/traced </dev/null
        check "$accel: --trace=$calls" [ "$(sed -n 's/^2     \([a-z_0-9]*\)(.*/\1/p' file | sort -u | tr '\n' ' ')" = "${names:+$names }" ]
    done <<'X'
write write
write,openat openat write
openat,exit_group exit_group openat
all arch_prctl exit_group openat set_tid_address write
none
!%process,arch_prctl openat set_tid_address write
%file openat
%desc openat write
%process exit_group
%network
?nothing_like_it,/^set_ set_tid_address
!all
!none arch_prctl exit_group openat set_tid_address write
X

    # ---- where lines go ----
    "$lvmm" run --accel "$accel" --trace-raw --disk tests.img -- /tests/traced >out 2>err
    check "$accel: a call's line stands before what it writes" [ "$(grep -n '(0x2, .*, 0xa, ' err | cut -d : -f 1)" -lt "$(grep -n '^to stderr$' err | cut -d : -f 1)" ]
    [ "$accel" = tcg ] || check "$accel: its result behind it" [ "$(grep -A 1 '^to stderr$' err | sed -n 's/.* -> //p')" = '0xa (10)' ]
    calls=$(grep -c 'args=' err || :)
    check "$accel: each call has its result, but the last" [ "$(grep -c -- ' -> ' err)" = $((calls - 1)) ]

    echo 'what was there' >file
    run 0 "$lvmm" run --accel "$accel" --trace-raw --trace-file file --disk tests.img -- /tests/traced
    check "$accel: --trace-file: the program runs as without" [ "$(cat out err)" = "$(printf 'traced\nto stderr')" ]
    check "$accel: --trace-file: all lines are in it" [ "$(grep -c '^\[TRACE\] pid=2 .*args=' file)" = "$calls" ]
    check "$accel: --trace-file: and nothing else" [ "$(grep -vc '^\[TRACE\] ' file)" = 0 ]

    run 0 "$lvmm" run --accel "$accel" --append 'gate=on lvmm.trace' --disk tests.img -- /tests/traced
    check "$accel: --append lvmm.trace" [ "$(grep -c -e '^[a-z_]*(.*) *= ' -e '^)  *= ' err)" = "$calls" ]

    # ---- what they say ----
    run 0 "$lvmm" run --accel "$accel" --trace-file file --disk tests.img -- /tests/decoded
    check "$accel: --trace: the program runs as without" [ "$(cat out err)" = done ]
    while read -r text; do
        check "$accel: --trace: $text" grep -qx -e "[0-9]*  *$text" file
    done <<'X'
openat(AT_FDCWD, "/tmp/no/such", O_WRONLY|O_CREAT|O_CLOEXEC, 0640) = -1 ENOENT (No such file or directory)
openat(-7, "/edge"..., O_RDONLY)  = -1 EFAULT (Bad address)
openat(-7, "/edge", O_RDONLY)     = -1 ENOENT (No such file or directory)
openat(5, 0x10, O_RDONLY)         = -1 EFAULT (Bad address)
pipe2(\[[0-9]*, [0-9]*\], O_NONBLOCK)         = 0
write([0-9]*, "a \\"word\\"\\n\\0012\\177 and more than the t"..., 54) = 54
write([0-9]*, "ge\\0", 3)               = 3
write([0-9]*, NULL, 0) *= -1 EBADF (Bad file descriptor)
read([0-9]*, "a \\"word\\"\\n\\0012\\177 and more than the t"..., 40) = 40
read([0-9]*, 0x[0-9a-f]*, 40)    *= -1 EAGAIN (Resource temporarily unavailable)
readv([0-9]*, \[{iov_base="o th", iov_len=4}, {iov_base="at are shoge\\0", iov_len=40}\], 2) = 17
lseek([0-9]*, -1, SEEK_END) *= -1 ESPIPE (Illegal seek)
clock_nanosleep(CLOCK_MONOTONIC, 0, {tv_sec=0, tv_nsec=1000}, NULL) = 0
rt_sigaction(SIGUSR1, {sa_handler=SIG_IGN, sa_mask=\[\], sa_flags=SA_RESTORER|SA_RESTART, sa_restorer=0x[0-9a-f]*}, NULL, 8) = 0
rt_sigprocmask(SIG_BLOCK, \[INT CHLD\], NULL, 8) = 0
tgkill(2, 2, SIGUSR1)             = 0
--- SIGUSR1 {si_signo=SIGUSR1, si_code=SI_TKILL, si_pid=2, si_uid=0} ---
ppoll(\[{fd=-1}\], 1, {tv_sec=0, tv_nsec=1000}, NULL, 8) = 0 (Timeout)
prlimit64(0, RLIMIT_CORE, NULL, {rlim_cur=0, rlim_max=RLIM64_INFINITY}) = 0
mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x[0-9a-f]*
madvise(NULL, 0, MADV_DONTNEED)   = 0
execve("/no/program", \["/tests/decoded", "the", "end"\], 0x[0-9a-f]* /\* 1 var \*/\() = -1 ENOENT (No such file or directory)\| <unfinished ...>\)
+++ exited with 3 +++
\(wait4(3, NULL, __WALL, NULL\|<... wait4 resumed>\)) *= 3
exit_group(0)                     = ?
+++ exited with 0 +++
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
        check "$accel: --stats after SIGTERM: $what" [ "$?/$(grep -c ' 1           write$' err)" = 143/1 ]
        check "$accel: --stats after SIGTERM: $what: all of it is told" [ "$(grep -c '^lvmm: --stats' err)" = 0 ]
        [ $what != wait ] || check "$accel: --stats: a call that waits counts" grep -q ' 1           nanosleep$' err
    done
    check "$accel: --stats: a flood is counted" [ "$(awk '$NF == "getppid" { print $4 }' err)" -gt 100 ]
    run 124 "$lvmm" run --accel "$accel" --stats --timeout 4 --disk tests.img -- /tests/traced wait
    check "$accel: --stats after --timeout" grep -q ' 1           nanosleep$' err
    run 3 "$lvmm" run --accel "$accel" --trace-raw --stats --disk tests.img -- /tests/traced missing
    check "$accel: --trace-raw and --stats: each call counts once" grep -q ' 3         3 syscall_999$' err
    check "$accel: --trace-raw and --stats: as many lines" [ "$(awk '$NF == "total" { print $4 }' err)" = "$(grep -c 'args=' err)" ]
    check "$accel: --stats: what is missing" [ "$(sed -n '/^unknown/,$p' err)" = "$(printf 'unknown: 6 calls\n        3 bpf (321)\n        3 syscall_999 (999)')" ]
    run 127 "$lvmm" run --accel "$accel" --stats --disk tests.img -- /no/such
    check "$accel: --stats of no program" grep -q ' 0           total$' err

    # ---- the signal ----
    rm -f out err
    "$lvmm" run --accel "$accel" --timeout 100 --disk tests.img -- /tests/traced flood >out 2>err </dev/null &
    pid=$!
    appears out ready
    kill -USR2 $pid
    check "$accel: SIGUSR2 turns the trace on" appears err '^getppid()  *= [01]$'
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
    check "$accel: whole lines" [ "$(grep -vc -e '^getppid()  *= [01]$' -e '^getppid( <unfinished ...>$' -e '^<... [a-z]* resumed>.*$' -e '^write(.*$' err)" = 0 ]

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
