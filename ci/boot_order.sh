#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# boot_order.sh - writes guest-kernel/boot.order: the kernel's functions in the order in which hello first calls them, on
# each ISA. They are linked side by side (guest-kernel/build.mk), because on soft KVM each page of the kernel that a boot
# touches is a fault of the host, and in QEMU one more page of code to look after.
#
# Usage: ci/boot_order.sh    (after `make`; a name that an ISA doesn't have, or that is gone, is ignored by the linker)
set -eu
cd "$(dirname "$0")/.."
build=${BUILD:-build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for isa in x86_64 aarch64 riscv64 loongarch64; do
    cat >"$work/qemu-system-$isa" <<X
#!/bin/sh
PATH=\${PATH#*:}
exec qemu-system-$isa "\$@" -d exec,nochain -D $work/log
X
    chmod +x "$work/qemu-system-$isa"
    PATH=$work:$PATH "$build/lvmm" run --accel tcg --kernel "$build/$isa/guest-kernel.elf" \
        --disk "$build/$isa/hello.img" >/dev/null
    # "Trace 0: 0x7f0e3c000100 [cs_base/pc/flags/...]": each pc once, numbered; each takes the name of the symbol before it.
    {
        awk '$1 == "Trace" { split($4, at, "/"); if (!(at[2] in seen)) { seen[at[2]] = 1; print at[2], "pc", NR } }' "$work/log"
        llvm-nm-19 "$build/$isa/guest-kernel.elf.debug" | awk 'tolower($2) == "t" && $3 !~ /^[.]L/ { print $1, "is", $3 }'
    } | LC_ALL=C sort |
        awk '$2 == "is" { name = $3 } $2 == "pc" && name != "" { print $3, name }' | sort -n | awk '!seen[$2]++ { print $2 }' >"$work/$isa"
    echo "$isa: $(wc -l <"$work/$isa") functions" >&2
done
{
    echo '# SPDX-License-Identifier: Apache-2.0'
    echo '# Made by ci/boot_order.sh: what a boot goes through, to be linked side by side.'
    cat "$work/x86_64" "$work/aarch64" "$work/riscv64" "$work/loongarch64" | awk '!seen[$1]++'
} >guest-kernel/boot.order
