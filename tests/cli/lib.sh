# SPDX-License-Identifier: Apache-2.0
# lib.sh - for the tests of the command line, which source it: a scratch folder to be in, names of what is built, and
# ways to say what should come of a command. POSIX sh.
# shellcheck shell=sh
set -u

# shellcheck source=tests/offers.sh
. "$(dirname "$0")/../offers.sh"

root=$(cd "$(dirname "$0")/../.." && pwd)
build=$root/build
lvmm=$build/lvmm
kernel=$build/x86_64/guest-kernel.elf
gkernel=$build/x86_64/gkernel.elf
failed=0

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
cd "$scratch" || exit 1
# What lvmm leaves behind would be here.
mkdir tmp
export TMPDIR="$scratch/tmp"

# A disk of one's own: a copy stays sparse.
cp --sparse=always "$build/x86_64/hello.img" hello.img
cp --sparse=always "$build/x86_64/tests.img" tests.img

ok() {
    echo "ok $1"
}
not_ok() {
    echo "not ok $1"
    failed=1
}

# check NAME COMMAND...: the command succeeds.
check() {
    name=$1
    shift
    if "$@"; then ok "$name"; else not_ok "$name"; fi
}

# same NAME EXPECTED GOT: the files are the same; what differs is shown.
same() {
    if cmp -s "$2" "$3"; then
        ok "$1"
    else
        not_ok "$1"
        diff "$2" "$3" | head -n 20 | sed 's/^/    /'
    fi
}

# run STATUS COMMAND...: leaves the output in the files out and err; a status that is another one is a failure.
run() {
    expected=$1
    shift
    timeout -k 5 60 "$@" >out 2>err
    status=$?
    [ $status = "$expected" ] || {
        not_ok "status $status, not $expected: $*"
        sed 's/^/    stderr: /' err
        return 1
    }
}

# refuses STATUS PATTERN ARGUMENT...: `lvmm run ARGUMENT...` prints nothing but one line "lvmm: ..." on stderr, which
# matches the pattern (grep -E), and has that exit status.
refuses() {
    expected_status=$1 pattern=$2
    shift 2
    refused="lvmm run $*"
    if run "$expected_status" "$lvmm" run "$@" && [ ! -s out ] && [ "$(wc -l <err)" = 1 ] &&
        grep -q '^lvmm: ' err && grep -Eq -- "$pattern" err; then
        ok "$refused -> $(cat err)"
    else
        sed 's/^/    stderr: /' err
        not_ok "$refused -> one line that matches $pattern"
    fi
}

# The accelerators that this machine offers; one that it doesn't is named. Whether lvmm works with them is what is tested.
accelerators() {
    test_name=$(basename "$0" .sh)
    reason=$(no_kvm)
    if [ -z "$reason" ]; then echo kvm; else echo "skipped: $test_name/kvm: $reason" >&2; fi
    reason=$(no_qemu x86_64)
    if [ -z "$reason" ]; then echo tcg; else echo "missing: $test_name/tcg: $reason" >&2; fi
}

# What the scripts use: without one of these something would look as if it were right.
for tool in timeout script flock pgrep unshare mcopy fsck.fat od awk; do
    PATH=$PATH:/sbin:/usr/sbin command -v $tool >/dev/null || not_ok "the tests need $tool, which is not installed"
done

finish() {
    [ -z "$(ls -A tmp)" ] || not_ok "temporary files left behind: $(ls tmp)"
    exit $failed
}
