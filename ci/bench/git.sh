#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `git status` of Debian's git in a repository of 10,000 files on ext4, in guest instructions beside Linux's: the same program from
# the same image. Cold: the first one of a machine, with what it takes to start it and to have all of it read; warm: a later one.
set -eu
. ci/bench/lib.sh

PATH=$PATH:/sbin:/usr/sbin
rows='git/status_cold git/status_cold_requests git/status_warm'
status=0
ci/rootfs.sh "$isa" "$work/git" git >&2 || status=$?
# shellcheck disable=SC2086 # names
case $status in
0) ;;
77) skip 'no network to fetch Debian packages from' $rows && exit 0 ;;
78) skip 'no apt that fetches Debian packages' $rows && exit 0 ;;
*) echo 'failed: git: its tree could not be made' && exit 0 ;;
esac

# ---- the repository: made by git in one of our machines, as its index has what stat tells of the files there ----

root=$work/git-root fresh=$work/git-fresh.img img=$work/git.img
rm -rf "$root" "$fresh"
cp -a "$work/git/tree" "$root"
mkdir -p "$root/bench" "$root/repository"
cp "$build/$isa/bench/spawn" "$root/bench/"
(
    cd "$root/repository"
    for folder in $(seq 100 199); do
        mkdir "$folder"
        for file in $(seq 100 199); do echo "file $file of folder $folder" >"$folder/$file"; done
    done
    find . -type f -exec touch -d 2020-01-01 {} + # older than the index: git trusts that
)
printf '[user]\nname = nobody\nemail = nobody@localhost\n[gc]\nauto = 0\n' >"$root/root/.gitconfig"
mke2fs -q -F -t ext4 -b 4096 -d "$root" "$fresh" 1G >/dev/null
rm -rf "$root"

git_here() {
    "$lvmm" run --accel tcg --memory 512M --disk "$fresh" -- /bench/spawn / /repository 1 /usr/bin/git "$@" >&2
}
git_here init -q . && git_here add -A && git_here commit -q -m first && git_here status

# ---- what it costs ----

# In idle the clock goes as fast as this machine's, as ci/bench/sequential.sh says.
insns=$work/git.insns trace=$work/git.trace
counted="-icount shift=0,sleep=on -cpu max,-erms,-fsrm -plugin $PWD/$build/bench/insns.so,out=$PWD/$insns"
counted="$counted -trace virtio_blk_handle_read -D $PWD/$trace"

# runs ours|linux COUNT: a machine with so many of them; instructions and requests of all of it to git.cost, each run's to git.out.
runs() {
    rm -f "$insns" "$trace"
    cp "$fresh" "$img"
    ended=0
    if [ "$1" = ours ]; then
        lvmm_with_qemu "$counted" --memory 512M --disk "$img" -- /bench/spawn / /repository "$2" /usr/bin/git status
    else
        # shellcheck disable=SC2034 # lib.sh's
        PEER_ARGS="-m 512 $counted"
        peer_disk "$img"
        PEER_LIMIT=300 PEER_TRIES=1 peer_output tcg "/bench/spawn /mnt /repository $2 /usr/bin/git status"
    fi >"$work/git.out" || ended=$?
    if [ $ended != 0 ] || [ "$(grep -c 'working tree clean' "$work/git.out")" != "$2" ] || [ ! -s "$insns" ]; then
        echo "failed: git@$1: $(tail -n 1 "$work/git.out")"
        return 1
    fi
    echo "$(field insns "$insns") $(grep -c handle_read "$trace")" >"$work/git.cost"
}

# statuses ours|linux PEER
statuses() {
    runs "$1" 0 || return 0
    read -r insns0 requests0 <"$work/git.cost"
    runs "$1" 1 || return 0
    read -r insns1 requests1 <"$work/git.cost"
    say "git/status_cold$2" $((insns1 - insns0)) Minsn
    say "git/status_cold_requests$2" $((requests1 - requests0)) requests
    runs "$1" 4 || return 0
    say "git/status_warm$2" "$(tr -d '\r' <"$work/git.out" | awk '$1 == "run" { print $2 }' | sort -n | head -n 1)" Minsn
}

statuses ours ''
[ ! -s "$peer/vmlinux" ] || statuses linux @linux
rm -f "$fresh" "$img"
