#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# gdb in a stock Linux: stops in Debian's kernel for arm64 where it powers off, and names the functions down to the
# system call's entry.
#
#   tests/linux/gdb.sh
#
# Debian's kernel comes without symbols, so a first run has it print its own (/proc/kallsyms), and they become an ELF
# file for gdb. arm64, because its kernel keeps frame pointers: one rule unwinds all of it. 78: something isn't installed.
set -eu

cd "$(dirname "$0")/../.."
. tests/offers.sh
lvmm=$PWD/build/lvmm
linux=$PWD/${LINUX_DIR:-build/linux}/aarch64
base=ffff800008000000 # of the kernel's text, where nothing is random
functions='el0t_64_sync el0t_64_sync_handler el0_svc do_el0_svc invoke_syscall __arm64_sys_reboot __do_sys_reboot
    kernel_power_off machine_power_off'

reason=$(no_qemu aarch64)
[ -z "$reason" ] || { echo "$reason" && exit 78; }
offered_tools gdb-multiarch cpio clang-19 ld.lld-19
ci/linux.sh aarch64 || exit

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
failed=0
check() {
    name=$1
    shift
    if "$@"; then echo "ok $name"; else echo "not ok $name" && failed=1; fi
}

mkdir -p "$scratch/root/bin" "$scratch/root/proc"
cp "$linux/busybox" "$scratch/root/bin/"
{
    echo '#!/bin/busybox sh'
    echo 'busybox() { /bin/busybox "$@"; }'
    echo 'busybox mount -t proc proc /proc'
    echo 'busybox echo 0 >/proc/sys/kernel/kptr_restrict'
    echo "busybox grep -E ' ($(echo $functions | tr ' ' '|'))\$' /proc/kallsyms"
    echo 'busybox stty -echo' # waits until the console has sent all of it
    echo 'busybox poweroff -f'
} >"$scratch/root/init"
chmod 755 "$scratch/root/init"
(cd "$scratch/root" && find . -mindepth 1 | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet) | gzip -n >"$scratch/initrd"
cd "$scratch"

# Addresses without randomness, and plain return addresses.
boot() {
    "$lvmm" run --kernel "$linux/vmlinuz" --initrd initrd --append 'quiet nokaslr arm64.nopauth' --timeout 400 "$@"
}

status=0
boot >symbols 2>err || status=$?
cat err
check "Linux tells its symbols: status $status" [ $status = 0 ]
for function in $functions; do
    check "$function is there" grep -q " $function.\$" symbols
done

# The functions at their places in 16 MiB of nothing, and how to find a caller: by the frame record at x29.
tr -d '\r' <symbols | awk -v base=$base '
    BEGIN {
        print ".cfi_sections .debug_frame"
        print ".section .ktext, \"ax\", %nobits"
        print "base: .cfi_startproc"
        print ".cfi_def_cfa x29, 16\n.cfi_offset x29, -16\n.cfi_offset x30, -8"
    }
    $2 ~ /^[tT]$/ && NF == 3 {
        print ".globl " $3 "\n.type " $3 ", %function\n.set " $3 ", base + 0x" substr($1, 9) " - 0x" substr(base, 9)
    }
    END { print ".skip 0x1000000\n.cfi_endproc" }' >symbols.S
clang-19 --target=aarch64-linux-gnu -c symbols.S -o symbols.o
ld.lld-19 --section-start=.ktext=0x$base -e 0 symbols.o -o symbols.elf

: >err
boot --gdb unix:"$scratch/socket" --wait >out 2>err &
lvmm_pid=$!
until grep -q 'gdb can connect' err || ! kill -0 $lvmm_pid 2>/dev/null; do sleep 0.1; done
timeout 300 gdb-multiarch -nx -batch -ex "target remote $scratch/socket" -ex 'hbreak kernel_power_off' -ex continue \
    -ex backtrace -ex delete -ex detach symbols.elf >log 2>&1 || :
wait $lvmm_pid && status=0 || status=$?
cat log
check "gdb lets it go on: status $status" [ $status = 0 ]
check 'and it powers off' grep -q 'reboot: Power down' out
check 'stops in kernel_power_off' grep -q '^#0 .* in kernel_power_off ()' log
# At a function's first instruction its caller isn't in a frame record yet, but its caller's caller is.
for function in __arm64_sys_reboot invoke_syscall do_el0_svc el0_svc el0t_64_sync_handler el0t_64_sync; do
    check "backtrace: $function" grep -q "^#[0-9]* .* in $function ()" log
done
check 'the socket is gone' [ ! -e "$scratch/socket" ]
exit $failed
