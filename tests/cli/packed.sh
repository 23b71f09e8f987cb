#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compressed kernels: our own, packed as distributions pack theirs, runs hello; what is damaged, too large or no kernel is told.
. "$(dirname "$0")/lib.sh"

for tool in gzip xz lz4 zstd; do
    command -v $tool >/dev/null || not_ok "the tests need $tool, which is not installed"
done

# le32 NUMBER: its 4 bytes, the lowest first.
le32() {
    # shellcheck disable=SC2059
    printf "$(printf '\\%03o\\%03o\\%03o\\%03o' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255)))"
}

# zboot METHOD PAYLOAD UNPACKED: an EFI image that unpacks PAYLOAD itself (Linux, drivers/firmware/efi/libstub/zboot-header.S),
# with the unpacked size behind it as the Makefiles append it.
zboot() {
    printf 'MZ\0\0zimg'
    le32 4096
    le32 "$(stat -c %s "$2")"
    printf '\0\0\0\0\0\0\0\0%s' "$1"
    head -c $((32 - ${#1})) /dev/zero
    printf '\315\043\202\201' # LINUX_PE_MAGIC, which LoongArch's own images have there, too
    le32 64
    head -c 4032 /dev/zero
    cat "$2"
    le32 "$(stat -c %s "$3")"
    head -c 2000 /dev/zero
}

# packs KERNEL: all kinds of it, as packed-*
packs() {
    rm -f packed-*
    gzip -9c "$1" >packed-gz
    xz --check=crc32 --lzma2=preset=6,dict=128MiB -c "$1" >packed-xz # as scripts/xz_wrap.sh does
    lz4 -q -9 "$1" packed-lz4
    lz4 -q -l -9 "$1" packed-lz4-legacy
    zstd -q --ultra -22 "$1" -o packed-zst
    zstd -q <"$1" >packed-zst-pipe
    zboot gzip packed-gz "$1" >packed-zboot-gz
    zboot xzkern packed-xz "$1" >packed-zboot-xz
    zboot lz4 packed-lz4-legacy "$1" >packed-zboot-lz4
    zboot zstd22 packed-zst "$1" >packed-zboot-zst
    gzip -c packed-zboot-zst >packed-zboot-zst-gz
}

# runs NAME OPTION...: hello, by each packed-*, without a word
runs() {
    place=$1
    shift
    for file in packed-*; do
        run 0 "$lvmm" run "$@" --kernel "$file"
        check "$place: $file" [ "$(cat out err)" = 'Hello, UserApp!' ]
    done
}

packs "$kernel"
accels=$(accelerators)
for accel in $accels; do runs "$accel" --accel "$accel" --disk hello.img,ro; done

# ---- what --verbose says ----

size=$(stat -c %s "$kernel")
says() {
    run 0 "$lvmm" run --verbose --kernel "$1" --disk hello.img,ro
    check "--verbose: $2" grep -Eqx "lvmm: $2 in [0-9]+\.[0-9] ms" err
}
says packed-gz "--kernel packed-gz: gzip, $(stat -c %s packed-gz) bytes -> $size bytes"
says packed-lz4-legacy "--kernel packed-lz4-legacy: lz4, $(stat -c %s packed-lz4-legacy) bytes -> $size bytes"
says packed-zboot-zst-gz \
    "--kernel packed-zboot-zst-gz, unpacked: an EFI zboot image, zstd, $(stat -c %s packed-zst) bytes -> $size bytes"
run 0 "$lvmm" run --verbose --kernel "$kernel" --disk hello.img,ro
check '--verbose: nothing of a kernel that is not packed' sh -c '! grep -q "^lvmm: --kernel" err'

# ---- what can't be ----

gzip -c packed-zboot-zst-gz >thrice
refuses 125 '--kernel thrice: is compressed more than 2 times' --kernel thrice

for format in gz xz lz4 lz4-legacy zst; do
    packing=$(echo "$format" | sed 's/gz/gzip/; s/-.*//; s/zst/zstd/')
    for cut in 20 1000 $((size / 4)); do
        head -c "$cut" "packed-$format" >cut
        refuses 125 "--kernel cut: is $packing-compressed, and is truncated: its data ends at byte $cut\$" --kernel cut
    done
    { cat "packed-$format" && echo more; } >more
    refuses 125 "--kernel more: is $packing-compressed, and (something else follows its data|its data is damaged) at byte" --kernel more
    head -c 100 /dev/urandom | dd of="packed-$format" bs=1 seek=40000 conv=notrunc 2>dd.log
    [ "$format" = lz4-legacy ] || # has no checksum
        refuses 125 "--kernel packed-$format: is $packing-compressed, and its data is damaged at byte [0-9]+ ?" \
            --kernel "packed-$format"
done
head -c 5000 packed-zboot-xz >cut
refuses 125 '--kernel cut: is an EFI zboot image that is truncated' --kernel cut
{ head -c 8 packed-zboot-gz && printf '\377\377\377\377' && tail -c +13 packed-zboot-gz; } >bad
refuses 125 '--kernel bad: is an EFI zboot image .* is not in the file' --kernel bad
zboot lzma packed-gz "$kernel" >bad
refuses 125 '--kernel bad: is an EFI zboot image packed by "lzma"; lvmm unpacks gzip, xz, lz4 and zstd' --kernel bad
printf 'BZh91AY&SY' >bz2
refuses 125 '--kernel bz2: is bzip2-compressed; lvmm unpacks gzip, xz, lz4 and zstd' --kernel bz2

# No kernel in it: what it is instead is told as of a file that isn't packed.
echo 'not a kernel' | gzip -c >text.gz
refuses 125 '--kernel text\.gz: is not an ELF file' --kernel text.gz
gzip -c </dev/null >empty.gz
refuses 125 '--kernel empty\.gz: .*there is nothing in it' --kernel empty.gz

# Data that expands without end: to more than the guest's memory, or than any kernel.
for packer in 'gzip -1' 'xz -0' 'lz4 -q' 'lz4 -q -l' 'zstd -q'; do
    head -c 33554433 /dev/zero | $packer >bomb
    refuses 125 "--kernel bomb: .*expands to (33554433 bytes, )?more than 32M, the guest's memory; .* --memory" \
        --kernel bomb --memory 32M
done
head -c 1073741825 /dev/zero | lz4 -q >bomb
refuses 125 '--kernel bomb: .*expands to more than 1024M, and no kernel is as large$' --kernel bomb --memory 2G
# A file may be no larger than this, and a memfd is one. (In units of 512 bytes.)
(
    ulimit -f 2048
    refuses 125 '--kernel packed-zboot-gz: is compressed, and there is no room to unpack it: .*File too large' \
        --kernel packed-zboot-gz --disk hello.img,ro
    exit $failed
) || failed=1

# ---- other ISAs, those that are tested ----

case " $accels " in
*tcg*)
    for isa in aarch64 riscv64 loongarch64; do
        case " ${ISAS-x86_64 aarch64 riscv64 loongarch64} " in *" $isa "*) ;; *) continue ;; esac
        reason=$(no_qemu $isa)
        if [ -n "$reason" ]; then
            echo "missing: packed/$isa: $reason"
        else
            packs "$build/$isa/guest-kernel.elf"
            runs "$isa" --disk "$build/$isa/hello.img,ro"
        fi
    done
    ;;
esac
finish
