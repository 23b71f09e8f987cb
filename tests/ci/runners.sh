#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The runners of tests fail when what they test fails, and when they have nothing to test; they skip for this machine's
# reasons alone. Each is tried on a made-up tree with an lvmm that does what the case wants.
set -u

cd "$(dirname "$0")/../.." || exit 1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
failed=0
tree=$scratch/tree
machine=$(uname -m)

# fresh_tree: the runners, an lvmm that fails, and images
fresh_tree() {
    rm -rf "$tree"
    mkdir -p "$tree/tests/guest" "$tree/tests/cli" "$tree/tests/fuzz" "$tree/build/$machine/tests/guest" "$tree/build/x86_64"
    cp tests/offers.sh "$tree/tests/"
    cp tests/guest/run.sh "$tree/tests/guest/"
    cp tests/cli/lib.sh "$tree/tests/cli/"
    cp tests/fuzz/run.sh "$tree/tests/fuzz/"
    program "$tree/build/lvmm" 'echo "lvmm: broken" >&2; exit 125'
    echo image >"$tree/build/$machine/tests.img"
    echo image >"$tree/build/x86_64/tests.img"
    echo image >"$tree/build/x86_64/hello.img"
}

# program FILE SHELL-COMMANDS
program() {
    printf '#!/bin/sh\n%s\n' "$2" >"$1"
    chmod 755 "$1"
}

# gives NAME STATUS PATTERN COMMAND...: the status, and a line of the output that fits
gives() {
    name=$1 wanted=$2 pattern=$3
    shift 3
    status=0
    "$@" >"$scratch/out" 2>&1 || status=$?
    if [ $status = "$wanted" ] && grep -Eq -- "$pattern" "$scratch/out"; then
        echo "ok $name"
    else
        echo "not ok $name: wanted status $wanted and a line that fits '$pattern', got status $status and:"
        sed 's/^/    /' "$scratch/out"
        failed=1
    fi
}

# ---- tests/guest/run.sh ----

guest() {
    env -u TESTS -u EXPECT PATH="$scratch/bin:$PATH" "$tree/tests/guest/run.sh" "$@"
}
mkdir "$scratch/bin" "$scratch/few"
for tool in sh env uname dirname basename mktemp awk cp touch cmp diff sed head rm mkdir cat timeout; do
    ln -s "$(command -v "$tool")" "$scratch/few/$tool"
done
program "$scratch/bin/fsck.fat" 'exit 0'

fresh_tree
rm "$tree/build/$machine/tests.img"
gives 'guest: no test at all' 1 '^FAIL hello-pie' guest "$tree/build/lvmm"
mkdir "$scratch/bare" && cp tests/guest/run.sh "$scratch/bare/"
gives 'guest: a machine without sources, and no names' 1 '^not ok there was no test' env -u TESTS EXPECT=/nowhere sh "$scratch/bare/run.sh" false

fresh_tree
echo 'int main;' >"$tree/tests/guest/one.c"
program "$tree/build/$machine/tests/guest/one" 'echo one; exit 3'
for name in hello-pie omagic; do program "$tree/build/$machine/tests/guest/$name" 'echo one; exit 3'; done
gives 'guest: lvmm fails' 1 '^FAIL one$' guest "$tree/build/lvmm"
program "$tree/build/lvmm" 'echo one; exit 3'
gives 'guest: as Linux' 0 '^ok one$' guest "$tree/build/lvmm"
program "$tree/build/lvmm" 'echo one; exit 4'
gives 'guest: another status' 1 '^FAIL one$' guest "$tree/build/lvmm"
program "$tree/build/lvmm" 'echo one; echo more >&2; exit 3'
gives 'guest: another stderr' 1 '^FAIL one$' guest "$tree/build/lvmm"
program "$tree/build/lvmm" 'echo one; exit 3'
program "$scratch/bin/fsck.fat" 'echo damaged; exit 1'
gives 'guest: a damaged disk' 1 '^FAIL one: the file system is damaged' guest "$tree/build/lvmm"
rm "$scratch/bin/fsck.fat"
gives 'guest: no fsck.fat is told' 0 '^missing: guest/fsck' env -u TESTS -u EXPECT PATH="$scratch/few" FSCK_PATH= \
    "$tree/tests/guest/run.sh" "$tree/build/lvmm"
