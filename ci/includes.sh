#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Who may include whom: a file includes only from its own group or one further left.
#
#   host:   log,util <- mem,bus,loop <- devices <- boot <- vm,vcpu,dispatch <- kvmarch <- backend_* <- main
#   guest:  lib,abi <- arch.h <- mm,core <- vfs <- fs,net,drv,ipc <- sys <- core/main.c
#
# Also: <linux/kvm.h> and <libfdt.h> only where they belong, and no #if on an ISA outside the seams. Reads the sources,
# so that every build's conditional includes count.
set -eu

cd "$(dirname "$0")/.."
find vmm devices boot kvmarch guest-kernel payload -name '*.[chS]' -o -name '*.def' | LC_ALL=C sort | xargs -d '\n' awk -v isas="$(dirname guest-kernel/arch/*/kernel.ld | sed s,$,/, | tr "\n" " ")" '
    function fail(text) {
        printf "%s:%d: %s\n", FILENAME, FNR, text
        bad = 1
    }

    # The rank of a host file; -1: no rule (main and what only main uses may include all).
    function host_rank(file) {
        if (file ~ /^vmm\/(log|clock|meter|file_io|file_process|disk\/(clear|cow|cow_file|image)|sandbox\/[a-z]*|syscall_names|timeline|stop|process|escape)\.[ch]$/ || file ~ /^boot\/abi(_[a-z]*)?\.h$/) return 1
        if (file ~ /^vmm\/(share\/tree|vhost\/protocol)\.h$/) return 1
        if (file ~ /^vmm\/(kvm\/(mem|bus)|loop)\.[ch]$/) return 2
        if (file ~ /^devices\//) return 3
        if (file ~ /^boot\//) return 4
        if (file ~ /^vmm\/(cli\/(command_line|config|option|options|file_words|share_words|net_words|values)|net\/(address|policy|publish))\.[ch]$/) return 4
        if (file ~ /^vmm\/kvm\/(vm|vcpu|dispatch)\.[ch]$/) return 5
        if (file ~ /^kvmarch\//) return 6
        if (file ~ /^vmm\/cli\/main\.[ch]$/) return 8
        if (file ~ /^vmm\//) return 7
        return -1
    }

    function guest_rank(file) {
        if (file ~ /^guest-kernel\/core\/main\.c$/) return 9
        if (file ~ /^guest-kernel\/(lib|abi)\// || file == "guest-kernel/vdso/data.h" || file ~ /^boot\/abi(_[a-z]*)?\.h$/) return 1
        if (file ~ /^guest-kernel\/arch\/(arch\.h|[a-z0-9_]*\/isa\.h)$/) return 2
        # The vDSO runs in the program, and counter.h is its part of an ISA.
        if (file ~ /^guest-kernel\/vdso\// || file ~ /^guest-kernel\/arch\/[a-z0-9_]*\/vdso\/counter\.h$/) return 2
        # What implements arch.h may use the kernel as it needs; nobody else sees its inside.
        if (file ~ /^guest-kernel\/arch\//) return 9
        if (file ~ /^guest-kernel\/(mm|core)\//) return 3
        if (file ~ /^guest-kernel\/vfs\//) return 4
        if (file ~ /^guest-kernel\/(fs|net|drv|ipc)\//) return 5
        if (file ~ /^guest-kernel\/sys\//) return 6
        return -1
    }

    function exists(path, line, found) {
        if (!(path in known)) {
            found = (getline line <path) >= 0
            close(path)
            known[path] = found
        }
        return known[path]
    }

    # isa.h is another file on each ISA, and every ISA must have one. The answer is one of them.
    function isa_header(count, folders, i) {
        count = split(isas, folders, " ")
        for (i = 1; i <= count; i++)
            if (!exists(folders[i] "isa.h")) return ""
        return folders[1] "isa.h"
    }

    # The file that `name` means when FILENAME includes it.
    function resolve(name, folder) {
        folder = FILENAME
        sub(/[^\/]*$/, "", folder)
        if (exists(folder name)) return folder name
        if (guest && exists("guest-kernel/" name)) return "guest-kernel/" name
        if (guest && name == "vdso/counter.h") return "guest-kernel/arch/x86_64/vdso/counter.h"
        if (guest && name == "isa.h") return isa_header()
        if (exists(name)) return name
        return ""
    }

    FNR == 1 { guest = FILENAME ~ /^(guest-kernel|payload\/gkernel)\//; machine_file = FILENAME ~ /^boot\/machine_/ }

    /^[ \t]*#[ \t]*include[ \t]*"/ {
        split($0, part, "\"")
        if (part[2] == "sandbox-lists.h") next # made by the build
        target = resolve(part[2])
        if (target == "") { fail("no such file in the tree: \"" part[2] "\""); next }
        if (FILENAME ~ /^payload\//) {
            if (target !~ /^payload\// && guest_rank(target) != 1) fail("payload may include only guest-kernel/lib: " target)
        } else if (guest) {
            # mm, core and arch.h are headers of each other: contracts, without cycles of their own.
            if (guest_rank(target) < 0) fail("the guest kernel may include nothing of the host but boot/abi.h and its parts: " target)
            else if (guest_rank(target) == 9 && guest_rank(FILENAME) != 9) fail("only arch/ may include " target)
            else if (guest_rank(FILENAME) == 2 && target ~ /^guest-kernel\/mm\/[a-z]*\.h$/) next
            else if (guest_rank(target) > guest_rank(FILENAME)) fail("includes from a group further right: " target)
        } else if (target ~ /^guest-kernel\//) {
            if (target !~ /^guest-kernel\/abi\/(syscalls\.def|kinds\.h|argument_kinds\.h)$/) fail("the host may include only abi/syscalls.def, kinds.h and argument_kinds.h: " target)
        } else if (host_rank(target) > host_rank(FILENAME)) {
            fail("includes from a group further right: " target)
        }
    }

    /^[ \t]*#[ \t]*include[ \t]*<linux\/kvm\.h>/ && FILENAME !~ /^(vmm\/kvm\/(backend_kvm|vcpu)\.c|kvmarch\/.*)$/ {
        fail("<linux/kvm.h> is for vmm/kvm/backend_kvm.c, vmm/kvm/vcpu.c and kvmarch/")
    }
    /^[ \t]*#[ \t]*include[ \t]*<(libfdt|fdt)\.h>/ && FILENAME != "boot/fdt.c" { fail("libfdt is for boot/fdt.c") }

    /^[ \t]*#[ \t]*(if|ifdef|ifndef|elif).*(x86_64|i386|aarch64|arm64|riscv|loongarch)/ &&
    FILENAME !~ /^(guest-kernel\/arch|kvmarch|payload)\// && !machine_file {
        fail("a conditional on an ISA outside the seams")
    }

    FNR == 1 { files++ }
    END {
        if (!files) print "includes: there are no files to look at"
        if (files && !bad) print "ok " files " files include what they may"
        exit bad || !files
    }
'
