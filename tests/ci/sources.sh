#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The checks of the sources (ci/sizes.sh and its kin) find what they are for, in made-up trees, and nothing else.
set -u

cd "$(dirname "$0")/../.." || exit 1
CI_DIR=$PWD/ci
TREE=$(mktemp -d)
export CI_DIR TREE
trap 'rm -rf "$TREE"' EXIT
trap 'exit 130' INT TERM
failed=0

# put FILE LINE...: a file of the tree
put() {
    mkdir -p "$TREE/$(dirname "$1")"
    file=$TREE/$1
    shift
    printf '%s\n' "$@" >"$file"
}

# finds NAME CHECK STATUS PATTERN: the check ends so, and one of its lines fits.
finds() {
    status=0
    said=$("ci/$2.sh" 2>&1) || status=$?
    if [ $status = "$3" ] && printf '%s\n' "$said" | grep -Eq -- "$4"; then
        echo "ok $1"
    else
        echo "not ok $1: wanted status $3 and '$4', got status $status and:"
        printf '%s\n' "$said" | sed 's/^/    /'
        failed=1
    fi
    rm -rf "${TREE:?}"/*
}

# function LINES: one of so many lines
function_of() {
    echo "static int long_one(int a,"
    echo "                    int b)"
    echo "{"
    seq $(($1 - 4)) | sed 's|.*|    a += &;|'
    echo "}"
}

for check in sizes openings names contracts circles; do
    finds "$check: no files" $check 1 "^$check: there were no files"
    put ci/exceptions.txt "$check vmm/a.c why"
    said=$("ci/$check.sh" 2>&1)
    if [ "$said" = "$check: there were no files to look at" ]; then
        echo "ok $check: no files say nothing of exceptions"
    else
        echo "not ok $check: no files say nothing of exceptions, but: $said"
        failed=1
    fi
    rm "$TREE/ci/exceptions.txt"
    put "vmm/it's a.c" '' && put "vmm/it's a.h" ''
    finds "$check: a space and a quote in a name" $check "$(case $check in names | openings) echo 1 ;; *) echo 0 ;; esac)" \
        "^(vmm/it's a.[ch]:1: (make takes only|what|the first lines)|ok $check: [12] files)"
done

put vmm/a.c "$(function_of 80)"
finds 'sizes: 80 lines' sizes 0 '^ok sizes: 1 files'
put vmm/a.c 'static int table[] = {' '    1,' '};' '' "$(function_of 81)"
finds 'sizes: 81 lines' sizes 1 '^vmm/a.c:5: long_one has 81 lines'
put tests/unit/a.c "$(function_of 90)"
finds 'sizes: of tests too' sizes 1 '^tests/unit/a.c:1: long_one'
put ci/a.sh "$(seq 600)"
finds 'sizes: a file of 600 lines' sizes 0 '^ok'
put ci/a.sh "$(seq 601)"
finds 'sizes: a file of 601 lines' sizes 1 '^ci/a.sh:601: the file has 601'
put vmm/a.c "$(function_of 81)"
put ci/exceptions.txt 'sizes vmm/a.c:long_one why'
finds 'an exception' sizes 0 '^ok sizes: 1 files, 1 exceptions'
put vmm/a.c "$(function_of 80)"
put ci/exceptions.txt 'sizes vmm/a.c:long_one why'
finds 'an exception that is not needed' sizes 1 'no longer needed.*sizes vmm/a.c:long_one'

spdx='SPDX-License-Identifier: Apache-2.0'
put vmm/a.c "/* $spdx */" '/* a.c - adds numbers up. */' '#include "x"'
put vmm/b.h "/* $spdx */" '/*' ' * b.h - what it is for.' ' */'
put ci/c.sh '#!/bin/sh' "# $spdx" '# Does something useful.'
put boot/build.mk "# $spdx" '# What is built of it.' 'X := y'
finds 'openings: as they should be' openings 0 '^ok openings: 4 files'
put vmm/a.c "/* $spdx */" '#include "x"'
finds 'openings: no sentence' openings 1 '^vmm/a.c:1: what the file is for'
put boot/build.mk "# $spdx" 'X := y'
finds 'openings: no sentence in a build.mk' openings 1 '^boot/build.mk:1: what the file is for'
put ci/c.sh '#!/bin/sh' 'echo' "# $spdx" '# Does something useful.'
finds 'openings: no licence at the top' openings 1 '^ci/c.sh:1: .*SPDX'

put vmm/a.c x && put vmm/a.h x && put vmm/a.S x && put devices/a.c x
put guest-kernel/arch/x/cpu.c x && put guest-kernel/arch/y/cpu.c x && put tests/unit/vmm/a.c x
finds 'names: units, and rooms of their own' names 0 '^ok names: 7 files'
put vmm/kvm/log.c x && put vmm/tcg/log.c x
finds 'names: twice in a room' names 1 '^vmm/tcg/log.c:1: vmm/kvm/log.c'
put vmm/kvm/log.c x && put vmm/log.h x
finds 'names: a unit in two folders' names 1 '^vmm/log.h:1: vmm/kvm/log.c'
put ci/a.sh x && put ci/bench/a.sh x
finds 'names: ci/bench is a room' names 0 '^ok'

put vmm/a.h '/* What it does. */' 'int a_one(int x);' 'int a_two(int x,' '          int y);' '' '/*' ' * More.' ' */' \
    'void a_three(void);' '' 'void a_four(void); /* four */' '' 'static inline int a_five(void)' '{' '    return f(5);' '}' \
    'struct s {' '    int (*op)(int);' '};'
finds 'contracts: as they should be' contracts 0 '^ok contracts: 1 files'
put vmm/a.h '/* What it does. */' '' 'int a_one(int x);'
finds 'contracts: a comment that stands apart' contracts 1 '^vmm/a.h:3: a_one has no comment'
put vmm/a.h '/* What it does. */' 'int a_one(int x);' '' 'struct x *a_two(int x,' '          int y);'
finds 'contracts: the second group has none' contracts 1 '^vmm/a.h:4: a_two has no comment'

put vmm/a.c '#include "vmm/a.h"' '#include "vmm/b.h"' && put vmm/a.h '' && put vmm/b.c '#include "vmm/b.h"' && put vmm/b.h ''
finds 'circles: none' circles 0 '^ok circles: 4 files'
put vmm/a.c '#include "vmm/b.h"' && put vmm/a.h '' && put vmm/b.c '#include "vmm/a.h"' && put vmm/b.h ''
finds 'circles: of two units' circles 1 '^vmm/a.c:1: includes go in a circle: vmm/a with vmm/b'
put vmm/a.h '#include "vmm/b.h"' && put vmm/b.h '#include "vmm/c.h"' && put vmm/c.h '' '#include "vmm/a.h"'
finds 'circles: of three headers' circles 1 'includes go in a circle: vmm/a with( vmm/[bc]){2}$'
put guest-kernel/arch/x/cpu.c '#include "core/a.h"' && put guest-kernel/core/a.h '#include "arch/x/cpu.h"' && put guest-kernel/arch/x/cpu.h ''
finds 'circles: by the path from guest-kernel/' circles 1 'guest-kernel/arch/x/cpu with guest-kernel/core/a'

# objects: what is in vmm/, as the build lays it out
objects() {
    mkdir -p "$TREE/build/host/vmm"
    for file in "$TREE"/vmm/*.c; do gcc -c -o "$TREE/build/host/vmm/$(basename "$file" .c).o" "$file"; done
}
# calls NAME STATUS PATTERN
calls() {
    status=0
    said=$(ci/calls.sh build/host 2>&1) || status=$?
    if [ $status = "$2" ] && printf '%s\n' "$said" | grep -Eq -- "$3"; then
        echo "ok $1"
    else
        echo "not ok $1: wanted status $2 and '$3', got status $status and: $said"
        failed=1
    fi
}
calls 'calls: no objects' 1 'no folder build/host'
put vmm/a.c 'int b_one(void);' 'int a_one(void) { return b_one(); }'
put vmm/b.c 'int b_one(void) { return 1; }'
objects
calls 'calls: one way' 0 '^ok calls: 2 files'
put vmm/b.c 'int a_one(void);' 'int b_one(void) { return a_one(); }'
objects
calls 'calls: both ways' 1 '^vmm/a.c:1: and vmm/b.c use each other: b_one, a_one'
put ci/exceptions.txt 'calls vmm/a+vmm/b why' 'calls guest-kernel/arch/x/a+guest-kernel/arch/x/b of an ISA that is not looked at'
calls 'calls: an exception, and one of another ISA' 0 '^ok calls: 2 files, 1 exceptions'
rm "$TREE/vmm/b.c" "$TREE/ci/exceptions.txt"
calls 'calls: an object without its source' 0 '^ok calls: 1 files'

exit $failed
