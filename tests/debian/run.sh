#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Debian's programs of an ISA, dynamically linked, from an initramfs made of its packages: each line of commands.txt gives in the
# guest what it gives on this machine's Linux, in a tree of the same release (chroot). tests/differs.txt names lines that may differ.
#
#   tests/debian/run.sh ISA ACCEL NAME...    only these lines; part: those of part.txt; all: every one
#
# In the environment: TREE=cc, the tree that has a compiler, and the lines of cc.txt; TREE=disk, from an ext4 disk in place of an
# initramfs, and the lines of disk.txt, after which that is in order; CPUS, of the guest, default: 1; TIMEOUT, the seconds that it has; KEEP, a folder for what both gave.
set -eu

cd "$(dirname "$0")/../.."
. tests/offers.sh
. tests/as_linux.sh
isa=$1 accel=$2 host=$(uname -m)
shift 2
offered_accel "$accel" "$isa"
offered_tools cpio zstd unshare
[ "$isa" != loongarch64 ] || offered 77 "$(no_lsx)"

# The release that both ISAs are in: versions have to be the same.
case " $isa $host " in
*' loongarch64 '*) suite=forky ;;
*' riscv64 '*) suite=trixie ;;
*) suite=bookworm ;;
esac
packages='bash dash coreutils findutils grep sed gawk mawk perl-base python3 xz-utils openssl make diffutils tar expect bsdutils'
commands=tests/debian/commands.txt kind=debian memory=512M
if [ "${TREE-}" = cc ]; then
    packages='bash dash coreutils grep sed diffutils make gcc libc6-dev'
    commands=tests/debian/cc.txt kind=debian-cc memory=1G
fi
if [ "${TREE-}" = disk ]; then
    packages='bash dash coreutils findutils grep sed mawk gawk perl perl-base diffutils tar gzip make gcc libc6-dev git
        g++ patch jq file rsync cpio dpkg openssh-client gnupg m4 bison flex sqlite3 zstd xz-utils nano ncurses-base
        procps psmisc lsof htop util-linux util-linux-extra mount bsdutils systemd'
    commands=tests/debian/disk.txt kind=debian-disk memory=1G
    PATH=$PATH:/usr/sbin:/sbin
    command -v mke2fs >/dev/null || { echo 'mke2fs is not installed (e2fsprogs)' && exit 78; }
fi
own=build/$host/$kind-$suite debian=build/$isa/$kind-$suite
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
for tree in $host $isa; do SUITE=$suite ci/rootfs.sh $tree "build/$tree/$kind-$suite" $packages || exit; done

# ---- the lines, as a second archive behind the tree's ----

lines=$scratch/more/lines
mkdir -p "$lines"
sed -n 's/^\([a-z0-9-]*\): .*/\1/p' $commands >"$scratch/all"
case $* in
all) names=$(cat "$scratch/all") ;;
part) names=$(sed '/^#/d' tests/debian/part.txt) ;;
*) names=$* ;;
esac
for name in $names; do
    grep -qxF -e "$name" "$scratch/all" || { echo "not ok no line of $commands is called $name" && exit 1; }
    sed -n "s/^$name: //p" $commands >"$lines/$name"
done
[ -n "$names" ] || { echo 'not ok no lines are named' && exit 1; }
cp -R tests/debian/sessions "$scratch/more/"
if [ "${TREE-}" = cc ] || [ "${TREE-}" = disk ]; then # something to compile, of that release
    SUITE=bookworm ci/foreign.sh source "$host" build/zlib zlib zlib1g || exit
    mkdir "$scratch/more/src"
    tar -xf build/zlib/zlib_*.orig.tar.* -C "$scratch/more/src" --strip-components=1
fi
cp tests/debian/inside.sh "$scratch/more/inside"
chmod 755 "$scratch/more/inside"
(cd "$scratch/more" && find . -mindepth 1 | cpio -o -H newc -R 0:0 --quiet) >"$scratch/more.cpio"
if [ "${TREE-}" = disk ]; then
    cp -a "$debian/tree" "$scratch/root"
    cp -a "$scratch/more/." "$scratch/root/"
    mke2fs -q -F -t ext4 -d "$scratch/root" "$scratch/disk" 2G
    rm -rf "$scratch/root"
    root="--disk $scratch/disk"
else
    { cat "$debian/tree.cpio.zst" && zstd -q <"$scratch/more.cpio"; } >"$scratch/initrd"
    root="--initrd $scratch/initrd"
fi

# ---- here, and in the guest ----

# split FILE FOLDER: what each line gave, by its name; numbers of processes are a matter of chance.
split_lines() {
    mkdir "$2"
    sed -E 's/^(.*line [0-9]+: ) *[0-9]+ /\1PID /; s/^(\[[0-9]+\]) [0-9]+(\r?)$/\1 PID\2/' "$1" |
        awk -v folder="$2" '/^@@ status / { print >file; next } /^@@ [a-z0-9-]+$/ { file = folder "/" $2; next } file != "" { print >file }'
}

here() {
    mkdir "$scratch/here"
    (cd "$scratch/here" && zstd -dqc <"$OLDPWD/$own/tree.cpio.zst" | cpio -idm --quiet 2>/dev/null && cpio -idm --quiet <"$scratch/more.cpio")
    in_chroot "$scratch/here" /inside 300
}

# A line's time. The ones from a disk move most, and QEMU without KVM does that many times slower: `large`, which sorts and packs
# 23 MB, took more than five minutes there beside other tests.
seconds=300
[ "${TREE-}" != disk ] || [ "$accel" != tcg ] || seconds=1200

there() {
    # shellcheck disable=SC2086 # two words
    build/lvmm run --arch "$isa" --accel "$accel" --cpus "${CPUS:-1}" --memory $memory --timeout "${TIMEOUT:-850}" $root -- /inside $seconds </dev/null
}

here >"$scratch/here.out" 2>&1 || { echo "not ok this machine's own Linux: $(tail -n 1 "$scratch/here.out")" && exit 1; }
status=0
there >"$scratch/there.out" 2>"$scratch/there.err" || status=$?
sed 's/^/stderr: /' "$scratch/there.err"
[ $status = 0 ] || echo "not ok the guest ended with status $status"
[ -z "${KEEP-}" ] || cp "$scratch"/*.out "$KEEP"
[ $status != 125 ] || exit 1
split_lines "$scratch/here.out" "$scratch/expected"
split_lines "$scratch/there.out" "$scratch/got"
# What an ISA is called.
[ "$isa" = "$host" ] || sed -i "s/$host/$isa/g" "$scratch/expected"/*

failed=$((status != 0))
: >"$scratch/failures"
for name in $names; do
    line=$(head -n 1 "$lines/$name" | cut -c1-100)
    [ -s "$scratch/expected/$name" ] || { echo "not ok $name: nothing on this machine's own Linux" && exit 1; }
    if cmp -s "$scratch/expected/$name" "$scratch/got/$name"; then
        echo "ok $name: $line"
    elif reason=$(may_differ debian "$isa" "$name"); then
        echo "ok $name differs: $reason"
    else
        {
            echo "not ok $name: $line"
            diff "$scratch/expected/$name" "$scratch/got/$name" | head -n "${DIFF_LINES:-20}" | sed 's/^/    /'
        } >>"$scratch/failures"
        failed=1
    fi
done
if [ "${TREE-}" = disk ]; then
    disk_in_order "$scratch/disk" || failed=1
fi
# Last, as the end of a log is what is shown of it.
cat "$scratch/failures"
exit $failed
