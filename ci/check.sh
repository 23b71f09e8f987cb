#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs tests, some more at a time than there are CPUs, those first that took longest the last time, and counts.
#
#   ci/check.sh FOLDER    the tests, one a line on stdin: NAME COMMAND...; what they print goes to FOLDER/NAME.log
#
# A test says what it did: by the totals of a Check suite, or by lines "ok NAME", "not ok NAME", "skipped: NAME: REASON" and
# "missing: NAME: REASON". One that says nothing has failed, whatever its status, as it has tested nothing. Its status:
#   0    passed, if it said so
#   77   skipped: this host doesn't offer it (no /dev/kvm, no network); its last line is the reason
#   78   the same, but only since a program isn't installed
#   else failed
# In the environment:
#   CI=true        what is missing, but could be installed, is a failure
#   CHECK_TIMEOUT  the seconds that a test has, default: 900
#   CHECK_JOBS     how many run at a time, default: three for two CPUs, as a quarter of their time tests wait
#   CHECK_AGAIN    up to so many that failed are run once more, by themselves, default: 3
#
# What failed is told at once in a line, and with what it printed at the end, where it is read even of a log cut in its middle.
# The line before the last one names the ten tests that took longest, with their seconds by the clock; the one before that has
# the sum of those of all tests, and of their CPU time. FOLDER/times has both of each test.
# The last line is the sum: "N passed, N failed" and, if there are any, ", N skipped".
set -eu

limit=${CHECK_TIMEOUT:-900}
# Check gives a test 4 seconds, which is no measure on a busy machine.
export CK_TIMEOUT_MULTIPLIER="${CK_TIMEOUT_MULTIPLIER:-15}"

# Who starts a job in the background, or by nohup, has it ignore signals, which a shell in it can't take back. (make has its
# children ignore the two that glibc keeps for itself, 32 and 33, so that env can't set them either: rt_sigaction is 13.)
none_ignored='use POSIX; if ((POSIX::uname())[4] eq "x86_64") { my $default = "\0" x 32; syscall(13, $_, $default, 0, 8) for 32, 33; } exec @ARGV'

# "PASSED FAILED SKIPPED" from a log and an exit status.
count() {
    awk -v status="$2" -v strict="${CI-}" '
        /^[0-9]+%: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+$/ {
            gsub(/,/, "")
            failed += $5 + $7; passed += $3 - $5 - $7
            if ($3 == 0) failed++
        }
        /^ok / { passed++ }
        /^(not ok|FAIL) / { failed++ }
        /^skipped: / { skipped++ }
        /^missing: / { if (strict == "true") failed++; else skipped++ }
        END {
            if (status == 77) skipped += !skipped
            else if (status == 78 && strict == "true") failed += !failed
            else if (status == 78) skipped += !skipped
            else if (status != 0) failed += !failed
            else if (!passed && !failed && !skipped) failed = 1
            print passed + 0, failed + 0, skipped + 0
        }' "$1"
}

# why STATUS LOG: the status in words
why() {
    case $1 in
    0) grep -qE '^(ok|not ok|FAIL|skipped:|missing:) |^[0-9]+%: Checks: [1-9]' "$2" || echo ', and it tested nothing' ;;
    77 | 78) grep -E '^missing: ' "$2" | head -n 1 | sed 's/^/, /' ;;
    124) echo ", it was ended after $limit seconds" ;;
    137) echo ', it was killed, as after the time-out' ;;
    139) echo ', it crashed: SIGSEGV' ;;
    134) echo ', it crashed: SIGABRT' ;;
    esac
}

# lines_to_read LOG: of the log of a test that failed, the checks that did, with what was printed around them, or else its end.
lines_to_read() {
    if grep -qE '^(not ok|FAIL) ' "$1"; then
        grep -E -B 25 -A 12 '^(not ok|FAIL) ' "$1" | head -n "${CHECK_LINES:-100}"
    else
        tail -n "${CHECK_LINES:-40}" "$1"
    fi
}

# cpu_seconds FILE: what `times` says there of the children of a shell: user and system time, rounded.
cpu_seconds() {
    awk 'NR == 2 { for (i = 1; i <= 2; i++) { split($i, part, "[ms]"); sum += part[1] * 60 + part[2] } printf "%.0f", sum }' "$1"
}

