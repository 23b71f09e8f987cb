#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Packs the tree that the tests of Go's library run in: their programs, the folders of the sources that some of them read, and
# the few programs and files of a system that they look for.
#
#   tests/golang/tree.sh GOROOT FILE BUSYBOX INSIDE TEST...
set -eu

goroot=$1 file=$2 busybox=$3 inside=$4
shift 4
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

mkdir -p "$tmp/bin" "$tmp/dev" "$tmp/etc" "$tmp/go/src" "$tmp/proc" "$tmp/sys" "$tmp/tests" "$tmp/tmp" "$tmp/usr" "$tmp/var"
chmod 1777 "$tmp/tmp"
ln -s ../bin "$tmp/usr/bin"
cp "$busybox" "$tmp/bin/busybox"
for name in cat date echo hostname ls pwd sh sleep tr true; do ln "$tmp/bin/busybox" "$tmp/bin/$name"; done
# There is no compiler; one test wants something of that name that it can start.
printf '#!/bin/sh\nexit 1\n' >"$tmp/bin/go"
chmod 755 "$tmp/bin/go"
cp "$inside" "$tmp/inside"
cp "$@" "$tmp/tests/"
echo 'root:x:0:0:root:/root:/bin/sh' >"$tmp/etc/passwd"
echo 'root:x:0:' >"$tmp/etc/group"
echo '127.0.0.1 localhost' >"$tmp/etc/hosts"
printf 'ssh\t22/tcp\nhttp\t80/tcp\n' >"$tmp/etc/services"
cp -R "$goroot/src/testdata" "$tmp/go/src/"
for test; do
    name=$(basename "$test" .test | tr _ /)
    mkdir -p "$tmp/go/src/$name"
    cp "$goroot/src/$name"/*.go "$tmp/go/src/$name/"
    [ ! -d "$goroot/src/$name/testdata" ] || cp -R "$goroot/src/$name/testdata" "$tmp/go/src/$name/"
done
(cd "$tmp" && find . -mindepth 1 | LC_ALL=C sort | cpio -o -H newc -R 0:0 --reproducible --quiet) >"$file.new"
mv "$file.new" "$file"
