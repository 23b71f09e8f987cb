#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the hostile guest by KVM on an lvmm that is built with sanitizers: in each of its modes, and at random by seeds.
#
#   tests/hostile/run.sh LVMM FOLDER SEEDS    FOLDER has hostile.elf and hostile-note.elf; seeds 1 to SEEDS
#
# Whatever the guest does, a run ends when its user says so (--timeout, SIGTERM), with the documented status; lvmm doesn't
# crash, no sanitizer has anything to say, and nothing is left behind. Also with a stdout and a stderr that nobody reads.
set -u

lvmm=$(realpath "$1") folder=$(realpath "$2") seeds=$3
[ -w /dev/kvm ] || {
    echo "/dev/kvm can't be opened here"
    exit 77
}
# Sanitizers are slow, and so are busy machines: this only tells an end that comes from one that never does.
patience=40
suppressions=$(realpath "$(dirname "$0")/tsan.supp")
export ASAN_OPTIONS=exitcode=66:detect_leaks=0 UBSAN_OPTIONS=exitcode=66:print_stacktrace=1
export TSAN_OPTIONS="exitcode=66:suppressions=$suppressions"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM HUP
cd "$scratch" || exit 1
mkdir tmp
export TMPDIR="$scratch/tmp"
failed=0
truncate -s 64M disk.img
printf '%4194304s' '' | tr ' ' '\377' >flash.img

# judge WHAT STATUS EXPECTED: EXPECTED is a status, or any.
judge() {
    if [ "$2" = 137 ]; then
        problem="it didn't end"
    elif [ "$2" = 66 ] || grep -q 'Sanitizer\|runtime error' err 2>/dev/null; then
        problem="a sanitizer: $(grep -m 1 'Sanitizer\|runtime error' err)"
    elif [ "$3" = any ] && [ "$2" -gt 125 ] && [ "$2" -lt 255 ] && [ "$2" != 143 ]; then
        problem="status $2"
    elif [ "$3" != any ] && [ "$2" != "$3" ]; then
        problem="status $2, not $3"
    elif [ -n "$(ls -A tmp)" ]; then
        problem="left behind: $(ls tmp)"
    else
        echo "ok $1"
        return
    fi
    echo "not ok $1: $problem"
    tail -n 30 err | cut -c 1-300 | sed 's/^/    stderr: /'
    failed=1
    rm -rf tmp && mkdir tmp
}

# The end of the guest's run, in a status: modes say "timeout" for one that only --timeout ends.
expected() {
    case $1 in
    timeout) echo 124 ;;
    *) echo "$1" ;;
    esac
}

# guest KERNEL CPUS WORDS OPTION...: the command line of a run in "$@".
guest() {
    kernel=$1 cpus=$2 words=$3
    shift 3
    set -- "$lvmm" run --accel kvm --cpus "$cpus" --kernel "$folder/$kernel.elf" --disk disk.img \
        --pflash flash.img --append "$words given=$cpus" "$@"
    timeout -s KILL $patience "$@"
}

# Ends by --timeout or by itself: then the time is only for a run that hangs.
ends() {
    what=$1 wanted=$2 kernel=$3 cpus=$4 words=$5 limit=30
    case $wanted in timeout | any) limit=1 ;; esac
    guest "$kernel" "$cpus" "$words" --timeout $limit </dev/null >out 2>err
    judge "$what, $cpus CPUs" $? "$(expected "$wanted")"
}

# Ends by SIGTERM once it says "going", while nobody reads its stdout (out) or its stderr (err).
ends_unread() {
    what=$1 unread=$2 kernel=$3 cpus=$4 words=$5
    rm -f pipe
    mkfifo pipe
    : >err
    (
        exec 8<>pipe
        if [ "$unread" = out ]; then
            guest "$kernel" "$cpus" "$words" </dev/null >pipe 2>err &
        else
            guest "$kernel" "$cpus" "$words" --verbose </dev/null >out 2>pipe &
        fi
        guard=$!
        # The first byte tells that the guest is there.
        head -c 1 <&8 >/dev/null
        sleep 0.5
        kill -TERM "$(pgrep -P $guard)" 2>/dev/null
        wait $guard
        echo $? >status
    )
    judge "$what, $cpus CPUs, $unread isn't read, SIGTERM" "$(cat status)" 143
}

guest hostile 1 list >modes 2>err || {
    cat err
    echo "not ok the list of modes"
    exit 1
}
while read -r mode wanted note; do
    kernel=hostile
    [ "$note" = bare ] || kernel=hostile-note
    for cpus in 1 2; do
        ends "$mode" "$wanted" $kernel $cpus "mode=$mode"
    done
done <modes

for cpus in 1 2; do
    ends_unread serial-endless out hostile $cpus mode=serial-endless
    ends_unread serial-strings out hostile $cpus mode=serial-strings
    ends_unread serial-endless err hostile-note $cpus mode=serial-endless
    ends_unread memory-holes err hostile $cpus mode=memory-holes
done

seed=1
while [ $seed -le "$seeds" ]; do
    for kernel in hostile hostile-note; do
        for cpus in 1 2; do
            ends "seed $seed, $kernel" any $kernel $cpus "seed=$seed steps=3000 cpus=$cpus"
        done
    done
    seed=$((seed + 1))
done
exit $failed