run_one() {
    folder=$1 name=${2%% *} command=${2#* }
    log=$folder/$name.log
    mkdir -p "$(dirname "$log")"
    status=0
    started=$(date +%s)
    timeout --foreground -k 10 "$limit" env --default-signal perl -e "$none_ignored" sh -c "$command" >"$log" 2>&1 </dev/null || status=$?
    times >"$log.cpu" # by the shell itself, as a child of it has none that ended
    echo "$name $(($(date +%s) - started)) $(cpu_seconds "$log.cpu")" >>"$folder/times"
    rm "$log.cpu"
    counts=$(count "$log" $status)
    echo "$name $counts" >>"$folder/counts"
    read -r passed failed skipped <<COUNTS
$counts
COUNTS
    # One write, so that tests that end at the same time don't mix their lines.
    report=$(
        if [ "$failed" != 0 ]; then
            echo "FAILED   $name: $passed passed, $failed failed (status $status$(why $status "$log"))"
            {
                echo "FAILED   $name, of $log:"
                lines_to_read "$log" | sed 's/^/    /'
            } >"$log.failed"
            printf '%s %s\n' "$name" "$command" >>"$folder/failed"
        else
            [ "$passed" = 0 ] || echo "ok       $name ($passed)"
        fi
        if { [ $status = 77 ] || [ $status = 78 ]; } && ! grep -qE '^(skipped|missing): ' "$log"; then
            echo "skipped: $name: $(tail -n 1 "$log")"
        else
            grep -E '^(skipped|missing): ' "$log" || :
        fi
    )
    [ $status != 77 ] && [ $status != 78 ] || echo "$name ($(grep -vE '^(ok|not ok) ' "$log" | tail -n 1))" >>"$folder/not-run"
    printf '%s\n' "$report"
}

# The tests of stdin, those first that took longest the last time ($1: where that was noted); the order of the rest stays,
# before the ones that are known to be short.
longest_first() {
    [ -e "$1" ] || { cat && return; }
    awk 'NR == FNR { time[$1] = $2; next } { print ($1 in time ? time[$1] : 30), $0 }' "$1" - | sort -s -k1,1nr | cut -d' ' -f2-
}

# The places of tests/places that were expected and didn't run, in one line before the sum.
places_not_run() {
    [ ! -s "$1" ] || sed -n 's/^\(basic\|guest\|busybox\)\///p' "$1" | sort -u |
        awk '{ line = line (line ? ", " : "") $0 } END { if (line) print "places not run: " line }'
}

# longest FILE: the ten tests that took longest and their seconds, in one line; FILE has a test a line, one that ran twice in two.
longest() {
    [ ! -s "$1" ] || sort -k2,2nr -k1,1 "$1" | awk '!seen[$1]++ && n < 10 { line = line (n++ ? ", " : "") $1 " " $2 } END { print "longest: " line }'
}

# all_together FILE: how long all took by the clock, and how much of a CPU. Where that is much less, tests wait.
all_together() {
    [ ! -s "$1" ] || awk '{ clock += $2; cpu += $3 } END { print "all together: " clock " s, of which " cpu " s of CPU" }' "$1"
}

# When few tests have failed, each is run once more, by itself: what fails only beside another test is told as that, with its
# lines, and doesn't hide what the rest have shown. More than a few are no chance, and are not tried again.
try_again() {
    [ -s "$1/failed" ] && [ "$(wc -l <"$1/failed")" -le "${CHECK_AGAIN:-3}" ] || return 0
    mv "$1/failed" "$1/again"
    while read -r name command; do
        mv "$1/$name.log" "$1/$name.first.log"
        mv "$1/$name.log.failed" "$1/$name.first"
        echo "again:   $name, by itself"
        "$0" --one "$1" "$name $command" </dev/null
        sed '1s/^FAILED  /FIRST   /' "$1/$name.first"
    done <"$1/again"
}

if [ "$1" = --one ]; then
    run_one "$2" "$3"
    exit 0
fi

folder=$1
# A name that is there twice would share a log.
tests=$(cat)
twice=$(printf '%s\n' "$tests" | cut -d' ' -f1 | sort | uniq -d)
[ -z "$twice" ] || { echo "check: more than one test is called" $twice >&2 && exit 2; }
times=$folder.times
rm -rf "$folder"
mkdir -p "$folder"
: >"$folder/counts"
[ -z "$tests" ] ||
    printf '%s\n' "$tests" | longest_first "$times" | tr '\n' '\0' |
        xargs -0 -n 1 -P "${CHECK_JOBS:-$((($(nproc) * 3 + 1) / 2))}" "$0" --one "$folder"
# What was known of other tests stays known.
[ ! -e "$folder/times" ] || {
    cat "$times" "$folder/times" 2>/dev/null | awk '{ time[$1] = $2 } END { for (name in time) print name, time[name] }' | sort >"$folder/all-times"
    mv "$folder/all-times" "$times"
}
try_again "$folder"
find "$folder" -name '*.log.failed' -exec cat {} +
places_not_run "$folder/not-run"
all_together "$folder/times"
longest "$folder/times"
started=$(printf '%s\n' "$tests" | grep -c .) || :
ended=$(cut -d' ' -f1 "$folder/counts" | sort -u | wc -l)
# Of a test that was run again the second result counts.
awk -v lost=$((started - ended)) '{ passed[$1] = $2; failed[$1] = $3; skipped[$1] = $4 }
    END {
        for (name in passed) { p += passed[name]; f += failed[name]; s += skipped[name] }
        if (lost) print "check: " lost " tests gave no result"
        if (!NR) print "check: there was no test"
        f += lost
        printf "%d passed, %d failed%s\n", p, f, s ? ", " s " skipped" : ""
        exit f > 0 || p == 0
    }' "$folder/counts"
