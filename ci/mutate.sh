#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Puts faults into the sources, one at a time, in a copy of the tree, and tells which test noticed each - or that none did.
#
#   ci/mutate.sh N [SEED [FROM]]    N faults, chosen by SEED (default: 1); `make mutate N=30 SEED=1` does the same
#
# SEED gives all faults an order; FROM is how many of the first to pass over, those that N of an earlier run took and those that it
# replaced: so a run goes on where one ended (FROM=35).
#
# For each fault, one line: "noticed FILE:LINE: OLD -> NEW: TEST: WHAT" or "SURVIVED FILE:LINE: OLD -> NEW"; at the end the sum. A
# fault that doesn't compile, or after which the code of lvmm and of the kernel is the same, is replaced by another.
# The tests are the unit tests and fuzz targets that have the file in them, then the programs in guests and the command line,
# for the host's ISA, with short time-outs. The copy and its build, in build/mutate, are kept for the next time.
# In the environment: MUTATE_FILES, a pattern (grep -E) of the files to choose from; MUTATE_LIST, a file with lines of
# build/mutate/found/faults to take in place of SEED's, such as those that survived once (a line that moved since is looked for);
# MUTATE_TIMEOUT, the seconds that a program in a guest has (default: 20; a test has four times as long): what takes longer counts
# as noticed.
set -eu

cd "$(dirname "$0")/.."
case ${1-} in
'' | *[!0-9]*)
    sed -n 's/^#   \(ci.*\)/usage: \1/p' "$0" >&2
    exit 2
    ;;
esac
wanted=$1 seed=${2:-1} from=${3:-0}
list=${MUTATE_LIST:+$(realpath "$MUTATE_LIST")}
isa=$(uname -m)
root=$PWD
tree=$root/build/mutate/tree
work=$root/build/mutate/found
rm -rf "$work"
mkdir -p "$tree" "$work"
group=

# kill_group: what a test leaves running when it was ended.
kill_group() {
    [ -z "$group" ] || kill -KILL -- "-$group" 2>/dev/null || :
    group=
}
trap 'kill_group' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# ---- the copy ----

# Only what is newer is copied, so that little is built again. A file that is gone goes there too.
copy_tree() {
    git ls-files -co --exclude-standard | while read -r file; do [ ! -e "$file" ] || echo "$file"; done | LC_ALL=C sort >"$work/files"
    (cd "$tree" && find . -path ./build -prune -o -type f -print | sed 's|^\./||' | LC_ALL=C sort) >"$work/old"
    LC_ALL=C comm -13 "$work/files" "$work/old" | (cd "$tree" && xargs -d '\n' -r rm -f)
    while read -r file; do
        cmp -s "$file" "$tree/$file" || { mkdir -p "$tree/$(dirname "$file")" && cp -p "$file" "$tree/$file" && touch "$tree/$file"; }
    done <"$work/files"
}

# build: what the tests need; the kernel by ThinLTO, which keeps what didn't change. What it says goes to build.log.
build() {
    (cd "$tree" && timeout 300 make -s -k ISA="$isa" LTO=thin all quick-programs fuzz-programs cli-programs) >"$work/build.log" 2>&1
}

# The code of lvmm and of the kernel, without the places in the sources that debuggers want.
code() {
    for file in "$tree/build/lvmm" "$tree/build/$isa/guest-kernel.elf"; do
        objcopy -O binary -j .text -j .rodata -j .data -j .data.rel.ro -j .init_array "$file" "$work/code"
        cksum <"$work/code"
    done
}

# ---- the tests ----

# tests KIND: lines for ci/check.sh. built: the unit tests and fuzz targets that the last build made.
tests() {
    case $1 in
    built)
        (cd "$tree/build" && find unit fuzz -type f -perm -100 -newer "$work/stamp" | sed -n 's/_\(test\|fuzz\)$//p') |
            LC_ALL=C sort >"$work/programs"
        awk 'NR == FNR { built[$1] = 1; next } $1 in built' "$work/programs" "$work/list"
        ;;
    guests) grep -E "^(basic|guest)/(host-kvm|tcg-$isa) " "$work/list" ;;
    command) grep -E '^cli/(streams|errors|faults|signals|timeline|kernels|jobs|endings|restart|disks) ' "$work/list" ;;
    esac
}

