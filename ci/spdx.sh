#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each file of ours says its licence in its first lines. Data (seeds, expected output) and the licence itself don't.
set -eu

cd "$(dirname "$0")/.."
bad=$(find . \( -name .git -o -path ./build -o -path ./tests/fuzz/corpus \) -prune -o -type f \
    ! -name LICENSE ! -name .gitignore ! -name '*.dts' ! -name '*.txt' ! -name '*.qemu' ! -name '*.golden' ! -name '*.expected' \
    -exec sh -c 'for f; do head -n 5 "$f" | grep -q "SPDX-License-Identifier: Apache-2.0" || echo "$f"; done' sh {} +)
[ -z "$bad" ] || {
    echo 'no SPDX line in the first five lines of:'
    echo "$bad"
    exit 1
}
echo 'ok every file names its licence'
