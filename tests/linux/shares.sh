#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Debian's Linux kernel mounts lvmm's shared folders, on QEMU's TCG: its driver and QEMU's front end know the protocol from others.
set -eu

cd "$(dirname "$0")/../.."
. tests/offers.sh
reason=$(no_qemu x86_64)
[ -z "$reason" ] || { echo "$reason" && exit 78; }
command -v cpio >/dev/null || { echo 'cpio is not installed' && exit 78; }
ci/linux.sh x86_64 || exit
linux=${LINUX_DIR:-build/linux}/x86_64

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
export TMPDIR="$scratch/tmp"

mkdir "$scratch/tmp" "$scratch/rw" "$scratch/cow" "$scratch/initrd"
echo 'of the host' >"$scratch/rw/file"
echo 'stays' >"$scratch/cow/file"
head -c 3000001 /dev/urandom >"$scratch/rw/large"
sum=$(md5sum <"$scratch/rw/large")

(
    cd "$scratch/initrd"
    mkdir bin dev mnt
)
cp "$linux/busybox" "$scratch/initrd/bin/"
cp -r "$linux/share" "$scratch/initrd/modules"
cat >"$scratch/initrd/init" <<'EOF'
#!/bin/busybox sh
export PATH=/bin
/bin/busybox --install -s /bin
mount -t devtmpfs dev /dev
for module in $(cat /modules/order); do insmod "/modules/$module.ko"; done
say() {
    echo "LINUX-SHARES: $*"
}
mount -t virtiofs lvmm /mnt || say 'not mounted'
say "$(ls /mnt | tr '\n' ' ')"
say "$(cat /mnt/0/file /mnt/1/file | tr '\n' ' ')"
say "$(md5sum </mnt/0/large)"
mkdir /mnt/0/made && mv /mnt/0/file /mnt/0/made/moved && echo more >>/mnt/0/made/moved
cp /mnt/0/large /mnt/1/copy && rm /mnt/1/file
say "$(md5sum </mnt/1/copy) $(ls /mnt/1)"
echo x >/mnt/2/new
umount /mnt && say unmounted
stty -echo # waits until the console has sent all of it
poweroff -f
EOF
chmod 755 "$scratch/initrd/init" "$scratch/initrd/bin/busybox"
(cd "$scratch/initrd" && find . -mindepth 1 | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet) >"$scratch/initrd.cpio"

failed=0
build/lvmm run --accel tcg --timeout 300 --kernel "$linux/vmlinuz" --initrd "$scratch/initrd.cpio" --append quiet \
    -v "$scratch/rw:/rw" -v "$scratch/cow:/cow:cow" -v "$scratch/cow:/ro:ro" >"$scratch/out" 2>&1 || failed=1
tr -d '\r' <"$scratch/out" | sed -n 's/.*LINUX-SHARES: //p' >"$scratch/said"
printf '%s\n' '0 1 2 ' 'of the host stays ' "$sum" "$sum copy" unmounted >"$scratch/expected"
cmp "$scratch/said" "$scratch/expected" || failed=1
[ "$(cat "$scratch/rw/made/moved")" = 'of the host
more' ] || failed=1
[ "$(ls "$scratch/cow")" = file ] || failed=1
[ -z "$(ls -A "$scratch/tmp")" ] || failed=1
if [ $failed = 0 ]; then echo 'ok Linux and shared folders'; else cat "$scratch/out" && echo 'not ok Linux and shared folders'; fi
exit $failed
