#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs tests, as many at a time as there are CPUs, and counts.
#
#   ci/check.sh FOLDER    the tests, one a line on stdin: NAME COMMAND...; what they print goes to FOLDER/NAME.log
#
# A test is one command. Its status says how it went: 0 passed, 77 skipped (its last line is the reason), else failed.
# It may count itself what it did: by the totals of a Check suite, or by lines "ok NAME", "not ok NAME" and
# "skipped: NAME: REASON".
set -eu

# "PASSED FAILED SKIPPED" from a log and an exit status.
count() {
    awk -v status="$2" '
        /^[0-9]+%: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+$/ {
            gsub(/,/, "")
            failed += $5 + $7; passed += $3 - $5 - $7; counted = 1
        }
        /^ok / { passed++; counted = 1 }
        /^(not ok|FAIL) / { failed++; counted = 1 }
        /^skipped: / { skipped++; counted = 1 }
        END {
            if (status == 77) skipped += !skipped
            else if (status != 0) failed += !failed
            else if (!counted) passed = 1
            print passed + 0, failed + 0, skipped + 0
        }' "$1"
}

run_one() {
    folder=$1 name=${2%% *} command=${2#* }
    log=$folder/$name.log
    mkdir -p "$(dirname "$log")"
    status=0
    timeout --foreground -k 10 900 sh -c "$command" >"$log" 2>&1 </dev/null || status=$?
    [ $status != 124 ] || echo "this test was ended after 900 seconds" >>"$log"
    counts=$(count "$log" $status)
    echo "$counts" >>"$folder/counts"
    read -r passed failed skipped <<COUNTS
$counts
COUNTS
    # One write, so that tests that end at the same time don't mix their lines.
    report=$(
        if [ "$failed" != 0 ]; then
            echo "FAILED   $name: $passed passed, $failed failed (status $status); the end of $log:"
            tail -n 40 "$log" | sed 's/^/    /'
        else
            [ "$passed" = 0 ] || echo "ok       $name ($passed)"
        fi
        if [ $status = 77 ] && ! grep -q '^skipped: ' "$log"; then
            echo "skipped: $name: $(tail -n 1 "$log")"
        else
            sed -n '/^skipped: /p' "$log"
        fi
    )
    printf '%s\n' "$report"
}

if [ "$1" = --one ]; then
    run_one "$2" "$3"
    exit 0
fi

folder=$1
rm -rf "$folder"
mkdir -p "$folder"
: >"$folder/counts"
tr '\n' '\0' | xargs -0 -r -n 1 -P "$(nproc)" "$0" --one "$folder"
awk '{ p += $1; f += $2; s += $3 }
    END { printf "%d passed, %d failed%s\n", p, f, s ? ", " s " skipped" : ""; exit f > 0 || p == 0 }' "$folder/counts"
