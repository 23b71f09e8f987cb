#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# On a terminal (script(1) makes one): the program sees a terminal, keys arrive, Ctrl-C interrupts the program, Ctrl-A x
# ends lvmm, and the terminal is as it was before, however the run ends.
. "$(dirname "$0")/lib.sh"

# until_seconds SECONDS COMMAND...: waits for the command to succeed, so long.
until_seconds() {
    tries=$(($1 * 10))
    shift
    until "$@" 2>/dev/null || [ $tries -le 0 ]; do
        sleep 0.1
        tries=$((tries - 1))
    done
}

# in_terminal KEYS COMMAND: runs COMMAND in a terminal, with KEYS (lines in printf's notation) typed into it, once the
# guest has its root file system. The screen goes to the file screen; the terminal's settings before and after to the
# files before and after.
in_terminal() {
    rm -f before after status screen
    {
        [ -z "$1" ] || until_seconds 20 grep -qa 'root: ' screen
        [ -z "$1" ] || printf '%s\n' "$1" | while read -r keys; do
            sleep 0.5
            # shellcheck disable=SC2059
            printf "$keys"
        done
        until_seconds 20 test -s after
    } | timeout -k 5 60 script -q -f -c "stty -a >before; $2; echo \$? >status; stty -a >after" screen >shown 2>&1
    tr -d '\r' <screen >text
}

settings_kept() {
    cmp -s before after || {
        diff before after
        return 1
    }
}

for accel in $(accelerators); do
    run="'$lvmm' run --verbose --accel $accel --disk tests.img --"

    in_terminal '' "'$lvmm' run --accel $accel --disk hello.img"
    check "$accel: hello on a terminal" grep -qx 'Hello, UserApp!' text
    check "$accel: status 0" [ "$(cat status)" = 0 ]
    check "$accel: the terminal is as before" settings_kept

    in_terminal 'some words\n
\004
\004' "$run /tests/echo"
    check "$accel: a line is typed, then Ctrl-D (twice: echo reads again)" grep -q '^11 bytes, ' text
    check "$accel: what is typed is shown once" [ "$(grep -c '^some words$' text)" = 1 ]
    check "$accel: the terminal is as before, after keys" settings_kept

    in_terminal '\003' "$run /tests/echo"
    check "$accel: Ctrl-C ends the program: status $(cat status)" [ "$(cat status)" = 130 ]
    check "$accel: the terminal is as before, after Ctrl-C" settings_kept

    in_terminal '\001x' "$run /tests/echo"
    check "$accel: Ctrl-A x ends lvmm: status $(cat status)" [ "$(cat status)" != 0 ]
    check "$accel: the terminal is as before, after Ctrl-A x" settings_kept

    in_terminal '' "'$lvmm' run --accel $accel --timeout 1 --disk tests.img -- /tests/echo"
    check "$accel: --timeout on a terminal" [ "$(cat status)" = 124 ]
    check "$accel: the terminal is as before, after --timeout" settings_kept

    # By another process's hand: the foreground job gets a signal.
    in_terminal '' "(sleep 2; pkill -INT -P \$\$ lvmm) & $run /tests/echo"
    check "$accel: SIGINT from elsewhere: status $(cat status)" [ "$(cat status)" = 130 ]
    check "$accel: the terminal is as before, after SIGINT" settings_kept
done

finish