rm "$tree/build/$machine/tests/guest/one"
gives 'guest: the oracle is not built' 1 'was not built' guest --expect "$scratch/expect"

# ---- tests/cli/lib.sh ----

fresh_tree
program "$tree/tests/cli/some.sh" '. "$(dirname "$0")/lib.sh"
for accel in $(accelerators); do run 0 "$lvmm" run --accel "$accel" --disk hello.img && ok "$accel"; done
finish'
for accel in kvm tcg; do
    # A device that can be opened, and an lvmm that fails with it: that is a failure, and no reason to skip.
    gives "cli: lvmm fails on $accel" 1 "^not ok status 125, not 0: .*--accel $accel" env KVM_DEVICE=/dev/null "$tree/tests/cli/some.sh"
done
gives 'cli: there is no KVM' 1 '^skipped: some/kvm: (there is no /nowhere|this machine is)' env KVM_DEVICE=/nowhere "$tree/tests/cli/some.sh"
program "$tree/build/lvmm" 'echo hello'
gives 'cli: it works' 0 '^ok kvm|skipped: some/kvm: this machine is' env KVM_DEVICE=/dev/null "$tree/tests/cli/some.sh"

# ---- tests/as_linux.sh ----

# may_differ TEST ISA NAME
may_differ() {
    bash -c 'cd "$1" && shift && . tests/as_linux.sh && { may_differ "$@" || { echo none && exit 1; }; }' bash "$tree" "$@"
}
fresh_tree
cp tests/as_linux.sh "$tree/tests/"
printf 'one\t*\ta b\twhy\none\tx86_64\tc\tonly there\none\t*\td\t\n# one\t*\te\tno\n' >"$tree/tests/differs.txt"
gives 'may_differ: the reason' 0 '^why$' may_differ one riscv64 'a b'
gives 'may_differ: of an ISA' 0 '^only there$' may_differ one x86_64 c
gives 'may_differ: another ISA' 1 '^none$' may_differ one riscv64 c
gives 'may_differ: another test' 1 '^none$' may_differ two riscv64 'a b'
gives 'may_differ: no reason' 1 '^none$' may_differ one riscv64 d
gives 'may_differ: a comment' 1 '^none$' may_differ one riscv64 e
gives 'may_differ: a part of a name' 1 '^none$' may_differ one riscv64 a

# ---- tests/fuzz/run.sh ----

fuzz() {
    "$tree/tests/fuzz/run.sh" "$tree/build/x_fuzz" 10
}
program "$tree/build/x_fuzz" 'echo stat::number_of_executed_units: 10'
gives 'fuzz: it ran' 0 '^ok x: 10 inputs' fuzz
program "$tree/build/x_fuzz" 'echo stat::number_of_executed_units: 0'
gives 'fuzz: no input' 1 '^not ok x: no input' fuzz
program "$tree/build/x_fuzz" 'exit 0'
gives 'fuzz: it says nothing' 1 '^not ok x: no input' fuzz
program "$tree/build/x_fuzz" 'echo stat::number_of_executed_units: 5; exit 77'
gives 'fuzz: what it found is no skip' 1 '^not ok x: status 77' fuzz
mkdir -p "$tree/tests/fuzz/corpus/x"
program "$tree/build/x_fuzz" 'echo stat::number_of_executed_units: 10'
gives 'fuzz: an empty folder of seeds' 1 '^not ok x: its folder of seeds is empty' fuzz

exit $failed
