#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs shell commands where KVM is hardware KVM: a Debian kernel booted in QEMU's TCG, which emulates AMD-V, ARM's VHE
# and RISC-V's hypervisor extension. There is nothing but busybox, /dev/kvm and the files that are asked for.
#
#   ci/nested.sh [--isa ISA] [--timeout SECONDS] [--qemu 'ARG...'] [--file SOURCE:TARGET]... -- 'shell commands'
#   (ISA: x86_64, aarch64 or riscv64; SOURCE may be a folder; ARGs are QEMU's, after ours)
#
# Standard output, standard error and exit status are the commands' own. 77: this machine can't offer it, 78: it could if a
# program were installed (the reason is on stderr). Otherwise, when the machine does not come to its end, its log is shown and the status is 125.
set -eu

cd "$(dirname "$0")/.."
isa=x86_64
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
    --isa)
        isa=$2
        shift 2
        ;;
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

# The machine: $results is the serial port that the commands' output takes, beside the console that has the log.
case $isa in
x86_64)
    console='ttyS0 reboot=t mitigations=off' results=ttyS1 results_device='-device isa-serial,chardev=results'
    machine='-M q35 -cpu max,+svm'
    ;;
aarch64)
    console='ttyAMA0 arm64.nosme' results=ttyS0 results_device='-device pci-serial,chardev=results'
    # Pointer authentication by a hash of QEMU's own: the architecture's makes Linux four times as slow here.
    machine='-M virt,virtualization=on,gic-version=3 -cpu max,pauth-impdef=on'
    ;;
riscv64)
    console=ttyS0 results=ttyS1 results_device='-device pci-serial,chardev=results'
    machine='-M virt -cpu rv64,h=true'
    ;;
*) skip "no emulated machine of $isa has KVM" ;;
esac
nested=${NESTED_DIR:-build/nested}/$isa
linux=${LINUX_DIR:-build/linux}/$isa

# ---- the machine's files, made once ----

write_init() {
    cat <<'INIT'
#!/bin/busybox sh
# SPDX-License-Identifier: Apache-2.0
# Runs /commands; then writes "STATUS SIZE-OF-STDOUT SIZE-OF-STDERR" and the two to the serial port /results-port.
export PATH=/bin HOME=/ TERM=dumb
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
exec </dev/null >/dev/console 2>&1
mkdir -p /dev/pts /dev/shm /tmp
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /tmp
ln -s /proc/self/fd /dev/fd
for module in $(cat /modules/order); do insmod /modules/$module.ko; done
mkdir /results
port=/dev/$(cat /results-port)
timeout "$(cat /timeout)" sh /commands >/results/out 2>/results/err
status=$?
stty -F "$port" raw -echo
{
    echo $status $(stat -c %s /results/out) $(stat -c %s /results/err)
    cat /results/out /results/err
} >"$port"
stty -F "$port" raw -echo # waits until all of it is sent
reboot -f
INIT
}

# What the machine's files follow from.
made_by() {
    cat "$0" "$linux/made-by" | cksum
}

build_machine() {
    mkdir -p "$tmp/base/bin" "$tmp/base/modules" "$tmp/base/proc" "$tmp/base/sys" "$tmp/base/dev"
    echo $results >"$tmp/base/results-port"
    cp "$linux/kvm"/* "$tmp/base/modules/"
    cp "$linux/busybox" "$tmp/base/bin/"
    write_init >"$tmp/base/init"
    chmod 755 "$tmp/base/init"
    archive "$tmp/base" | gzip -9 >"$tmp/base.cpio.gz"
    pad "$tmp/base.cpio.gz"
    made_by >"$tmp/made-by"
    mv "$tmp/base.cpio.gz" "$tmp/made-by" "$nested/"
}

archive() {
    (cd "$1" && find . -mindepth 1 | sort | cpio -o -H newc -R 0:0 --reproducible --quiet)
}

# An archive that follows another one has to begin at a multiple of 4 (Linux, init/initramfs.c).
pad() {
    truncate -s %4 "$1"
}

for tool in qemu-system-$isa cpio flock; do
    command -v $tool >/dev/null || { echo "$tool is not installed" >&2 && exit 78; }
done
ci/linux.sh "$isa" || exit
# Two tests at a time may find that it isn't built.
mkdir -p "$nested"
exec 9>"$nested/lock"
flock 9
[ -f "$nested/made-by" ] && made_by | cmp -s - "$nested/made-by" || build_machine
exec 9>&-

# ---- the run ----

archive "$tmp/extra" | cat "$nested/base.cpio.gz" - >"$tmp/initrd"
# The machine's own time-out comes first, so that what the commands wrote is not lost; the second is for a hung machine.
run_machine() {
    timeout --foreground -k 5 $((timeout + 60)) qemu-system-$isa -accel tcg $machine -m 1024 -smp 1 \
        -nodefaults -no-user-config -display none -no-reboot -kernel "$linux/kernel" -initrd "$tmp/initrd" \
        -append "console=$console quiet panic=-1" \
        -serial "file:$tmp/log" -chardev "file,id=results,path=$tmp/results" $results_device \
        $qemu_args </dev/null >"$tmp/qemu" 2>&1 9>&- &
    qemu=$!
    wait "$qemu" && ended=0 || ended=$?
    qemu=
}

run_machine
# The commands have a time limit in the machine, so one without a result has hung as a whole: QEMU or the kernel that it runs,
# which no program can do. It is said, and tried once more.
if [ $ended = 124 ] && [ ! -s "$tmp/results" ]; then
    echo "nested: the machine itself hung for $((timeout + 60)) s; once more" >&2
    run_machine
fi

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
[ "$status" = 0 ] || sed "s/\r\$//; /^OpenSBI/,/^Boot HART MEDELEG/d; /reboot: Restarting/d; s/^/nested: log: /" "$tmp/log" >&2
exit "$status"
