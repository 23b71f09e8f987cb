#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Finds what is wanted in unpacked packages by content, as names, folders and compression change between releases.
#
#   ci/packages.sh unpack FOLDER DEB...               the packages' files into FOLDER, but for drivers that no test wants
#   ci/packages.sh kernel ISA FOLDER FILE [FILE2]     the Linux kernel of that ISA in FOLDER, as QEMU's -kernel takes it, to FILE,
#                                                     and as it is packed to FILE2
#   ci/packages.sh busybox ISA FOLDER FILE            the statically linked busybox to FILE
#   ci/packages.sh modules ISA FOLDER TARGET NAME...  modules and what they depend on to TARGET/NAME.ko, plain; TARGET/order
#                                                     has their names in the order for insmod
#   ci/packages.sh library ISA FOLDER NAME            prints the path of the archive or object file NAME of that ISA
#
# 1: it isn't there; stderr says what was looked for, where, and what was there in its place.
set -eu

usage() {
    sed -n 's/^#   \(ci[^ ]* [a-z]* [A-Z. ]*[A-Z.]\).*/usage: \1/p' "$0" >&2
    exit 2
}

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# ---- what a file is ----

# bytes FILE OFFSET COUNT: in hexadecimal, without spaces
bytes() {
    od -An -v -tx1 -j "$2" -N "$3" "$1" 2>/dev/null | tr -d ' \n'
}

# number FILE OFFSET: 32 bits, little endian
number() {
    od -An -tu4 -j "$2" -N 4 "$1" | tr -d ' '
}

unpacked_by() {
    command -v "$1" >/dev/null || { echo "packages: $2 is packed by $1, which is not installed" >&2 && exit 1; }
    "$1" -dcq <"$2"
}

# plain FILE: to stdout, decompressed if it is compressed
plain() {
    case $(bytes "$1" 0 6) in
    1f8b*) unpacked_by gzip "$1" ;;
    fd377a585a00) unpacked_by xz "$1" ;;
    28b52ffd*) unpacked_by zstd "$1" ;;
    *) cat "$1" ;;
    esac
}

# is_elf FILE ISA [TYPE]: TYPE is e_type, two bytes in hexadecimal: 0100 relocatable
is_elf() {
    case $2 in
    x86_64) machine=3e00 ;;
    i386) machine=0300 ;;
    aarch64) machine=b700 ;;
    riscv64) machine=f300 ;;
    loongarch64) machine=0201 ;;
    *) usage ;;
    esac
    class=02
    [ "$2" != i386 ] || class=01
    [ "$(bytes "$1" 0 6)" = 7f454c46${class}01 ] && [ "$(bytes "$1" 18 2)" = $machine ] &&
        { [ -z "${3-}" ] || [ "$(bytes "$1" 16 2)" = "${3-}" ]; }
}

# is_kernel FILE ISA: an image that a boot loader of that ISA takes, plain.
# Linux, Documentation/arch/{x86/boot,arm64/booting,riscv/boot-image-header,loongarch/booting}.rst
is_kernel() {
    case $2 in
    x86_64) [ "$(bytes "$1" 514 4)" = 48647253 ] ;;                                        # "HdrS"
    aarch64) [ "$(bytes "$1" 56 4)" = 41524d64 ] ;;                                        # "ARM\x64"
    riscv64) [ "$(bytes "$1" 56 4)" = 52534305 ] ;;                                        # magic2, "RSC\x05"
    loongarch64) [ "$(bytes "$1" 0 2)" = 4d5a ] && [ "$(bytes "$1" 56 4)" = cd238281 ] ;; # "MZ", 0x818223cd
    *) usage ;;
    esac
}

# kernel_image FILE: to stdout, out of what it is packed in: a compressing program, an EFI program that unpacks itself
# (Linux, drivers/firmware/efi/libstub/zboot-header.S: "MZ", 0, 0, "zimg", offset, size)
kernel_image() {
    if [ "$(bytes "$1" 0 8)" = 4d5a00007a696d67 ]; then
        tail -c +$(($(number "$1" 8) + 1)) "$1" | head -c "$(number "$1" 12)" >"$tmp/zimg"
        # The size of what is packed may follow it; gzip calls that garbage, status 2. The caller looks at what comes out.
        plain "$tmp/zimg" || :
    else
        plain "$1"
    fi
}

is_busybox() {
    is_elf "$1" "$2" && grep -aq 'BusyBox v' "$1" && ! LC_ALL=C readelf -lW "$1" | grep -q 'INTERP'
}

# module_says FILE KEY: the values of KEY= in .modinfo
module_says() {
    tr '\0' '\n' <"$1" | LC_ALL=C grep -a "^$2=" | cut -d= -f2-
}

# ---- the search ----

# files FOLDER FIND-TESTS...: one a line
files() {
    where=$1
    shift
    find "$where" -type f "$@" | LC_ALL=C sort
}

