#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# ci/check.sh counts what tests say, and takes silence, crashes and time-outs for failures.
set -u

cd "$(dirname "$0")/../.." || exit 1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
failed=0
unset CI

# gives NAME STATUS LAST-LINE PATTERN: what check.sh makes of the tests on stdin; a line of it fits PATTERN.
gives() {
    status=0
    CHECK_TIMEOUT=2 ci/check.sh "$scratch/log" >"$scratch/out" 2>&1 || status=$?
    if [ $status = "$2" ] && [ "$(tail -n 1 "$scratch/out")" = "$3" ] && grep -Eq -- "$4" "$scratch/out"; then
        echo "ok $1"
    else
        echo "not ok $1: wanted status $2, the last line '$3' and a line that fits '$4'; got status $status and:"
        sed 's/^/    /' "$scratch/out"
        failed=1
    fi
}

line() {
    printf '%s\n' "$@"
}

line 'a/b echo ok one; echo ok two' | gives 'lines are counted' 0 '2 passed, 0 failed' '^ok +a/b \(2\)$'
line 'a echo ok one' 'b echo ok two; echo not ok three' | gives 'one of two fails' 1 '2 passed, 1 failed' '^FAILED +b: 1 passed, 1 failed'
line 'a echo "FAIL x: because"; echo ok y; exit 1' | gives 'a failure is counted once' 1 '1 passed, 1 failed' '^FAILED +a'
line 'a echo ok one; exit 3' | gives 'a status with no failing line' 1 '1 passed, 1 failed' 'status 3'
line 'a true' | gives 'silence is a failure' 1 '0 passed, 1 failed' 'status 0, and it tested nothing'
line 'a echo passed' 'b echo ok b' | gives 'words are no result' 1 '1 passed, 1 failed' '^FAILED +a'
line 'a false' | gives 'a status alone' 1 '0 passed, 1 failed' '^FAILED +a.*status 1'
line 'a no-such-program-at-all' | gives 'a program that is not there' 1 '0 passed, 1 failed' 'status 127'
line 'a echo ok one; kill -SEGV $$' | gives 'a crash' 1 '1 passed, 1 failed' 'it crashed: SIGSEGV'
line 'a echo ok one; kill -ABRT $$' | gives 'an abort' 1 '1 passed, 1 failed' 'it crashed: SIGABRT'
line 'a echo ok one; exec sleep 60' | gives 'a time-out' 1 '1 passed, 1 failed' 'it was ended after 2 seconds'
line 'a trap "" TERM; echo ok; while :; do sleep 1; done' | CHECK_TIMEOUT=1 gives 'one that ignores its end' 1 '0 passed, 1 failed' 'status 137'
line 'a echo no kvm; exit 77' 'b echo ok b' | gives 'skipped' 0 '1 passed, 0 failed, 1 skipped' '^skipped: a: no kvm$'
line 'a echo no kvm; exit 77' | gives 'all skipped is no success' 1 '0 passed, 0 failed, 1 skipped' '^skipped: a: no kvm$'
line 'a echo "skipped: a/x: why"; echo ok y' | gives 'skipped in part' 0 '1 passed, 0 failed, 1 skipped' '^skipped: a/x: why$'
line 'a echo not ok one; echo no kvm; exit 77' | gives 'failed before it was skipped' 1 '0 passed, 1 failed, 1 skipped' '^FAILED +a'
line 'guest/host-kvm echo no kvm; exit 77' 'basic/host-kvm echo no kvm; exit 77' 'basic/tcg-x echo ok' 'basic/tcg-x86 echo ok x' |
    gives 'places are named; ok wants a name' 1 '1 passed, 1 failed, 2 skipped' '^places not run: host-kvm \(no kvm\)$'
