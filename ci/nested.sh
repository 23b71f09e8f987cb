#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs shell commands where KVM is hardware KVM: a Debian kernel with kvm_amd, booted in QEMU's TCG, which emulates
# AMD-V. There is nothing but busybox, /dev/kvm and the files that are asked for.
#
#   ci/nested.sh [--timeout SECONDS] [--qemu 'ARG...'] [--file SOURCE:TARGET]... -- 'shell commands'
#   (SOURCE may be a folder; ARGs are QEMU's, after ours)
#
# Standard output, standard error and exit status are the commands' own. 77: this machine can't offer it (the reason is
# on stderr). Otherwise, when the machine does not come to its end, its log is shown and the status is 125.
set -eu

cd "$(dirname "$0")/.."
nested=${NESTED_DIR:-build/nested}
timeout=300
qemu_args=

usage() {
    sed -n 's/^#   \(ci.*\)/usage: \1/p' "$0" >&2
    exit 2
}

tmp=$(mktemp -d)
qemu=
clean_up() {
    [ -z "$qemu" ] || kill "$qemu" 2>/dev/null || :
    rm -rf "$tmp"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

mkdir "$tmp/extra"
while [ $# -gt 0 ]; do
    case $1 in
    --file)
        source=${2%%:*} target=$tmp/extra/${2#*:}
        mkdir -p "$(dirname "$target")"
        cp -rp "$source" "$target"
        shift 2
        ;;
    --timeout)
        timeout=$2
        shift 2
        ;;
    --qemu)
        qemu_args=$2
        shift 2
        ;;
    --)
        shift
        break
        ;;
    *) usage ;;
    esac
done
[ $# = 1 ] || usage
printf '%s\n' "$1" >"$tmp/extra/commands"
echo "$timeout" >"$tmp/extra/timeout"

skip() {
    echo "$*" >&2
    exit 77
}

# ---- the machine, built once ----

# Fetches a Debian package of the host's own release, without installing it, and takes the paths given out of it.
take_from_package() {
    package=$1
    shift
    (cd "$tmp" && apt-get -q download "$package") >"$tmp/download.log" 2>&1 ||
        skip "the Debian package $package can't be downloaded: $(tail -n 1 "$tmp/download.log")"
    dpkg-deb --fsys-tarfile "$tmp/$package"_*.deb | tar -x -C "$tmp/root" --wildcards --no-anchored "$@"
    rm "$tmp/$package"_*.deb
}

write_init() {
    cat <<'INIT'
#!/bin/busybox sh
# SPDX-License-Identifier: Apache-2.0
# Runs /commands; then writes "STATUS SIZE-OF-STDOUT SIZE-OF-STDERR" and the two to the second serial port.
export PATH=/bin HOME=/ TERM=dumb
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
exec </dev/null >/dev/ttyS0 2>&1
mkdir -p /dev/pts /dev/shm /tmp
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /tmp
ln -s /proc/self/fd /dev/fd
for module in irqbypass ccp kvm kvm-amd; do insmod /modules/$module.ko; done
mkdir /results
timeout "$(cat /timeout)" sh /commands >/results/out 2>/results/err
status=$?
stty -F /dev/ttyS1 raw -echo
{
    echo $status $(stat -c %s /results/out) $(stat -c %s /results/err)
    cat /results/out /results/err
} >/dev/ttyS1
stty -F /dev/ttyS1 raw -echo # waits until all of it is sent
reboot -f
INIT
}

fetch_files() {
    echo "nested: fetching a Debian kernel and busybox into $nested" >&2
    kernel=$(apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/.*Depends: \(linux-image-[^ ]*\)/\1/p' | head -n 1)
    [ -n "$kernel" ] || skip "apt knows no linux-image-amd64"
    mkdir "$tmp/root"
    take_from_package "$kernel" 'boot/vmlinuz-*' irqbypass.ko ccp.ko kvm.ko kvm-amd.ko
    take_from_package busybox-static bin/busybox
    mkdir "$tmp/files"
    find "$tmp/root" -name '*.ko' -exec mv {} "$tmp/files/" \;
    mv "$tmp/root/bin/busybox" "$tmp/files/busybox"
    mv "$tmp/root/boot"/vmlinuz-* "$tmp/files/vmlinuz"
    mv "$tmp/files" "$nested/files"
}

build_machine() {
    [ -d "$nested/files" ] || fetch_files
    mkdir -p "$tmp/base/bin" "$tmp/base/modules" "$tmp/base/proc" "$tmp/base/sys" "$tmp/base/dev"
    cp "$nested/files"/*.ko "$tmp/base/modules/"
    cp "$nested/files/busybox" "$tmp/base/bin/"
    for applet in $("$nested/files/busybox" --list); do
        [ "$applet" = busybox ] || ln -s busybox "$tmp/base/bin/$applet"
    done
    write_init >"$tmp/base/init"
    chmod 755 "$tmp/base/init"
    archive "$tmp/base" | gzip -9 >"$tmp/base.cpio.gz"
    pad "$tmp/base.cpio.gz"
    cksum <"$0" >"$tmp/made-by"
    mv "$tmp/base.cpio.gz" "$tmp/made-by" "$nested/"
}

archive() {
    (cd "$1" && find . -mindepth 1 | sort | cpio -o -H newc -R 0:0 --reproducible --quiet)
}

# An archive that follows another one has to begin at a multiple of 4 (Linux, init/initramfs.c).
pad() {
    truncate -s %4 "$1"
}

command -v qemu-system-x86_64 >/dev/null || skip 'qemu-system-x86_64 is not installed'
# Two tests at a time may find that it isn't built.
mkdir -p "$nested"
exec 9>"$nested/lock"
flock 9
[ -f "$nested/made-by" ] && cksum <"$0" | cmp -s - "$nested/made-by" || build_machine
exec 9>&-

# ---- the run ----

archive "$tmp/extra" | cat "$nested/base.cpio.gz" - >"$tmp/initrd"
# The machine's own time-out comes first, so that what the commands wrote is not lost; the second is for a hung machine.
timeout --foreground -k 5 $((timeout + 60)) qemu-system-x86_64 -accel tcg -M q35 -cpu max,+svm -m 1024 -smp 1 \
    -nodefaults -no-user-config -display none -no-reboot -kernel "$nested/files/vmlinuz" -initrd "$tmp/initrd" \
    -append 'console=ttyS0 quiet panic=-1 reboot=t mitigations=off' \
    -serial "file:$tmp/log" -serial "file:$tmp/results" $qemu_args </dev/null >"$tmp/qemu" 2>&1 9>&- &
qemu=$!
wait "$qemu" || :
qemu=

fail() {
    cat "$tmp/qemu" "$tmp/log" "$tmp/results" >&2 2>/dev/null || :
    echo "nested: $1" >&2
    exit 125
}

[ -s "$tmp/results" ] || fail 'the machine gave no result; above is its log'
read -r status out_size err_size <"$tmp/results"
header=$((${#status} + ${#out_size} + ${#err_size} + 3))
[ "$(stat -c %s "$tmp/results")" = $((header + out_size + err_size)) ] || fail 'the result is cut short; above is the log'
tail -c +$((header + 1)) "$tmp/results" | head -c "$out_size"
tail -c "$err_size" "$tmp/results" >&2
[ "$status" = 0 ] || sed "s/\r\$//; /reboot: Restarting/d; s/^/nested: log: /" "$tmp/log" >&2
exit "$status"