# not_found WHAT FOLDER PATTERN: what was looked for, where, and what was there in its place
not_found() {
    {
        echo "packages: no $1 in any file below $2"
        if [ -z "$(find "$2" -type f | head -n 1)" ]; then
            echo 'packages: there is no file at all'
        elif [ -z "$(find "$2" -type f -path "$3" | head -n 1)" ]; then
            echo "packages: nothing is called $3; there are, of $(find "$2" -type f | wc -l) files:"
            find "$2" -type f -size +16k | sed "s|^$2/|    |" | LC_ALL=C sort | head -n 20
        else
            echo "packages: what is called $3 and its first bytes:"
            find "$2" -type f -path "$3" | LC_ALL=C sort | head -n 20 | while read -r file; do
                echo "    ${file#"$2"/}, $(stat -c %s "$file") bytes: $(bytes "$file" 0 16)"
            done
        fi
    } >&2
    exit 1
}

# Modules are no kernels, and there are thousands of them. A kernel is not small.
kernel() {
    files "$2" ! -name '*.ko*' -size +"${KERNEL_MIN_KIB:-512}"k >"$tmp/candidates"
    while read -r file; do
        kernel_image "$file" >"$tmp/image" || continue
        if is_kernel "$tmp/image" "$1"; then
            mv "$tmp/image" "$3"
            [ -z "${4-}" ] || cp "$file" "$4"
            return
        fi
    done <"$tmp/candidates"
    not_found "kernel of $1 (bzImage, Image, packed or in an EFI program)" "$2" '*/vmlinu*'
}

busybox() {
    command -v readelf >/dev/null || { echo 'packages: readelf is not installed (binutils)' >&2 && exit 1; }
    files "$2" -size +8k -perm -100 >"$tmp/candidates"
    while read -r file; do
        ! is_busybox "$file" "$1" || { cp "$file" "$3" && chmod 755 "$3" && return; }
    done <"$tmp/candidates"
    not_found "busybox of $1 (a statically linked ELF program)" "$2" '*busybox*'
}

# module_file ISA FOLDER NAME FIND-TESTS...: leaves the module that calls itself so in $tmp/module
module_file() {
    module_isa=$1 module_name=$3
    where=$2
    shift 3
    files "$where" -name '*.ko*' "$@" >"$tmp/candidates"
    while read -r file; do
        plain "$file" >"$tmp/module" || continue
        is_elf "$tmp/module" "$module_isa" 0100 || continue
        [ "$(module_says "$tmp/module" name | tr - _)" != "$module_name" ] || return 0
    done <"$tmp/candidates"
    return 1
}

# What is called so is looked at first: to unpack all takes a while.
module() {
    ! grep -qx "$4" "$tmp/order" || return 0
    pattern=$(echo "$4" | sed 's/_/[-_]/g')
    if ! module_file "$1" "$2" "$4" -name "$pattern.*" && ! module_file "$1" "$2" "$4"; then
        # Built into the kernel: modules.builtin has it as a path.
        ! find "$2" -name modules.builtin -exec cat {} + | sed 's|.*/||; s|\.ko$||' | tr - _ | grep -qx "$4" || return 0
        not_found "module of $1 that calls itself $4" "$2" "*/$pattern.*"
    fi
    mv "$tmp/module" "$3/$4.ko"
    for needed in $(module_says "$3/$4.ko" depends | tr ',-' ' _'); do module "$1" "$2" "$3" "$needed"; done
    echo "$4" >>"$tmp/order"
}

modules() {
    isa=$1 folder=$2 target=$3
    shift 3
    mkdir -p "$target"
    : >"$tmp/order"
    for name; do module "$isa" "$folder" "$target" "$(echo "$name" | tr - _)"; done
    cp "$tmp/order" "$target/order"
}

# An archive is of the ISA that its first ELF member is of.
is_library() {
    case $(bytes "$1" 0 8) in
    213c617263683e0a) # "!<arch>\n"
        at=$(LC_ALL=C grep -aobm 1 "$(printf '\177ELF')" "$1" | head -n 1 | cut -d: -f1)
        [ -n "$at" ] && tail -c +$((at + 1)) "$1" | head -c 64 >"$tmp/member" && is_elf "$tmp/member" "$2"
        ;;
    *) is_elf "$1" "$2" 0100 ;;
    esac
}

library() {
    files "$2" -name "$(basename "$3")" ${4:+-path "$4"} >"$tmp/candidates"
    while read -r file; do
        ! is_library "$file" "$1" || { echo "$file" && return; }
    done <"$tmp/candidates"
    not_found "$3 of $1${4:+ whose path fits $4}" "$2" "*/$3"
}

# Left out: folders of modules that have to do with hardware that the emulated machine hasn't.
unpack() {
    folder=$1
    shift
    mkdir -p "$folder"
    for package; do
        dpkg-deb --fsys-tarfile "$package" >"$tmp/tar" || { echo "packages: $package is damaged" >&2 && exit 1; }
        tar -x -C "$folder" -f "$tmp/tar" --exclude='*/kernel/drivers/net/*/*' --exclude='*/kernel/drivers/gpu' \
            --exclude='*/kernel/drivers/media' --exclude='*/kernel/drivers/infiniband' --exclude='*/kernel/drivers/iio' \
            --exclude='*/kernel/sound' --exclude='*/kernel/net/[!c]*' \
            --exclude='*/kernel/net/c[!o]*'
        rm "$tmp/tar"
    done
}

[ $# -ge 3 ] || usage
action=$1
shift
case $action in
unpack | kernel | busybox | modules | library) $action "$@" ;;
*) usage ;;
esac
