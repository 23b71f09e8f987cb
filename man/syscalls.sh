#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# man/syscalls.sh >lvmm-syscalls.7: the page of all system calls, out of the kernel's table and man/syscalls.txt.
set -eu

cd "$(dirname "$0")/.."
tab=$(printf '\t')
{
cat <<'X'
.\" SPDX-License-Identifier: Apache-2.0
.\" Made by man/syscalls.sh
.Dd November 30, 2026
.Dt LVMM-SYSCALLS 7
.Os
.Sh NAME
.Nm lvmm-syscalls
.Nd the Linux system calls that programs in a guest can make
.Sh DESCRIPTION
What a call does is in the manual pages of Linux; here stand those that the guest kernel of
.Xr lvmm 1
knows, with their numbers: of x86_64, of aarch64, riscv64 and loongarch64, which have the same, and of 32-bit programs on x86_64
.Pq i386 , No by Ql int 0x80 .
.Pp
A call that is not there gives
.Er ENOSYS ,
as a Linux that was built without it, and
.Nm lvmm
names it once on its standard error, unless it is one of NUMA, of Landlock or of other security modules: many a program asks for
these to see whether they are there.
A number that is in no list gives the same.
.Ss Calls that are there
.Bl -tag -width Ds
X
page() {
    awk -v missing="$1" '
        function numbers(a, b, c, text) {
            text = a >= 0 ? "x86_64 " a : ""
            if (b ~ /^SYSCALL_RISCV64/)
                text = text (text != "" ? ", " : "") "riscv64 " substr(b, 17, length(b) - 17)
            else if (b >= 0)
                text = text (text != "" ? ", " : "") "others " b
            if (c >= 0)
                text = text (text != "" ? ", " : "") "i386 " c
            return text
        }
        FILENAME == "man/syscalls.txt" {
            if ($0 !~ /^#/)
                note[$1] = substr($0, length($1) + 2)
            next
        }
        /^SYSCALL/ {
            line = $0
            i386 = line ~ /^SYSCALL_I386/
            sub(/^SYSCALL[A-Z_0-9]*\(/, "", line)
            if ($0 ~ /^SYSCALL_SHARED/)
                sub(/^[a-z_0-9]+, /, "", line)
            split(line, field, /, */)
            is_missing = field[i386 ? 3 : 5] ~ /^sys_ni_/
            if (is_missing != missing)
                next
            name = field[1]
            text = i386 ? numbers(-1, -1, field[2]) : numbers(field[2], field[3], field[4])
            printf "%s\t%s\t%s\n", name, text, note[name]
        }' man/syscalls.txt guest-kernel/abi/syscalls.def | LC_ALL=C sort -s -t "$tab" -k 1,1 | awk -F'\t' '
        $1 == last {
            printf "; %s", $2
            next
        }
        {
            end()
            printf ".It Fn %s\n%s", $1, $2
            last = $1
            said = $3
        }
        function end() {
            if (last != "")
                printf "%s\n", said != "" ? ".\n" toupper(substr(said, 1, 1)) substr(said, 2) "." : ""
        }
        END { end() }'
}
page 0
cat <<'X'
.El
.Ss Calls that are not there
.Bl -tag -width Ds
X
page 1
cat <<'X'
.El
.Sh SEE ALSO
.Xr lvmm 1 ,
.Xr syscalls 2 ,
.Xr lvmm-design 7
X
} | fold -s -w 79 | sed 's/ *$//'
