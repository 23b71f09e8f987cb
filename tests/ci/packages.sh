#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# ci/packages.sh finds kernel, busybox, modules and libraries in made-up packages of the layouts that Debian has had, and
# says what is missing.
set -u

cd "$(dirname "$0")/../.." || exit 1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
failed=0
export KERNEL_MIN_KIB=0

# check NAME COMMAND...
check() {
    name=$1
    shift
    if "$@" >"$scratch/out" 2>&1; then
        echo "ok $name"
    else
        echo "not ok $name"
        sed 's/^/    /' "$scratch/out"
        failed=1
    fi
}

# ---- made-up files ----

# u32 NUMBER, little endian
u32() {
    printf "\\$(printf %o $(($1 & 255)))\\$(printf %o $(($1 >> 8 & 255)))\\$(printf %o $(($1 >> 16 & 255)))\\$(printf %o $(($1 >> 24)))"
}

zeros() {
    head -c "$1" /dev/zero
}

# kernel ISA: the first bytes that make it one, and some more
kernel() {
    case $1 in
    x86_64) zeros 514 && printf HdrS ;;
    aarch64) printf MZ && zeros 54 && printf 'ARM\144' ;;
    riscv64) printf MZ && zeros 46 && printf 'RISCV\0\0\0RSC\005' ;;
    loongarch64) printf MZ && zeros 54 && printf '\315\043\202\201' ;;
    esac
    echo "the kernel of $1"
    zeros 3000
}

# zboot COMPRESSOR: an EFI program that unpacks what is on stdin
zboot() {
    "$1" -c >"$scratch/payload"
    printf 'MZ\0\0zimg' && u32 512 && u32 $(($(stat -c %s "$scratch/payload") + 4)) && zeros 496
    cat "$scratch/payload"
    u32 3000 # the size of what is packed
}

# elf MACHINE TYPE: the header of a 64-bit program without program headers or sections
elf() {
    printf '\177ELF\002\001\001' && zeros 9
    printf "\\$(printf %o "$2")\\0\\$(printf %o $(($1 & 255)))\\$(printf %o $(($1 >> 8)))" && u32 1 && zeros 28
    printf '\100\0\070\0\0\0\100\0\0\0\0\0' && zeros 4 # sizes of the headers; none of them
}
machine_of() {
    case $1 in x86_64) echo 62 ;; aarch64) echo 183 ;; riscv64) echo 243 ;; loongarch64) echo 258 ;; esac
}

# module ISA NAME DEPENDS
module() {
    elf "$(machine_of "$1")" 1
    printf 'license=GPL\0depends=%s\0name=%s\0vermagic=6\0' "$3" "$2"
}

busybox() {
    elf "$(machine_of "$1")" 2
    zeros 9000
    echo 'BusyBox v1.37.0'
}

# package NAME: a .deb of the folder $scratch/tree, which is used up
package() {
    mkdir -p "$scratch/tree/DEBIAN" "$scratch/debs"
    printf 'Package: %s\nVersion: 1\nArchitecture: all\nMaintainer: nobody\nDescription: made up\n' "$1" >"$scratch/tree/DEBIAN/control"
    dpkg-deb -Znone -b "$scratch/tree" "$scratch/debs/$1.deb" >/dev/null
    rm -rf "$scratch/tree"
}

# put PATH: stdin as a file of the package
put() {
    mkdir -p "$scratch/tree/$(dirname "$1")"
    cat >"$scratch/tree/$1"
    chmod 755 "$scratch/tree/$1"
}

# ---- layouts ----

# One package, boot/vmlinuz-*, plain modules: bookworm.
layout_bookworm() {
    kernel "$1" | put boot/vmlinuz-6.1.0-9-x
    echo 'not a kernel' | put boot/System.map-6.1.0-9-x
    module "$1" kvm irqbypass | put lib/modules/6.1/kernel/arch/kvm/kvm.ko
    module "$1" kvm_amd kvm,ccp | put lib/modules/6.1/kernel/arch/kvm/kvm-amd.ko
    module "$1" ccp '' | put lib/modules/6.1/kernel/drivers/crypto/ccp/ccp.ko
    module "$1" irqbypass '' | put lib/modules/6.1/kernel/virt/lib/irqbypass.ko
    package linux-image
    busybox "$1" | put bin/busybox
    package busybox-static
}

