#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The tests of Go's own library, as Debian's golang-src has them, in a guest: each test and each of its parts passes, fails or is
# skipped as it does on this machine's Linux, in the same tree (chroot). Those that tests/differs.txt names are left out on both
# sides, as one that fails would change how its package ends.
#
#   tests/golang/run.sh ISA ACCEL PACKAGE...
#
# Of package runtime those that runtime.txt names. In the environment: CPUS, of the guest (default: 1), and how many threads Go's
# scheduler has run at a time (default: its own choice); LONG, set: all of runtime.txt; TREE, which of the trees of tests/build.mk;
# LO_ALONE=1: this machine has no other network then, either;
# TIMEOUT, the seconds that the guest has; KEEP, a folder for what both gave.
set -eu

cd "$(dirname "$0")/../.."
. tests/offers.sh
. tests/as_linux.sh
isa=$1 accel=$2 host=$(uname -m)
shift 2
offered_accel "$accel" "$isa"
offered_tools cpio unshare
tree=${TREE:-tree}.cpio
for program in "build/$host/golang/$tree" "build/$isa/golang/$tree"; do
    [ -e "$program" ] || { echo "not ok $program was not built" && exit 1; }
done
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

here() {
    mkdir "$scratch/here"
    (cd "$scratch/here" && cpio -idm --quiet) <"build/$host/golang/$tree" 2>/dev/null
    in_chroot "$scratch/here" /inside "$@"
}

there() {
    build/lvmm run --arch "$isa" --accel "$accel" --cpus "${CPUS:-1}" --memory 512M --timeout "${TIMEOUT:-850}" --initrd "build/$isa/golang/$tree" \
        -- "$@" </dev/null
}
# Without LSX busybox doesn't run, which a few tests start: those are named as loongarch64-without-lsx's.
names_of=$isa
if [ "$isa" = loongarch64 ]; then
    status=0
    there /bin/busybox true >/dev/null 2>&1 || status=$?
    [ $status != 132 ] || names_of=loongarch64-without-lsx
fi

# PACKAGE as it is given to inside: with the tests that are left out, PACKAGE,TEST,TEST
awk -F '\t' -v isa="$isa" -v names_of="$names_of" '!/^#/ && $1 == "golang" && ($2 == "*" || index("," $2 ",", "," isa ",") || $2 == names_of) { print $3 "\t" $4 }' tests/differs.txt >"$scratch/left-out"
packages=${CPUS:+-test.cpu=$CPUS}
for package; do
    if [ "$package" = runtime ]; then # its list says which, those of the long run after a +
        sed -n 's|^runtime \([^\t]*\)\t.*|\1|p' "$scratch/left-out" >"$scratch/not"
        packages="$packages runtime:$(sed -n "s/^${LONG:++*}\(Test[^ ]*\)$/\1/p" tests/golang/runtime.txt | grep -vxFf "$scratch/not" | paste -sd ,)"
    else
        packages="$packages $package$(sed -n "s|^$package \([^\t]*\)\t.*|,\1|p" "$scratch/left-out" | tr -d '\n')"
    fi
    sed -n "s|^\($package [^\t]*\)\t|left out: \1: |p" "$scratch/left-out"
done

# results FILE PAGE: a line per test: PACKAGE TEST RESULT, and one for how the package ended. Some have their parts' names from the
# size of a page.
results() {
    awk '/^@@ ended/ { $1 = ""; print name, "ended" $0; next } /^@@ / { name = $2; sub(/[,:].*/, "", name); next }
        match($0, /--- (PASS|FAIL|SKIP): /) { split(substr($0, RSTART), part, " "); sub(":", "", part[2]); print name, part[3], part[2] }' "$1" |
        sed "s|/$(($2 + 1)) |/page+1 |" | sort
}

here $packages >"$scratch/here.out" 2>&1 || { echo "not ok this machine's own Linux: $(tail -n 1 "$scratch/here.out")" && exit 1; }
status=0
there /inside $packages >"$scratch/there.out" 2>"$scratch/there.err" || status=$?
sed 's/^/stderr: /' "$scratch/there.err"
[ $status = 0 ] || echo "not ok the guest ended with status $status"
page=$(getconf PAGESIZE)
results "$scratch/here.out" "$page" >"$scratch/expected"
[ "$isa" != loongarch64 ] || page=16384
results "$scratch/there.out" "$page" >"$scratch/got"
[ -z "${KEEP-}" ] || cp "$scratch"/*.out "$scratch/expected" "$scratch/got" "$KEEP"

failed=$((status != 0))
diff "$scratch/expected" "$scratch/got" | sed -n 's/^[<>] //p' | awk '{ print $1, $2 }' | sort -u >"$scratch/different"
while read -r package test; do
    echo "not ok $package $test"
    grep -hF "$package $test " "$scratch/expected" "$scratch/got" | sed 's/^/    /'
    grep -F -A 8 -e "--- FAIL: $test " "$scratch/there.out" | head -n 12 | sed 's/^/    /'
    failed=1
done <"$scratch/different"
for package; do
    same=$(grep "^$package " "$scratch/expected" | comm -12 - "$scratch/got" | wc -l)
    if [ "$same" -gt 1 ]; then echo "ok $package: $same results are the same"; else echo "not ok $package: nothing was the same" && failed=1; fi
done
exit $failed
