#!/bin/dash
# SPDX-License-Identifier: Apache-2.0
# inside SECONDS: runs, in the tree, the lines that run.sh put into /lines, each in an empty folder and for so long at most; what
# each gives stands between marks.
export PYTHONDONTWRITEBYTECODE=1
umask 022
for line in /lines/*; do
    rm -rf /tmp/work && mkdir /tmp/work && cd /tmp/work || exit
    echo "@@ ${line##*/}"
    timeout "$1" bash "$line" </dev/null 2>&1
    echo "@@ status $?"
done