# run_tests KIND: status 0: all passed. Else $noticed says which didn't.
run_tests() {
    tests "$1" >"$work/tests" || :
    [ -s "$work/tests" ] || return 0
    : >"$work/out"
    # A session of its own, so that its end ends all of it.
    (cd "$tree" && TIMEOUT=${MUTATE_TIMEOUT:-20} CK_TIMEOUT_MULTIPLIER=4 FUZZ_SECONDS=10 CHECK_TIMEOUT=$((4 * ${MUTATE_TIMEOUT:-20})) CHECK_LINES=400 exec setsid ci/check.sh build/mutants) \
        <"$work/tests" >"$work/out" 2>&1 &
    group=$!
    while kill -0 "$group" 2>/dev/null && ! grep -q '^FAILED' "$work/out"; do sleep 0.2; done
    if grep -q '^FAILED' "$work/out"; then
        kill_group
        wait 2>/dev/null || :
        noticed=$(sed -n 's/^FAILED *\([^:]*\):.*/\1/p' "$work/out" | head -n 1)
        what=$(sed -n '/^FAILED/,$p' "$work/out" | sed 1d |
            grep -m 1 -E '^ *(not ok|FAIL) |:[FE]:|ERROR: |ended after|runtime error' | cut -c1-110)
        noticed="$noticed: $(echo "${what:-$(grep -m 1 '^FAILED' "$work/out" | sed 's/.*(status/status/')}" | sed 's/^ *//')"
        return 1
    fi
    wait "$group" || :
    kill_group
    tail -n 1 "$work/out" | grep -q '^[1-9][0-9]* passed, 0 failed' && return 0
    noticed="the sum: $(tail -n 1 "$work/out")"
    return 1
}

# ---- the faults ----

