#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Packs an initramfs with a shell: busybox under the names of all its applets, and the few files that it looks for.
#
#   ci/shell.sh ISA BUSYBOX FILE
set -eu

isa=$1 busybox=$2 file=$3
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

pack() {
    (cd "$1" && find . -mindepth 1 | LC_ALL=C sort | cpio -o -H newc -R 0:0 --reproducible --quiet)
}

# A busybox of another ISA tells its applets in a guest.
applets() {
    if [ "$isa" = "$(uname -m)" ]; then
        "$busybox" --list
        return
    fi
    pack "$tmp/root" >"$tmp/first"
    build/lvmm run --arch "$isa" --initrd "$tmp/first" -- /bin/busybox --list
}

mkdir -p "$tmp/root/bin"
cp "$busybox" "$tmp/root/bin/busybox"
applets >"$tmp/applets" || {
    echo "shell: Debian's busybox for $isa doesn't run here (for loongarch64 it wants QEMU 8.1 or newer)" >&2
    exit 1
}
cd "$tmp/root"
mkdir dev etc proc root sys tmp usr var
chmod 1777 tmp
chmod 700 root
while read -r name; do
    [ "$name" = busybox ] || ln bin/busybox "bin/$name"
done <"$tmp/applets"
ln -s ../bin usr/bin
ln -s bin sbin
ln -s ../tmp var/tmp
echo 'root:x:0:0:root:/root:/bin/sh' >etc/passwd
echo 'root:x:0:' >etc/group
cat >etc/profile <<'X'
export HOME=/root PS1='\w # '
cd
X
cat >init <<'X'
#!/bin/sh
echo "busybox in a VM of lvmm's; 'busybox --list' names what there is, 'exit' ends it."
exec sh -l
X
chmod 755 init
cd - >/dev/null
pack "$tmp/root" >"$file.new"
mv "$file.new" "$file"
