#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A tree with Debian's busybox and its own tests, from Debian's source package of the same version.
#
#   tests/busybox_suite/tree.sh ISA FOLDER    FOLDER/tree is the tree, FOLDER/tree.cpio.zst the same as an initramfs, FOLDER/here/busybox
#                                             the one of this machine's ISA
#
# What is there already is not made again. 77: there is no network, or Debian has two versions at the moment; 78: no apt that
# could fetch (as ci/foreign.sh).
set -eu

cd "$(dirname "$0")/../.."
isa=$1 folder=$2
mkdir -p "$folder"
exec 8>"$folder.lock" # two tests may want it at the same time
flock 8
stamp="$isa $(cat ci/foreign.sh ci/packages.sh "$0" tests/busybox_suite/inside.sh | cksum)"
[ "$(cat "$folder/stamp" 2>/dev/null)" != "$stamp" ] || exit 0

rm -rf "$folder"
mkdir -p "$folder"
ci/foreign.sh source "$isa" "$folder/files" busybox busybox-static
set -- "$folder"/files/busybox_*.orig.tar.*
upstream=${1##*/busybox_} upstream=${upstream%.orig.tar*}
for deb in "$folder"/files/*.deb; do
    case $(dpkg-deb -f "$deb" Version) in
    *:"$upstream"-*) ;;
    *) echo "the source is $upstream, ${deb##*/} is $(dpkg-deb -f "$deb" Version)" && exit 77 ;;
    esac
done

# busybox_of ISA ARCHITECTURE FILE
busybox_of() {
    ci/packages.sh unpack "$folder/unpacked-$1" "$folder"/files/*_$2.deb
    ci/packages.sh busybox "$1" "$folder/unpacked-$1" "$3"
}
tree=$folder/tree
own=$folder/here/busybox
mkdir -p "$tree/suite" "$tree/bin" "$folder/here"
busybox_of "$(uname -m)" "$(dpkg --print-architecture)" "$own"
if [ "$isa" = "$(uname -m)" ]; then
    cp "$own" "$tree/bin/busybox"
else
    rm "$folder"/files/*_"$(dpkg --print-architecture)".deb
    busybox_of "$isa" '*' "$tree/bin/busybox"
fi

# busybox unpacks its own source: what compresses it may not be installed.
# tar ARCHIVE ARGUMENT...
tar() {
    archive=$1
    shift
    case $archive in
    *.bz2) "$own" bunzip2 -c "$archive" ;;
    *.xz) "$own" unxz -c "$archive" ;;
    *) "$own" gunzip -c "$archive" ;;
    esac | "$own" tar "$@"
}
top=$(tar "$1" -t | sed -n '1s,/.*,,p')
tar "$1" -x -C "$tree/suite" --strip-components=1 "$top/testsuite" "$top/shell/ash_test"
set -- "$folder"/files/busybox_*.debian.tar.*
tar "$1" -x -O debian/config/pkg/static >"$tree/suite/.config"
ln "$tree/bin/busybox" "$tree/suite/busybox"
# So that it can be told which applet a line is about.
sed -i 's/^for applet in \$applets; do$/&\n\techo "@@ $applet"/' "$tree/suite/testsuite/runtest"
grep -q '@@ \$applet' "$tree/suite/testsuite/runtest" || { echo "not ok runtest has no loop over applets" && exit 1; }
# Two of bc's tests write four million lines of numbers one by one, which QEMU would need half an hour for: a part of them, and
# what that gives with the same arithmetic. The others are as they are.
sed -i -e 's/i <= 65536;/i <= 256;/; s/465d8c01308d0863b6f5669e8a1c69fb/b37beb0ff98ac40c293b56163d39461d/' \
    -e 's/b <= 101;/b <= 20;/; s/d884b35d251ca096410712743aeafb9e/57c6394d2c681ce1c1650ffb528f906d/' "$tree/suite/testsuite/bc.tests"
# Programs that the shell's tests look for by name, or that show their arguments: run-all would build them.
for name in recho zecho; do printf '#!/bin/sh\necho "$@"\n' >"$tree/suite/shell/ash_test/$name"; done
ln "$tree/bin/busybox" "$tree/suite/shell/ash_test/printenv"
ln -s ../../busybox "$tree/suite/shell/ash_test/ash"
chmod 755 "$tree/suite/shell/ash_test/recho" "$tree/suite/shell/ash_test/zecho"

mkdir -p "$tree/dev" "$tree/proc" "$tree/sys" "$tree/tmp" "$tree/root" "$tree/etc"
chmod 1777 "$tree/tmp"
echo 'root:x:0:0:root:/root:/bin/sh' >"$tree/etc/passwd"
echo 'root:x:0:' >"$tree/etc/group"
"$own" --list | while read -r name; do [ "$name" = busybox ] || ln -s busybox "$tree/bin/$name"; done
cp tests/busybox_suite/inside.sh "$tree/inside"
chmod 755 "$tree/inside"
(cd "$tree" && find . -mindepth 1 | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet) | zstd -q -3 >"$folder/tree.cpio.zst"
rm -rf "$folder/files" "$folder"/unpacked-*
echo "$stamp" >"$folder/stamp"
