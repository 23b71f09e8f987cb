#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Debian's programs, dynamically linked, from an initramfs made of its packages: each line of commands.txt gives in the guest
# what it gives on this machine's Linux, in the same tree (chroot). differs.txt names lines that may differ, and why.
#
#   tests/debian/run.sh ACCEL [NUMBER...]    only these lines
set -eu

cd "$(dirname "$0")/../.."
. tests/offers.sh
accel=$1
shift
case $accel in
kvm) offered 77 "$(no_kvm "$(uname -m)")" ;;
tcg) offered 78 "$(no_qemu "$(uname -m)")" ;;
esac
isa=$(uname -m) packages='bash dash coreutils findutils grep sed gawk mawk perl-base python3 xz-utils openssl make diffutils tar'
debian=build/$isa/debian
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

for tool in cpio zstd unshare; do
    command -v $tool >/dev/null || { echo "$tool is not installed" && exit 78; }
done
ci/rootfs.sh "$isa" "$debian" $packages || exit

# ---- the lines, as a second archive behind the tree's ----

mkdir -p "$scratch/more/lines"
sed '/^#/d; /^$/d' tests/debian/commands.txt | (
    number=0
    while read -r line; do
        number=$((number + 1))
        case " $* " in "  " | *" $number "*) printf '%s\n' "$line" >"$scratch/more/lines/$(printf %02d $number)" ;; esac
    done
)
cp tests/debian/inside.sh "$scratch/more/inside"
chmod 755 "$scratch/more/inside"
(cd "$scratch/more" && find . -mindepth 1 | cpio -o -H newc -R 0:0 --quiet) >"$scratch/more.cpio"
{ cat "$debian/tree.cpio.zst" && zstd -q <"$scratch/more.cpio"; } >"$scratch/initrd"

# ---- here, and in the guest ----

# split FILE FOLDER: what each line gave, by its number.
split_lines() {
    mkdir "$2"
    sed -E 's/^(.*line [0-9]+: ) *[0-9]+ /\1PID /' "$1" | awk -v folder="$2" '/^@@ [0-9]+$/ { file = folder "/" $2; next } file != "" { print >file }'
}

here() {
    user=
    [ "$(id -u)" = 0 ] || user='--user --map-root-user'
    mkdir "$scratch/here"
    (cd "$scratch/here" && zstd -dqc <"$OLDPWD/$debian/tree.cpio.zst" | cpio -idm --quiet 2>/dev/null && cpio -idm --quiet <"$scratch/more.cpio")
    unshare --mount --pid --fork $user sh -c '
        cd "$1" && mount --rbind /dev dev && mount -t proc proc proc && mount -t tmpfs -o mode=1777 tmpfs tmp &&
            exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/ TERM=linux \
                chroot . /inside' sh "$scratch/here" </dev/null >"$scratch/here.out" 2>&1
}

there() {
    build/lvmm run --accel "$accel" --memory 512M --timeout 900 --initrd "$scratch/initrd" -- /inside </dev/null \
        >"$scratch/there.out" 2>"$scratch/there.err"
}

here || { echo "not ok this machine's own Linux: $(tail -n 1 "$scratch/here.out")" && exit 1; }
status=0
there || status=$?
sed 's/^/stderr: /' "$scratch/there.err"
[ $status = 0 ] || echo "not ok the guest ended with status $status"
[ $status != 125 ] || exit 1
split_lines "$scratch/here.out" "$scratch/expected"
split_lines "$scratch/there.out" "$scratch/got"

failed=$((status != 0))
: >"$scratch/failures"
for file in "$scratch/expected"/*; do
    number=${file##*/}
    line=$(head -c 100 "$scratch/more/lines/$number" | head -n 1)
    if cmp -s "$file" "$scratch/got/$number"; then
        echo "ok $number: $line"
    elif grep -q "^$((10#$number)):" tests/debian/differs.txt; then
        echo "ok $number differs: $(sed -n "s/^$((10#$number)): //p" tests/debian/differs.txt)"
    else
        {
            echo "not ok $number: $line"
            diff "$file" "$scratch/got/$number" | head -n "${DIFF_LINES:-20}" | sed 's/^/    /'
        } >>"$scratch/failures"
        failed=1
    fi
done
# Last, as the end of a log is what is shown of it.
cat "$scratch/failures"
exit $failed
