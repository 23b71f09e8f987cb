#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Names in a shared folder: bytes that are no text, letters of both cases, the longest, links that lead round in circles or
# are as long as can be, and very many in one folder. The same steps on the host and in a guest say the same and leave the
# same.
# shellcheck disable=SC2016 # other shells expand it
. "$(dirname "$0")/lib.sh"

busybox=$build/x86_64/busybox
cp --sparse=always "$build/x86_64/busybox.img" busybox.img
many=5000
[ -z "${LONG-}" ] || many=100000

cat >steps <<'X'
exec 2>&1
export LC_ALL=C
n255=$($b printf '%0255d' 0)
bytes=$($b printf 'x\377\376\200y')
accent=$($b printf '\303\251') split=$($b printf 'e\314\201') # one letter, written in two ways
for name in name NAME Name "$bytes" "$accent" "$split" "$n255" ' ' '*' "$($b printf 'a\nb')" -x .hidden ...; do
    echo "$name" >"./$name"; echo "$?"
done
$b cat name NAME Name "./$bytes" "./$accent" "./$split" "./$n255"
$b touch "x$n255"; echo "too long $?"
$b mv NAME "$bytes"; $b cat "./$bytes"; $b ls -A
$b rm "./$split"; $b cat "./$accent"
$b ln -s loop loop; $b cat loop
$b ln -s b a; $b ln -s a b; $b cat a; $b ls a/b
$b ln -s . here; $b cat here/here/here/name
i=0 long=here
while [ "$i" -lt 39 ]; do long=$long/here i=$((i + 1)); done
$b cat $long/name; echo "40 links $?"
$b cat here/$long/name; echo "41 links $?"
t=$($b printf '%04095d' 0); $b ln -s "$t" longest; echo "$?"; [ "$($b readlink longest)" = "$t" ]; echo "$?"
$b ln -s "0$t" longer; echo "$?"
$b find . | $b sort | $b md5sum
X

look() {
    (cd "$1" && find . -printf '%p %y %l\n' | LC_ALL=C sort) | md5sum
}

mkdir alone
(cd alone && LC_ALL=C b=$busybox "$busybox" sh ../steps) >expected
mkdir crowd
(cd crowd && seq -f 'a name of some length %.0f' $many | tr '\n' '\0' | xargs -0 touch)

for accel in $(accelerators); do
    [ "$accel" = kvm ] || [ -n "${LONG-}" ] || [ -n "$(no_kvm)" ] || continue
    for mode in rw cow; do
        rm -rf shared
        mkdir shared
        timeout -k 5 100 "$lvmm" run --accel "$accel" --disk busybox.img,cow -v shared:/mnt:$mode -v steps:/steps:ro -- \
            /busybox sh -c 'cd /mnt && LC_ALL=C b=/busybox exec /busybox sh /steps' >out 2>err
        same "$accel, $mode: the guest hears what it would on the host" expected out
        [ $mode = cow ] || check "$accel: and leaves the same" [ "$(look alone)" = "$(look shared)" ]
    done
    timeout -k 5 100 "$lvmm" run --accel "$accel" --disk busybox.img,cow -v crowd:/mnt:ro -- /busybox sh -c \
        'cd /mnt && /busybox ls | /busybox md5sum; /busybox find . -type f | /busybox wc -l' >out 2>err
    (cd crowd && "$busybox" ls | md5sum && find . -type f | wc -l) >wanted
    same "$accel: a folder of $many files" wanted out
done
finish