# One package, boot/vmlinux-* (an EFI image), modules .xz below usr/: trixie on riscv64.
layout_trixie() {
    kernel "$1" | put boot/vmlinux-6.12-x
    module "$1" kvm irqbypass | xz | put usr/lib/modules/6.12/kernel/arch/kvm/kvm.ko.xz
    module "$1" kvm_amd ccp,kvm | xz | put usr/lib/modules/6.12/kernel/arch/kvm/kvm-amd.ko.xz
    module "$1" ccp '' | xz | put usr/lib/modules/6.12/kernel/drivers/crypto/ccp/ccp.ko.xz
    module "$1" irqbypass '' | xz | put usr/lib/modules/6.12/kernel/virt/lib/irqbypass.ko.xz
    package linux-image
    echo '#!/bin/sh' | put usr/share/initramfs-tools/hooks/busybox
    busybox "$1" | put usr/bin/busybox
    package busybox-static
}

# Packages for the image and for the modules, a compressed kernel, modules .zst, one of them built in: forky, and what may come.
layout_forky() {
    kernel "$1" | zboot gzip | put usr/lib/linux/6.19/vmlinuz.efi
    package linux-binary
    module "$1" kvm '' | zstd -q | put usr/lib/modules/6.19/kernel/arch/kvm/kvm.ko.zst
    module "$1" kvm_amd kvm,ccp | zstd -q | put usr/lib/modules/6.19/kernel/arch/kvm/renamed.ko.zst
    echo kernel/drivers/crypto/ccp/ccp.ko | put usr/lib/modules/6.19/modules.builtin
    package linux-modules
    elf 62 2 | put usr/bin/dynamic
    busybox "$1" | put usr/libexec/busybox-1.37
    package busybox-static
}

# As forky, in other wrappings.
layout_gzip() {
    kernel "$1" | gzip | put boot/Image.gz
    package linux-image
    module "$1" kvm_amd '' | gzip | put lib/modules/7/kvm-amd.ko.gz
    package linux-modules
    busybox "$1" | put usr/bin/busybox.static
    package busybox
}
layout_zstd() {
    kernel "$1" | zboot zstd | put boot/vmlinuz-7
    package linux-image
    module "$1" kvm_amd '' | put lib/modules/7/kvm-amd.ko
    package linux-modules
    busybox "$1" | put usr/bin/busybox
    package busybox
}

# The order is one for insmod: each module behind those that it needs.
in_order() {
    cat "$scratch/modules/order"
    [ "$(tail -n 1 "$scratch/modules/order")" = kvm_amd ] || return 1
    ! grep -qx irqbypass "$scratch/modules/order" ||
        [ "$(grep -nx irqbypass "$scratch/modules/order" | cut -d: -f1)" -lt "$(grep -nx kvm "$scratch/modules/order" | cut -d: -f1)" ]
}

plain_modules() {
    ls "$scratch/modules"
    while read -r name; do
        tr '\0' '\n' <"$scratch/modules/$name.ko" | grep -aqx "name=$name" || return 1
    done <"$scratch/modules/order"
}

# same_as_one FILE: a file of the packages has these bytes.
same_as_one() {
    find "$scratch/root" -type f -exec cmp -s {} "$1" \; -print | grep .
}

fresh() {
    rm -rf "$scratch/debs" "$scratch/root" "$scratch/modules" "$scratch/kernel" "$scratch/busybox"
}