# Each place where a line can be changed: "FILE<tab>LINE<tab>OLD<tab>NEW", in an order that SEED gives. Comments, messages and
# declarations stay as they are.
faults() {
    find vmm devices guest-kernel -name '*.c' ! -path 'guest-kernel/arch/*' -o -path "guest-kernel/arch/$isa/*.c" |
        grep -E "${MUTATE_FILES:-.}" | LC_ALL=C sort | xargs -d '\n' awk -v seed="$seed" '
        BEGIN { srand(seed) }
        function fault(new) {
            if (new != $0) printf "%.9f\t%s\t%d\t%s\t%s\n", rand(), FILENAME, FNR, $0, new
        }
        # swap(PATTERN, NEW): the first place that fits
        function swap(pattern, new, at) {
            if (match($0, pattern)) fault(substr($0, 1, RSTART - 1) new substr($0, RSTART + RLENGTH))
        }
        FNR == 1 { comment = body = 0 }
        /^{/ { body = 1 }
        /^}/ { body = 0 }
        /\/\*/ && !/\*\// { comment = 1 }
        comment { if (/\*\//) comment = 0; next }
        !body || /"|\/\*|\/\/|^[ \t]*#|_Static_assert|case |\t/ { next }
        /^ *(if|while) \(.*\)$/ {
            line = $0
            sub(/\(/, "(!(", line)
            fault(line ")")
        }
        # An early return or a step that is left out.
        /^ {8,}return( -E[A-Z0-9]+| false| error| 0)?;$/ { sub_line = $0; sub(/return.*/, ";", sub_line); fault(sub_line) }
        /^ +(break|continue);$/ { sub_line = $0; sub(/(break|continue);/, ";", sub_line); fault(sub_line) }
        /^ +[a-z_]+\(.*\);$/ { sub_line = $0; sub(/[a-z_]+\(.*/, ";", sub_line); fault(sub_line) }
        / <= / { swap(" <= ", " < ") }
        / >= / { swap(" >= ", " > ") }
        / < / { swap(" < ", " <= ") }
        / > / { swap(" > ", " >= ") }
        / == / { swap(" == ", " != ") }
        / != / { swap(" != ", " == ") }
        / && / { swap(" && ", " || ") }
        / \|\| / { swap(" \\|\\| ", " && ") }
        / \+ / { swap(" \\+ ", " - ") }
        / - / { swap(" - ", " + ") }
        / \+ 1[;) ]/ { swap(" \\+ 1", "") }
        / - 1[;) ]/ { swap(" - 1", "") }
        match($0, /[^A-Za-z0-9_.][0-9]+[^A-Za-z0-9_.]/) {
            number = substr($0, RSTART + 1, RLENGTH - 2)
            fault(substr($0, 1, RSTART) number + 1 substr($0, RSTART + RLENGTH - 1))
        }' | LC_ALL=C sort -n | cut -f2-
}

# place_of FILE LINE OLD: the number of the line nearest to LINE that is OLD; nothing if there is none.
place_of() {
    awk -v line="$2" -v old="$(printf '%s' "$3" | sed 's/\\/\\\\/g')" '
        function away(n) { return n > line ? n - line : line - n }
        $0 == old && (!at || away(FNR) < away(at)) { at = FNR }
        END { if (at) print at }' "$1"
}

squeeze() {
    echo "$1" | sed 's/^ *//' | cut -c1-90
}

echo "mutate: building and testing the tree as it is" >&2
copy_tree
build || { tail -n 20 "$work/build.log" >&2 && echo 'mutate: the tree does not build' >&2 && exit 1; }
(cd "$tree" && make -s check-list ISA="$isa" FUZZ_RUNS=2000) >"$work/list"
touch -d @0 "$work/stamp"
code >"$work/code-before"
for kind in built guests command; do
    MUTATE_TIMEOUT=120 run_tests $kind || { echo "mutate: the tree as it is fails: $noticed" >&2 && exit 1; }
done

if [ -n "$list" ]; then cat "$list"; else faults; fi | tail -n +$((from + 1)) >"$work/faults"
tab=$(printf '\t')
tried=0 survived=0 replaced=0
while [ $tried -lt "$wanted" ] && IFS="$tab" read -r file line old new <&3; do
    at=
    [ ! -e "$tree/$file" ] || at=$(place_of "$tree/$file" "$line" "$old")
    if [ -z "$at" ]; then
        echo "gone $file:$line: $(squeeze "$old")"
        replaced=$((replaced + 1))
        continue
    fi
    line=$at
    cp "$tree/$file" "$work/whole" # who edits the tree meanwhile doesn't disturb
    touch "$work/stamp"
    sleep 0.05
    awk -v line="$line" -v new="$(printf '%s' "$new" | sed 's/\\/\\\\/g')" 'FNR == line { print new; next } { print }' "$work/whole" >"$tree/$file"
    place="$file:$line: $(squeeze "$old") -> $(squeeze "$new")"
    started=$(date +%s)
    if ! build; then
        replaced=$((replaced + 1))
    elif code | cmp -s - "$work/code-before"; then
        replaced=$((replaced + 1))
    else
        tried=$((tried + 1))
        if run_tests built && run_tests guests && run_tests command; then
            survived=$((survived + 1))
            echo "SURVIVED $place ($(($(date +%s) - started)) s)"
        else
            echo "noticed $place: $noticed ($(($(date +%s) - started)) s)"
        fi
    fi
    cp "$work/whole" "$tree/$file"
done 3<"$work/faults"
echo "$tried faults: $((tried - survived)) noticed, $survived survived ($replaced more did not compile or changed nothing; seed $seed, from $from)"
[ $tried -eq "$wanted" ] || { echo "mutate: there are no more faults to try" >&2 && exit 1; }
