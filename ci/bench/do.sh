#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `lvmm do` on hardware KVM beside the same commands without it, and beside bwrap: in the machine of ci/bench/nested.sh, where a
# nanosecond is an instruction, those of lvmm, its helpers and the kernel below them included. And what one more VM that runs the same
# python3 takes of this machine's memory. Then the commands in Linux on QEMU with virtio-fs, in such a machine
# for each way of virtiofsd to cache.
#
# DO_PART=10 in the environment: a tenth of the files are listed and made.
set -eu
. ci/bench/lib.sh

PATH=$PATH:/sbin:/usr/sbin
ratios='do/git_status do/grep do/python do/create do/ls'
rows="do/true do/true_more do/true_bwrap $ratios"
status=0
ci/rootfs.sh "$isa" "$work/do" git python3 bubblewrap grep coreutils dash >&2 || status=$?
# shellcheck disable=SC2086 # names
case $status in
0) ;;
77) skip 'no network to fetch Debian packages from' $rows && exit 0 ;;
78) skip 'no apt that fetches Debian packages' $rows && exit 0 ;;
*) echo 'failed: do: its tree could not be made' && exit 0 ;;
esac

# ---- the disk of the nested machine: Debian's programs, ours, and what they work on ----

root=$work/do-root img=$work/do.img
rm -rf "$root" "$img"
cp -a "$work/do/tree" "$root"
for folder in bin sbin lib lib64; do # as a Debian that is installed has them
    mkdir -p "$root/usr/$folder"
    cp -a "$root/$folder/." "$root/usr/$folder/"
    rm -rf "${root:?}/$folder"
    ln -s "usr/$folder" "$root/$folder"
done
mkdir -p "$root/lvmm/build/$isa" "$root/place/repository" "$root/place/text" "$root/place/many" "$root/place/new" \
    "$root/place/native" "$root/var/tmp" "$root/tmp" "$root/proc" "$root/sys" "$root/dev" "$root/root" "$root/etc" "$root/share"
cp "$lvmm" "$root/lvmm/build/lvmm"
cp "$build/$isa/guest-kernel.elf" "$root/lvmm/build/$isa/"
cp "$timed" "$root/lvmm/"
cp "$build/$isa/bench/files" "$root/usr/bin/make-files"
[ ! -d "$peer/virtiofsd" ] || {
    mkdir -p "$root/lvmm/build/bench/peer" "$root/lvmm/ci/bench"
    cp -r "$peer/vmlinux" "$peer/share.cpio" "$peer/qemu" "$peer/virtiofsd" "$root/lvmm/build/bench/peer/"
    cp ci/bench/lib.sh ci/bench/share-run.sh "$root/lvmm/ci/bench/"
}
printf '[safe]\n\tdirectory = *\n' >"$root/etc/gitconfig"
echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
(
    cd "$root/place/repository"
    for folder in $(seq 100 199); do
        mkdir "$folder"
        for file in $(seq 100 199); do echo "file $file of folder $folder" >"$folder/$file"; done
    done
    cd ../text
    yes 'a line of a file that is read from end to end, and not found' | head -c 1M >100
    for file in $(seq 101 199); do cp 100 "$file"; done
    echo 'and here it is found' >>150
    find .. -exec touch -h -d 2020-01-01 {} + # older than git's index, which trusts that
)
mke2fs -q -F -t ext4 -b 4096 -N 200000 -d "$root" "$img" 2G >/dev/null
rm -rf "$root"

# ---- what the commands cost ----

# in_machine WHO ROW...: what in-do.sh prints for it, in $work/do.WHO. A byte of `rep movsb` is one instruction to QEMU, so no
# kernel is to believe that it's fast.
in_machine() {
    who=$1 status=0
    shift
    ci/nested.sh --timeout 1200 --file ci/bench/in-do.sh:in-do.sh --file "${LINUX_DIR:-build/linux}/$isa/disk:modules-disk" \
        --qemu "-icount shift=0,sleep=off -cpu max,+svm,-erms,-fsrm -m 2048 -drive file=$img,if=virtio,format=raw,snapshot=on" \
        -- "sh /in-do.sh ${DO_PART-1} $who" >"$work/do.$who" 2>"$work/do.err" || status=$?
    nested_end $status "$work/do.err" "$1" "$@"
    return $status
}

# shellcheck disable=SC2086 # names
in_machine lvmm $rows || :
grep -E '^(do/|failed: )' "$work/do.lvmm" || :

# beside_linux CACHE: rows for each command. What the machine's start and `true` take is taken away on both sides.
beside_linux() {
    awk -v cache="$1" '
        $1 ~ /^failed/ { if (FNR != NR) print; next }
        $1 ~ /^do\/[^@]*$/ { ours[substr($1, 4)] = $2; next }
        { theirs[substr($1, 7)] = $2 }
        function row(name, a, b) { printf "virtiofs/%s %.3f Minsn\nvirtiofs/%s@linux %.3f Minsn\n", name, a, name, b }
        END {
            if (cache == "auto" && "start" in theirs) row("true", ours["true"], theirs["start"])
            for (name in theirs)
                if (name in ours && name != "true") row(cache "/" name, ours[name] - ours["true"], theirs[name] - theirs["true"])
        }' "$work/do.lvmm" "$work/do.$1"
}

for cache in auto always; do
    if [ ! -d "$peer/virtiofsd" ]; then
        skip 'there is no virtiofsd (qemu-system-common)' virtiofs/$cache
    else
        in_machine $cache virtiofs/$cache || :
        beside_linux $cache
    fi
done
rm -f "$img"

# ---- memory ----

trap stop_all EXIT

# pss COUNT: KiB of so many VMs and of their helpers, once each has begun.
pss() {
    rm -rf "$work/do-ready"
    mkdir -p "$work/do-ready/folder"
    for i in $(seq "$1"); do
        (cd "$work/do-ready/folder" && exec "$here/$lvmm" do -m 512M /usr/bin/python3 -c \
            'import json, time; print("ready", flush=True); time.sleep(300)') >"$work/do-ready/$i" 2>>"$work/do.err" </dev/null &
        pids="$pids $!"
    done
    for _ in $(seq 240); do
        [ "$(cat "$work/do-ready"/[0-9]* | grep -c '^ready')" != "$1" ] || break
        sleep 0.25
    done
    [ "$(cat "$work/do-ready"/[0-9]* | grep -c '^ready')" = "$1" ] || { stop_all && return 1; }
    for pid in $pids; do
        for one in $pid $(cat "/proc/$pid/task/$pid/children"); do cat "/proc/$one/smaps_rollup"; done
    done | awk '$1 == "Pss:" { pss += $2 } END { print pss + 0 }' >"$work/do.pss"
    stop_all
}

here=$PWD
reason=$(kvm_missing)
if [ -n "$reason" ]; then
    skip "$reason" do/one_more
elif [ ! -x /usr/bin/python3 ]; then
    skip 'there is no /usr/bin/python3' do/one_more
elif pss 4 && read -r few <"$work/do.pss" && pss 12 && read -r many <"$work/do.pss"; then
    echo "do/one_more $(((many - few) / 8)) KiB"
else
    echo "failed: do/one_more: they did not come up: $(tail -n 1 "$work/do.err")"
fi