for layout in bookworm trixie forky gzip zstd; do
    for isa in x86_64 aarch64 riscv64 loongarch64; do
        fresh
        layout_$layout $isa
        check "$layout, $isa: packages" ci/packages.sh unpack "$scratch/root" "$scratch/debs"/*.deb
        check "$layout, $isa: the kernel" ci/packages.sh kernel $isa "$scratch/root" "$scratch/kernel" "$scratch/packed"
        kernel $isa >"$scratch/wanted"
        check "$layout, $isa: the kernel is plain" cmp "$scratch/kernel" "$scratch/wanted"
        check "$layout, $isa: the kernel as it is packed" same_as_one "$scratch/packed"
        check "$layout, $isa: busybox" ci/packages.sh busybox $isa "$scratch/root" "$scratch/busybox"
        check "$layout, $isa: modules" ci/packages.sh modules $isa "$scratch/root" "$scratch/modules" kvm-amd
        check "$layout, $isa: modules in the order for insmod" in_order
        check "$layout, $isa: modules are plain" plain_modules
    done
done

# ---- what is missing is told ----

# refuses NAME PATTERN ARGUMENT...: status 1, and stderr has a line that fits
refuses() {
    name=$1 pattern=$2
    shift 2
    status=0
    ci/packages.sh "$@" >"$scratch/out" 2>&1 || status=$?
    if [ $status = 1 ] && grep -Eq -- "$pattern" "$scratch/out"; then
        echo "ok $name"
    else
        echo "not ok $name: status $status, wanted 1 and a line that fits $pattern"
        sed 's/^/    /' "$scratch/out"
        failed=1
    fi
}

fresh
layout_trixie riscv64
ci/packages.sh unpack "$scratch/root" "$scratch/debs"/*.deb
refuses 'the kernel of another ISA: what was looked for and where' "no kernel of aarch64.*below $scratch/root" \
    kernel aarch64 "$scratch/root" "$scratch/kernel"
refuses 'the kernel of another ISA: what was there' '^    boot/vmlinux-6.12-x, [0-9]+ bytes: 4d5a' \
    kernel aarch64 "$scratch/root" "$scratch/kernel"
refuses 'busybox of another ISA' '^    usr/bin/busybox, [0-9]+ bytes: 7f454c46' busybox x86_64 "$scratch/root" "$scratch/busybox"
refuses 'a module that is not there' 'no module of riscv64 that calls itself vfio' \
    modules riscv64 "$scratch/root" "$scratch/modules" vfio
refuses 'a module of another ISA' 'no module of x86_64' modules x86_64 "$scratch/root" "$scratch/modules" kvm
rm "$scratch/root/boot/vmlinux-6.12-x"
refuses 'no kernel at all: what is there' 'nothing is called' kernel riscv64 "$scratch/root" "$scratch/kernel"
rm -rf "$scratch/root" && mkdir "$scratch/root"
refuses 'an empty folder' 'no file at all' kernel riscv64 "$scratch/root" "$scratch/kernel"
echo no >"$scratch/damaged.deb"
refuses 'a damaged package' 'damaged.deb is damaged' unpack "$scratch/root" "$scratch/damaged.deb"
# A dynamic program is no static busybox, whatever it is called.
cp /bin/sh "$scratch/root/busybox" && printf 'BusyBox v1' >>"$scratch/root/busybox"
refuses 'a busybox that is not static' "no busybox of $(uname -m)" busybox "$(uname -m)" "$scratch/root" "$scratch/busybox"

# ---- libraries ----

# archive FILE MEMBER: ar's format: a header of 60 bytes, then the member
archive() {
    printf '!<arch>\n%-16s%-12s%-6s%-6s%-8s%-10s`\n' a.o/ 0 0 0 644 "$(stat -c %s "$2")" >"$1"
    cat "$2" >>"$1"
}
mkdir -p "$scratch/root/usr/lib/gcc-cross/loong" "$scratch/root/usr/lib/gcc/riscv"
for isa in loongarch64 riscv64; do
    elf "$(machine_of $isa)" 1 >"$scratch/a.o"
    archive "$scratch/root/usr/lib/gcc$([ $isa = riscv64 ] || echo -cross)/$(echo $isa | head -c 5)/libgcc.a" "$scratch/a.o"
done
mv "$scratch/root/usr/lib/gcc/riscv" "$scratch/root/usr/lib/gcc/riscv64-linux-gnu"
check 'a library of the right ISA' sh -c "ci/packages.sh library riscv64 '$scratch/root' libgcc.a | grep -x '$scratch/root/usr/lib/gcc/riscv64-linux-gnu/libgcc.a'"
refuses 'a library of no ISA that is there' '^    usr/lib/gcc' library x86_64 "$scratch/root" libgcc.a

exit $failed
