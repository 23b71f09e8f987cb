#!/bin/dash
# SPDX-License-Identifier: Apache-2.0
# Runs, in the tree, each line NAME OPS [OPTION...] of /stressors, as nobody where that may be had, and prints of each: NAME: RESULT, which is
# ok, failed, no resource, skipped, or the status. What a stressor says that isn't ok is on stderr.
as='chroot --userspec=65534:65534 /'
$as /bin/true 2>/dev/null || as=
chmod 1777 /tmp /dev/shm 2>/dev/null
while read -r name ops; do
    rm -rf /tmp/work && mkdir -m 1777 /tmp/work
    # The first limit is stress-ng's own, which ends it in order; the second is for what hangs. A file, as the end of a pipe would be
    # waited for as long as any process is left of it.
    # shellcheck disable=SC2086,SC2016 # words; that shell's own
    timeout -s KILL "$SECONDS_MOST" $as /bin/dash -c 'cd /tmp/work && exec "$@"' dash \
        stress-ng "--$name" 1 "--$name-ops" $ops --verify --timeout 10 --temp-path /tmp/work </dev/null >/tmp/said 2>&1
    status=$?
    said=$(cat /tmp/said)
    case $status in
    0 | 4)
        result=ok
        case $said in *'No stress workers invoked'* | *skipping*stress* | *'will be skipped'*) result=skipped ;; esac
        [ $status = 0 ] || result=skipped
        ;;
    2) result=failed ;;
    3) result='no resource' ;;
    *) result="status $status" ;;
    esac
    echo "$name: $result"
    [ "$result" = ok ] || printf '@@ %s\n%s\n' "$name" "$said" >&2
done </stressors
