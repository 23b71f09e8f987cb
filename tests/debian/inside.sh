#!/bin/dash
# SPDX-License-Identifier: Apache-2.0
# Runs, in the tree, the lines that run.sh put into /lines, each in an empty folder; what each gives stands between marks.
export PYTHONDONTWRITEBYTECODE=1
umask 022
for line in /lines/*; do
    rm -rf /tmp/work && mkdir /tmp/work && cd /tmp/work || exit
    echo "@@ ${line##*/}"
    timeout 300 bash "$line" </dev/null 2>&1
    echo "@@ status $?"
done
