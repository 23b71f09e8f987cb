#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The last part of each check of the sources: prints what was found, but for what ci/exceptions.txt has for now, and fails.
#
#   ... | ci/judge.sh CHECK    stdin: a line "KEY<tab>FILE:LINE: REASON" for each finding, and "#N", the number of files looked at
#
# An exception is a line "CHECK KEY REASON". One that is no longer needed fails too, so that the list can only shrink. From the
# tree in the current folder. JUDGE_ISAS in the environment: the ISAs that were looked at, as a pattern; exceptions in folders of
# others don't count.
set -eu

check=$1
exceptions=${EXCEPTIONS-ci/exceptions.txt}
[ -e "$exceptions" ] || exceptions=/dev/null
awk -F'\t' -v check="$check" -v from="$exceptions" -v isas="${JUDGE_ISAS-}" '
    BEGIN {
        while ((getline line <from) > 0) {
            if (split(line, word, " ") < 3 || word[1] != check) continue
            if (isas && word[2] ~ /^guest-kernel\/arch\// && word[2] !~ ("^guest-kernel/arch/(" isas ")/")) continue
            excepted[word[2]] = 1
        }
    }
    /^#[0-9]+$/ { looked_at += substr($0, 2); next }
    {
        if ($1 in excepted) { used[$1] = 1; next }
        print $2
        bad = 1
    }
    END {
        if (looked_at) for (key in excepted) {
            if (key in used) { held++; continue }
            print from ": no longer needed, take it out: " check " " key
            bad = 1
        }
        if (!looked_at) { print check ": there were no files to look at"; bad = 1 }
        if (!bad) print "ok " check ": " looked_at " files" (held ? ", " held " exceptions" : "")
        exit bad
    }'
