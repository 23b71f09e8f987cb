#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2046,SC2086,SC2116 # words are split, and processes made, on purpose
# What the shell is asked to do with several processes. $1 is the busybox whose applets are meant.
b=$1

echo "--- pipelines"
echo one two | $b tr a-z A-Z | $b cat
$b seq 1000 | $b sort -rn | $b head -n 3
$b yes | $b head -n 5
echo $?
false | true
echo $?
true | false
echo $?
for i in 1 2 3; do echo $i; done | while read -r n; do echo "<$n>"; done
$b cat data/text | $b wc
$b tar -c -f - data/text data/bytes | $b gzip -c | $b gunzip -c | $b tar -t -f -

echo "--- substitution"
echo $(echo a; echo b) "$($b expr 6 "*" 7)"
i=0
while [ $i -lt 100 ]; do
    i=$((i + 1))
    x=$(echo $i)
done
echo "$x"

echo "--- background"
($b sleep 0.1; echo slow) &
echo fast
wait
echo $?
(exit 3) &
wait $!
echo $?
for i in 1 2 3 4; do (exit $i) & done
wait
echo "all of them: $?"

echo "--- a few hundred processes"
i=0
while [ $i -lt 300 ]; do
    i=$((i + 1))
    (exit $((i % 3))) || sum=$((sum + $?))
done
echo $sum

echo "--- here-documents and redirections"
$b cat <<END
here $((1 + 2)) $(echo it is)
END
$b cat <<'END'
not $((1 + 2))
END
echo a >file
echo b >>file
$b cat <file
exec 3<file
read -r x <&3
read -r y <&3
exec 3<&-
echo "$y$x"
$b wc <data/numbers >file
$b cat file
{ echo out; echo err >&2; } 2>&1 | $b sort
$b cat nothing 2>&1 | $b wc -l
$b rm file

echo "--- a FIFO"
$b mkfifo /dev/shm/fifo.$$
$b seq 3 >/dev/shm/fifo.$$ &
$b cat /dev/shm/fifo.$$
wait
$b rm /dev/shm/fifo.$$

trap 'echo end' EXIT
echo start
