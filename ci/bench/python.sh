#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# `python3 -c pass` from a root in memory, in guest instructions beside Debian's Linux: the same tree of Debian packages, the
# same QEMU. Of several runs in one machine the cheapest, as the first one also brings files into reach.
set -eu
. ci/bench/lib.sh

for tool in cpio zstd; do
    command -v $tool >/dev/null || { skip "$tool is not installed" python/pass && exit 0; }
done
status=0
ci/rootfs.sh "$isa" "$work/python" bash python3 >&2 || status=$?
case $status in
0) ;;
77) skip 'no network to fetch Debian packages from' python/pass && exit 0 ;;
78) skip 'no apt that fetches Debian packages' python/pass && exit 0 ;;
*) echo 'failed: python/pass: its tree could not be made' && exit 0 ;;
esac

mkdir -p "$work/pass"
cat >"$work/pass/pass" <<'PASS'
#!/bin/bash
PATH=/usr/bin:/bin
for run in 1 2 3 4 5; do
    begin=$EPOCHREALTIME
    python3 -c pass || exit
    end=$EPOCHREALTIME
    echo "pass $((${end/./} - ${begin/./}))"
done
PASS
chmod 755 "$work/pass/pass"
cp "$build/$isa/bench/init" "$work/pass/init"
{
    cat "$work/python/tree.cpio.zst"
    (cd "$work/pass" && printf '%s\n' pass init | cpio -o -H newc -R 0:0 --quiet) | zstd -q
} >"$work/python.cpio.zst"

# say_least NAME FILE: an instruction is a nanosecond there.
say_least() {
    least=$(tr -d '\r' <"$2" | awk '$1 == "pass" && (least == "" || $2 + 0 < least) { least = $2 + 0; } END { print least }')
    if [ -n "$least" ]; then
        say "$1" $((least * 1000)) Minsn
    else
        echo "failed: $1: it did not come to its end: $(tail -n 1 "$2")"
    fi
}

status=0
lvmm_with_qemu "$count_instructions" --memory 512M --initrd "$work/python.cpio.zst" -- /pass >"$work/pass-ours" || status=$?
say_least python/pass "$work/pass-ours"
[ -s "$peer/vmlinux" ] || exit 0
cp "$work/python.cpio.zst" "$peer/python.cpio"
PEER_ARGS="-m 512 $count_instructions"
export PEER_ARGS
for _ in 1 2 3; do # it may hang early, as lib.sh says of peer_output
    limit 120 sh ci/bench/peer-run.sh "$build" tcg python.cpio '-- /pass' </dev/null >"$work/pass-linux" || :
    ! grep -q '^pass' "$work/pass-linux" || break
done
say_least python/pass@linux "$work/pass-linux"
