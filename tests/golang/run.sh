#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The tests of Go's own library, as Debian's golang-src has them, in a guest: each test and each of its parts passes, fails or is
# skipped as it does on this machine's Linux, in the same tree (chroot). differs.txt names those that may differ, and why.
#
#   tests/golang/run.sh ISA ACCEL PACKAGE...
set -eu

cd "$(dirname "$0")/../.."
. tests/offers.sh
isa=$1 accel=$2 host=$(uname -m)
shift 2
case $accel in
kvm) offered 77 "$(no_kvm "$isa")" ;;
tcg) offered 78 "$(no_qemu "$isa")" ;;
esac
for tool in cpio unshare; do
    command -v $tool >/dev/null || { echo "$tool is not installed" && exit 78; }
done
for program in "build/$host/golang/tree.cpio" "build/$isa/golang/tree.cpio"; do
    [ -e "$program" ] || { echo "not ok $program was not built" && exit 1; }
done
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

here() {
    user=
    [ "$(id -u)" = 0 ] || user='--user --map-root-user'
    mkdir "$scratch/here"
    (cd "$scratch/here" && cpio -idm --quiet) <"build/$host/golang/tree.cpio" 2>/dev/null
    unshare --mount --pid --fork $user sh -c '
        root=$1 && shift && cd "$root" && mount --rbind /dev dev && mount -t proc proc proc && mount -t tmpfs -o mode=1777 tmpfs tmp &&
            exec env -i PATH=/bin HOME=/ "$(PATH=$PATH:/usr/sbin command -v chroot)" . /inside "$@" 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-' sh "$scratch/here" "$@" </dev/null >"$scratch/here.out" 2>&1
}

# results FILE: a line per test: PACKAGE TEST RESULT, and one for how the package ended.
results() {
    awk '/^@@ ended/ { $1 = ""; print name, "ended" $0; next } /^@@ / { name = $2; next }
        match($0, /--- (PASS|FAIL|SKIP): /) { split(substr($0, RSTART), part, " "); sub(":", "", part[2]); print name, part[3], part[2] }' "$1" | sort
}

here "$@" || { echo "not ok this machine's own Linux: $(tail -n 1 "$scratch/here.out")" && exit 1; }
status=0
build/lvmm run --arch "$isa" --accel "$accel" --memory 512M --timeout 850 --initrd "build/$isa/golang/tree.cpio" -- /inside "$@" \
    </dev/null >"$scratch/there.out" 2>"$scratch/there.err" || status=$?
sed 's/^/stderr: /' "$scratch/there.err"
[ $status = 0 ] || echo "not ok the guest ended with status $status"
results "$scratch/here.out" >"$scratch/expected"
results "$scratch/there.out" >"$scratch/got"
[ -z "${KEEP-}" ] || cp "$scratch"/*.out "$scratch/expected" "$scratch/got" "$KEEP"

failed=$((status != 0))
diff "$scratch/expected" "$scratch/got" | sed -n 's/^[<>] //p' | awk '{ print $1, $2 }' | sort -u >"$scratch/different"
while read -r package test; do
    reason=$(sed -n "s|^$package $test: ||p" tests/golang/differs.txt)
    if [ -n "$reason" ]; then
        echo "ok $package $test differs: $reason"
    else
        echo "not ok $package $test"
        grep -hF "$package $test " "$scratch/expected" "$scratch/got" | sed 's/^/    /'
        grep -F -A 8 -e "--- FAIL: $test " "$scratch/there.out" | head -n 12 | sed 's/^/    /'
        failed=1
    fi
done <"$scratch/different"
for package; do
    same=$(grep "^$package " "$scratch/expected" | comm -12 - "$scratch/got" | wc -l)
    if [ "$same" -gt 1 ]; then echo "ok $package: $same results are the same"; else echo "not ok $package: nothing was the same" && failed=1; fi
done
exit $failed