line 'a echo qemu is not installed; exit 78' 'b echo ok b' | gives 'not installed' 0 '1 passed, 0 failed, 1 skipped' '^skipped: a: qemu'
line 'a echo "missing: a/x: no qemu"; echo ok y' | gives 'in part not installed' 0 '1 passed, 0 failed, 1 skipped' '^missing: a/x'
export CI=true
line 'a echo qemu is not installed; exit 78' 'b echo ok b' | gives 'CI: not installed' 1 '1 passed, 1 failed' '^FAILED +a'
line 'a echo "missing: a/x: no qemu"; echo ok y' | gives 'CI: in part not installed' 1 '1 passed, 1 failed' '^FAILED +a'
line 'a echo no kvm; exit 77' 'b echo ok b' | gives 'CI: what the host has not' 0 '1 passed, 0 failed, 1 skipped' '^skipped: a: no kvm$'
unset CI
line 'a echo "100%: Checks: 3, Failures: 0, Errors: 0"' | gives 'a Check suite' 0 '3 passed, 0 failed' '^ok +a \(3\)'
line 'a echo "33%: Checks: 3, Failures: 1, Errors: 1"; exit 1' | gives 'a Check suite that fails' 1 '1 passed, 2 failed' '^FAILED +a'
line 'a echo "100%: Checks: 0, Failures: 0, Errors: 0"' | gives 'a Check suite without tests' 1 '0 passed, 1 failed' '^FAILED +a'
line 'a echo ok one' 'a echo ok two' | gives 'two of one name' 2 'check: more than one test is called a' 'more than one'
: | gives 'no test' 1 '0 passed, 0 failed' 'there was no test'
line 'a echo before; echo not ok one; for i in $(seq 60); do echo ok $i; done; exit 1' 'b echo ok b' |
    gives 'what failed can be read at the end, however much passed after it' 1 '61 passed, 1 failed' '^    not ok one$'
line 'a echo words; echo ok one; exit 3' | gives 'and the end of one that says not what failed' 1 '1 passed, 1 failed' '^    words$'
line 'a read -r x; echo "not ok reads: $x"' 'b echo ok b' | gives 'stdin is empty' 1 '1 passed, 1 failed' 'not ok reads: $'

# How long each took is noted, and those that took longest come first the next time. (No clock: it is written here.)
rm -f "$scratch/log.times"
line 'short echo ok s' 'long echo ok l' | CHECK_JOBS=1 ci/check.sh "$scratch/log" >"$scratch/out" 2>&1
grep -cE '^(long|short) [0-9]+$' "$scratch/log.times" | grep -qx 2 || { echo 'not ok the times are noted' && failed=1; }
line 'long 9' 'short 1' >"$scratch/log.times"
line 'short echo ok s' 'long echo ok l' | CHECK_JOBS=1 ci/check.sh "$scratch/log" >"$scratch/out" 2>&1
if [ "$(grep -c ^ok "$scratch/out")" = 2 ] && head -n 1 "$scratch/out" | grep -q long; then
    echo 'ok the longest first'
else
    echo 'not ok the longest first'
    cat "$scratch/out"
    failed=1
fi

# And at the end they are named, ten at most, each once with its seconds.
{
    for i in $(seq 11); do line "short$i echo ok s"; done
    line "long echo long 1000 >>$scratch/log/times; echo ok l"
} | ci/check.sh "$scratch/log" >"$scratch/out" 2>&1
if sed -n 'x;$p' "$scratch/out" | grep -qE '^longest: long 1000(, short[0-9]+ [0-9]+){9}$'; then
    echo 'ok the ten that took longest are named'
else
    echo 'not ok the ten that took longest are named'
    cat "$scratch/out"
    failed=1
fi

# What they took of a CPU is noted as well, and summed up: a loop that runs until it has had 1.6 s of it.
busy='while times >t && ! awk "NR == 1 { split(\$1, p, \"[ms]\"); exit !(p[1] * 60 + p[2] > 1.6) }" t; do i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; done; echo ok busy'
(cd "$scratch" && line "busy $busy" | "$OLDPWD/ci/check.sh" "$scratch/log" >"$scratch/out" 2>&1)
if grep -qE '^busy [0-9]+ [2-9]$' "$scratch/log/times" && grep -qE '^all together: [0-9]+ s, of which [2-9] s of CPU$' "$scratch/out"; then
    echo 'ok the CPU time is noted'
else
    echo 'not ok the CPU time is noted'
    cat "$scratch/out" "$scratch/log/times"
    failed=1
fi

exit $failed
