#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# BusyBox's own tests, those of its shell too, in a guest: each case passes, fails or is skipped as it does with the same version
# of busybox on this machine's Linux, in the same tree (chroot). tests/differs.txt names cases that may differ, and why.
#
#   tests/busybox_suite/run.sh ISA ACCEL NAME...    only these applets, and folders of the shell's tests (ash-NAME); part: those
#                                                   of part.txt; all: all that the suite has
set -eu

cd "$(dirname "$0")/../.."
. tests/offers.sh
. tests/as_linux.sh
isa=$1 accel=$2
shift 2
offered_accel "$accel" "$isa"
offered_tools cpio zstd unshare dpkg-deb
folder=build/$isa/busybox-suite
own=$folder/here/busybox
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
tests/busybox_suite/tree.sh "$isa" "$folder" || exit

# there NAME...: as the first process, as it is here in a PID namespace of its own
there() {
    build/lvmm run --arch "$isa" --accel "$accel" --init --memory 512M --timeout "${TIMEOUT:-3000}" \
        --initrd "$folder/tree.cpio.zst" -- "$@" </dev/null
}
if [ "$isa" = loongarch64 ]; then
    status=0
    there /bin/busybox true >/dev/null 2>&1 || status=$?
    [ $status != 132 ] || offered 77 "$(no_lsx)"
fi

# ---- which ----

# All but the applets that may differ as a whole.
every() {
    suite=$folder/tree/suite
    "$own" --list | while read -r name; do
        [ ! -e "$suite/testsuite/$name" ] && [ ! -e "$suite/testsuite/$name.tests" ] || may_differ busybox_suite "$isa" "$name" >/dev/null || echo "$name"
    done
    (cd "$suite/shell/ash_test" && ls -d ash-*)
}
case $* in
all) names=$(every) ;;
part) names=$(sed '/^#/d' tests/busybox_suite/part.txt) ;;
*) names=$* ;;
esac
[ -n "$names" ] || { echo 'not ok no tests are named' && exit 1; }

# ---- here, and in the guest ----

here() {
    cp -a "$folder/tree" "$scratch/here"
    rm "$scratch/here/bin/busybox" "$scratch/here/suite/busybox" "$scratch/here/suite/shell/ash_test/printenv"
    cp "$own" "$scratch/here/bin/busybox"
    ln "$scratch/here/bin/busybox" "$scratch/here/suite/busybox"
    ln "$scratch/here/bin/busybox" "$scratch/here/suite/shell/ash_test/printenv"
    in_chroot "$scratch/here" /inside "$@"
}

# results FILE: each case as "APPLET: RESULT: NAME" in order of the alphabet; the shell's tests tell their folder themselves
results() {
    awk '/^@@ / { applet = $2; next }
        /^(PASS|FAIL|SKIPPED|UNTESTED): / { print applet ": " $0 }
        /^ash-[^ ]*: ?(ok|fail)$/ { result = $NF; sub(/: ?(ok|fail)$/, ""); sub("/", ": " (result == "ok" ? "PASS" : "FAIL") ": "); print }' \
        "$1" | LC_ALL=C sort
}

# At the same time: the shell's tests sleep a lot.
here $names >"$scratch/here.out" 2>&1 &
linux=$! status=0
there /inside $names >"$scratch/there.out" 2>"$scratch/there.err" || status=$?
wait $linux || { echo "not ok this machine's own Linux: $(tail -n 1 "$scratch/here.out")" && exit 1; }
sed 's/^/stderr: /' "$scratch/there.err"
failed=0
if [ $status != 0 ] || [ "$(tail -n 1 "$scratch/there.out")" != '@@ end' ]; then
    echo "not ok the guest ended with status $status; its last line: $(tail -n 1 "$scratch/there.out")"
    failed=1
fi
results "$scratch/here.out" >"$scratch/expected"
results "$scratch/there.out" >"$scratch/got"
[ -s "$scratch/expected" ] || { echo 'not ok no test ran on this machine'"'"'s own Linux' && exit 1; }
LC_ALL=C comm -12 "$scratch/expected" "$scratch/got" | sed -nE 's/^([^:]*): (PASS|FAIL|SKIPPED|UNTESTED): /ok \1: as on Linux, \2: /p'
LC_ALL=C comm -3 --output-delimiter=@ "$scratch/expected" "$scratch/got" | sed -E 's/^@?([^:]*): [A-Z]*: /\1: /' | LC_ALL=C sort -u >"$scratch/differ"
while read -r name; do
    if reason=$(may_differ busybox_suite "$isa" "$name"); then
        echo "ok $name differs: $reason"
    else
        echo "not ok $name"
        grep -hF ": ${name#*: }" "$scratch/expected" | grep "^${name%%: *}: " | sed 's/^/    Linux: /' || :
        grep -hF ": ${name#*: }" "$scratch/got" | grep "^${name%%: *}: " | sed 's/^/    guest: /' || :
        failed=1
    fi
done <"$scratch/differ"
exit $failed
