#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What people run: Debian's gcc, python3, perl, git and shell, in guest instructions beside Debian's Linux: the same programs from the
# same ext4 image, the same QEMU. Of several runs in one machine the cheapest: all that it reads is in memory by then.
#
# PROGRAMS='gcc perl' in the environment: only these.
set -eu
. ci/bench/lib.sh

PATH=$PATH:/sbin:/usr/sbin
chosen=${PROGRAMS-gcc python perl git_log true_1000}
rows=
for program in $chosen; do rows="$rows programs/$program"; done
status=0
ci/rootfs.sh "$isa" "$work/programs" coreutils dash gcc git libc6-dev perl python3 >&2 || status=$?
# shellcheck disable=SC2086 # names
case $status in
0) ;;
77) skip 'no network to fetch Debian packages from' $rows && exit 0 ;;
78) skip 'no apt that fetches Debian packages' $rows && exit 0 ;;
*) echo 'failed: programs: their tree could not be made' && exit 0 ;;
esac

# ---- the disk: Debian's programs, and what they work on ----

root=$work/programs-root fresh=$work/programs-fresh.img img=$work/programs.img
trap 'rm -rf "$root" "$fresh" "$img"' EXIT
trap 'exit 143' TERM
rm -rf "$root" "$fresh"
cp -a "$work/programs/tree" "$root"
mkdir -p "$root/bench" "$root/room"
cp "$build/$isa/bench/spawn" "$root/bench/"
printf '[safe]\n\tdirectory = *\n' >"$root/etc/gitconfig" # whoever has made the image

# 2,000 lines of C.
awk 'BEGIN {
    print "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n"
    for (i = 0; i < 249; i++)
        printf "int function_%d(int a, const char *s)\n{\n    int sum = %d;\n\n    for (int i = 0; i < a; i++)\n" \
            "        sum += s[i %% strlen(s)] * (i ^ a);\n    return printf(\"%%d %%s\\n\", sum, s);\n}\n", i, i
    print "int main(int argc, char **argv) { return function_0(argc, argv[0]); }"
}' >"$root/room/2000.c"

# 500 commits of a small file, in a pack.
awk 'BEGIN {
    for (i = 1; i <= 500; i++) {
        text = "line " i
        printf "commit refs/heads/master\nmark :%d\ncommitter nobody <nobody@localhost> %d +0000\ndata 20\ncommit %-12dx\n", \
            i, 1600000000 + i * 60, i
        if (i > 1) printf "from :%d\n", i - 1
        printf "M 644 inline file\ndata %d\n%s\n\n", length(text), text
    }
}' >"$work/programs.import"
git init -q -b master "$root/room"
git -C "$root/room" fast-import --quiet <"$work/programs.import"
mke2fs -q -F -t ext4 -b 4096 -d "$root" "$fresh" 1G >/dev/null
rm -rf "$root" "$work/programs.import"

# ---- what they cost ----

# On Linux the program's output is the serial port's, and dear: all of it goes to a file.
script_of() {
    # shellcheck disable=SC2016 # for the guest's shell
    case $1 in
    gcc) echo 'gcc -o 2000 2000.c' ;;
    python) echo 'python3 -c "import json"' ;;
    perl) echo 'perl -e 1' ;;
    git_log) echo 'git log >/dev/null' ;;
    true_1000) echo 'i=0; while [ $i -lt 1000 ]; do /bin/true; i=$((i+1)); done' ;;
    esac
}

# runs ours|linux PROGRAM COUNT: in a machine, each run's cost to programs.out.
runs() {
    script_of "$2" >"$work/script"
    cp "$fresh" "$img"
    echo "write $work/script room/script" | debugfs -w -f - "$img" >/dev/null 2>&1
    if [ "$1" = ours ]; then
        lvmm_with_qemu "$counted" --memory 512M --disk "$img" -- /bench/spawn / /room "$3" /bin/dash -e /room/script
    else
        # shellcheck disable=SC2034 # lib.sh's
        PEER_ARGS="-m 512 $counted"
        peer_disk "$img"
        PEER_LIMIT=${PEER_LIMIT-300} PEER_TRIES=1 peer_output tcg "/bench/spawn /mnt /room $3 /bin/dash -e /room/script" || :
    fi >"$work/programs.out" 2>"$work/programs.err"
}

# In idle the clock goes as fast as this machine's, as ci/bench/sequential.sh says.
counted='-icount shift=0,sleep=on -cpu max,-erms,-fsrm'

# cost ours|linux PEER PROGRAM: a thousand programs are many runs by themselves.
cost() {
    count=4
    [ "$3" != true_1000 ] || count=2
    runs "$1" "$3" $count || :
    if [ "$(grep -c '^run' "$work/programs.out")" != $count ]; then
        cat "$work/programs.out" "$work/programs.err" >&2
        echo "failed: programs/$3$2: $(tail -n 1 "$work/programs.out")"
        return 0
    fi
    say "programs/$3$2" "$(tr -d '\r' <"$work/programs.out" | awk '$1 == "run" { print $2 }' | sort -n | head -n 1)" Minsn
}

for program in $chosen; do
    cost ours '' "$program"
    [ ! -s "$peer/vmlinux" ] || cost linux @linux "$program"
done

# ---- on this machine's KVM, in time: exec to exit ----

# in_time PEER ACCEL
in_time() {
    "$timed" -n 3 -w 1 -- "$lvmm" run --accel "$2" --memory 512M --disk "$fresh,ro" -- /usr/bin/python3 -c 'print(1)' \
        >"$work/timed" 2>"$work/timed.err" || { echo "failed: programs/python_kvm$1: $(tail -n 1 "$work/timed.err")" && return; }
    say "programs/python_kvm$1" "$(field exit_ns "$work/timed")" ms
}

case " $chosen " in
*' python '*) ;;
*) exit 0 ;;
esac
reason=$(kvm_missing)
if [ -n "$reason" ]; then
    skip "$reason" programs/python_kvm
else
    in_time '' kvm
    in_time @lvmm-tcg tcg
fi
