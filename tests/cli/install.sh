#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `make install`: lvmm runs from where it was put, with the kernel that came with it; `make uninstall` takes all of it away.
. "$(dirname "$0")/lib.sh"

make=${MAKE:-make}
# Only what is tested: the others' packages may not be there.
export ISA="${ISAS:-x86_64}"
MAKEFLAGS= "$make" -s -C "$root" install DESTDIR="$scratch/dest" PREFIX=/usr >log 2>&1 || cat log
check 'a second make has nothing to do' sh -c "MAKEFLAGS= '$make' -C '$root' all | grep -q 'Nothing to be done'"
for file in bin/lvmm lib/lvmm/x86_64/guest-kernel.elf share/man/man1/lvmm.1 share/man/man7/lvmm-design.7 \
    share/man/man7/lvmm-syscalls.7; do
    check "installs $file" [ -s "dest/usr/$file" ]
done

run 0 dest/usr/bin/lvmm run --disk hello.img
check 'the installed lvmm says hello' grep -qx 'Hello, UserApp!' out
run 0 dest/usr/bin/lvmm run --verbose --kernel dest/usr/lib/lvmm/x86_64/guest-kernel.elf --disk hello.img
rm dest/usr/lib/lvmm/x86_64/guest-kernel.elf
run 125 dest/usr/bin/lvmm run --disk hello.img
check 'without its kernel it says what is missing' grep -q '^lvmm: .*guest-kernel.elf' err

MAKEFLAGS= "$make" -s -C "$root" uninstall DESTDIR="$scratch/dest" PREFIX=/usr >log 2>&1 || cat log
check 'uninstall leaves no file' [ -z "$(find dest -type f)" ]

finish
