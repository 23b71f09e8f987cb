# SPDX-License-Identifier: Apache-2.0
# lib_report.sh - for the tests of limits and of --report, which source it after lib.sh: what the file `report` says.
# shellcheck shell=sh disable=SC2154 # build, lvmm and accel are the others
command -v python3 >/dev/null || not_ok 'the test needs python3, which is not installed'

# field NAME...: a member of the report, as JSON.
field() {
    python3 -c '
import json, sys
value = json.load(open("report"))
for name in sys.argv[1:]:
    value = value[name]
print(json.dumps(value))' "$@"
}

# says NAME VALUE: the report has it.
says() {
    check "$accel: report: $1 is $2" [ "$(field "$1")" = "$2" ]
}

# guest OPTION...: of a disk that can't be written. guest_ends STATUS OPTION...: and with what status.
guest() {
    "$lvmm" run --accel "$accel" --timeout 120 --disk tests.img,ro "$@"
}
guest_ends() {
    wanted=$1
    shift
    run "$wanted" "$lvmm" run --accel "$accel" --timeout 120 --disk tests.img,ro "$@"
}

# limited OPTION...: the guest ends by the first one's limit, with a line that names it, and the report says so.
limited() {
    option=$1
    run 124 "$lvmm" run --accel "$accel" --timeout 120 --report report "$@" &&
        check "$accel: $* ends with one line" [ "$(tail -c 300 err | grep -c "lvmm: $option ")" = 1 ]
    says ended_by '"limit"'
    says limits_hit "[\"${option#--}\"]"
    says exit 124
    says timed_out false
}
