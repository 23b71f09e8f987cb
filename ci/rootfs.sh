#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A tree of Debian packages with all that they depend on, as they unpack: nothing is configured, none of their scripts runs.
#
#   ci/rootfs.sh ISA FOLDER PACKAGE...    FOLDER/tree is the tree, FOLDER/tree.cpio.zst the same as an initramfs
#
# In the environment: SUITE, as ci/foreign.sh has it. What is there already is not made again. 77: there is no network; 78: no apt that could fetch (as ci/foreign.sh).
set -eu

[ $# -ge 3 ] || { sed -n 's/^#   \(ci[^ ]*.*\)    .*/usage: \1/p' "$0" >&2 && exit 2; }
cd "$(dirname "$0")/.."
isa=$1 folder=$2
shift 2
mkdir -p "$folder"
exec 8>"$folder.lock" # two tests may want it at the same time
flock 8
stamp="$isa ${SUITE-} $* $(cksum <"$0")"
[ "$(cat "$folder/stamp" 2>/dev/null)" != "$stamp" ] || exit 0

rm -rf "$folder"
mkdir -p "$folder/debs" "$folder/tree"
names=
for name; do names="$names +$name"; done
ci/foreign.sh get "$isa" "$folder/debs" $names
for deb in "$folder"/debs/*.deb; do dpkg-deb -x "$deb" "$folder/tree"; done
rm -rf "$folder/debs"

cd "$folder/tree"
# What nobody runs.
rm -rf usr/share/doc usr/share/man usr/share/info usr/share/locale usr/share/lintian usr/share/bug usr/share/common-licenses \
    var/lib/dpkg var/cache
# What the packages' scripts would have made.
mkdir -p dev proc sys tmp root run etc var/tmp usr/bin
chmod 1777 tmp var/tmp
echo 'root:x:0:0:root:/root:/bin/bash' >etc/passwd
echo 'root:x:0:' >etc/group
for name in bin sbin lib lib64; do
    [ -e $name ] || [ -L $name ] || [ ! -d usr/$name ] || ln -s usr/$name $name
done
[ -e bin/sh ] || [ -L bin/sh ] || ln -s dash bin/sh
for awk in mawk gawk; do
    [ ! -e usr/bin/$awk ] || ln -sf $awk usr/bin/awk
done
cd - >/dev/null
(cd "$folder/tree" && find . -mindepth 1 | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet) | zstd -q -3 >"$folder/tree.cpio.zst"
echo "$stamp" >"$folder/stamp"
