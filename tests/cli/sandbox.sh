#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lvmm is locked in before its guest runs: what /proc tells of a running lvmm and its helpers, what --verbose and doctor
# say of it, and that it fails closed where the host lacks something. What its lists forbid is tests/unit/vmm/sandbox.
. "$(dirname "$0")/lib.sh"

without=$build/tests/without
cp --sparse=always "$build/x86_64/busybox.img" busybox.img
truncate -s 1M data.img
: >named

# begin OPTION...: a guest that says "up" and sleeps. Leaves lvmm's process in `pid`.
begin() {
    : >up
    "$lvmm" run --timeout 120 --disk "busybox.img,${mode:-ro}" "$@" -- /busybox sh -c 'echo up; exec /busybox sleep 1000' \
        >up 2>err </dev/null 9<named &
    pid=$!
    until grep -q up up; do
        kill -0 $pid 2>/dev/null || {
            cat err
            return 1
        }
        sleep 0.05
    done
}

end() {
    kill $pid
    wait $pid 2>/dev/null
}

# field PID NAME: of each thread of the process, on one line.
field() {
    for task in /proc/"$1"/task/*; do
        sed -n "s/^$2:[[:space:]]*//p" "$task/status"
    done | sort -u | tr '\n' ' '
}

# locked PID WHAT: all that holds for a process of ours.
locked() {
    check "$2: seccomp for every thread" [ "$(field "$1" Seccomp)" = '2 ' ]
    check "$2: no new privileges" [ "$(field "$1" NoNewPrivs)" = '1 ' ]
    for set in CapInh CapPrm CapEff CapAmb; do
        check "$2: $set" [ "$(field "$1" $set)" = '0000000000000000 ' ]
    done
    check "$2: no core files" grep -q '^Max core file size  *0  *0 ' "/proc/$1/limits"
    check "$2: no page can be written and executed" [ -z "$(awk '$2 ~ /w.*x/' "/proc/$1/maps")" ]
}

# opened PID: what its descriptors are, without numbers.
opened() {
    for fd in /proc/"$1"/fd/*; do
        readlink "$fd"
    done | sed "s,^$scratch/,,; s/:\[[0-9]*\]/:/; s/:[^/]*)/)/" | sort -u
}

for accel in $(accelerators); do
    what="$accel"
    : >named
    begin --accel "$accel" --cpus 2 --disk data.img --disk /dev/fd/9,ro 2>/dev/null && not_ok "$what: an empty disk is taken"
    echo something >named
    truncate -s 4096 named
    begin --accel "$accel" --cpus 2 --disk data.img --disk /dev/fd/9,ro || not_ok "$what: it doesn't start"
    locked $pid "$what"
    opened $pid >descriptors
    # The files that the run uses, the standard streams, and what KVM, the loop and the rings are; no /dev/kvm, no kernel.
    unexpected=$(grep -Ev '^(busybox\.img|data\.img|named|up|err|/dev/null|pipe:|socket:|anon_inode:.*)$' descriptors)
    check "$what: nothing else is open: $(echo $unexpected)" [ -z "$unexpected" ]
    # Who isn't root can't look there.
    [ "$accel" = tcg ] || [ "$(id -u)" != 0 ] || check "$what: each file once" [ "$(for fd in /proc/$pid/fd/*; do readlink "$fd"; done | grep -c named)" = 1 ]
    [ "$accel" = tcg ] || check "$what: threads have lists of their own" grep -q 'Seccomp_filters:.*2' /proc/$pid/task/*/status
    end

    what="$accel, the process that has a disk's changes"
    begin --accel "$accel" --disk data.img,cow
    helper=$(pgrep -P $pid -f . | while read -r p; do grep -qx lvmm-disk "/proc/$p/comm" && echo "$p"; done)
    [ "$accel" = kvm ] || check "$what: it is there" [ -n "$helper" ]
    [ -z "$helper" ] || locked "$helper" "$what"
    end

    # Root's server of shared folders may change any file's owner, but has nothing that leads to a name.
    what="$accel, the process that serves shared folders"
    mkdir -p shared kept
    up=../../../../../../../../../../../..
    mode=cow
    begin --accel "$accel" --verbose -v shared:/shared -v shared:/cow:cow -v shared:/kept:cow=kept
    mode=
    helper=$(pgrep -P $pid -f . | while read -r p; do grep -qx lvmm-share "/proc/$p/comm" && echo "$p"; done)
    check "$what: it is there" [ -n "$helper" ]
    check "$what: it tells" grep -Eq '^lvmm: shared folders: locked in: .*seccomp \(share\), ' err
    if grep -q '^lvmm: shared folders: .*, an empty root$' err; then
        check "$what: its root is empty" [ -z "$(ls -A "/proc/$helper/root/")" ]
        for fd in /proc/"$helper"/fd/*; do
            [ ! -d "$fd/" ] || check "$what: $(readlink "$fd") is not below the root" \
                [ "$(stat -L -c %d:%i "$fd/$up")" != "$(stat -c %d:%i /)" ]
        done
    else
        check "$what: or says what is left" grep -q '^lvmm: shared folders: .*; modes, owners and times of other files' err
        [ "$(id -u)" != 0 ] || echo 'skipped: sandbox/apart: no mounts can be made here'
    fi
    end

    # ---- as --sandbox says ----
    run 0 "$lvmm" run --accel "$accel" --verbose --disk hello.img,ro
    check "$accel: --verbose tells" grep -Eq '^lvmm: locked in: no new privileges, no capabilities, seccomp \((kvm|tcg)\), (Landlock [0-9]+|an empty root)$' err
    run 0 "$lvmm" run --accel "$accel" --verbose --sandbox=partial --disk hello.img,ro
    check "$accel: partial" grep -q '^lvmm: locked in: .*seccomp .*, files as --sandbox=partial says$' err
    begin --accel "$accel" --sandbox=partial
    locked $pid "$accel, partial"
    end
    run 0 "$lvmm" run --accel "$accel" --verbose --sandbox=none --disk hello.img,ro
    check "$accel: none" grep -q '^lvmm: locked in: not, as --sandbox=none says$' err

    # ---- a host that lacks something ----
    run 125 "$without" landlock_create_ruleset unshare:1 -- "$lvmm" run --accel "$accel" --disk hello.img,ro
    check "$accel: neither Landlock nor a mount namespace: $(cat err)" grep -q '^lvmm: --sandbox=full: .*; --sandbox=partial goes without' err
    check "$accel: and no guest" [ ! -s out ]
    run 0 "$without" landlock_create_ruleset unshare:1 -- "$lvmm" run --accel "$accel" --sandbox partial --disk hello.img,ro
    check "$accel: partial runs there" grep -q Hello out
    run 125 "$without" seccomp -- "$lvmm" run --accel "$accel" --sandbox partial --disk hello.img,ro
    check "$accel: no seccomp: $(cat err)" grep -q '^lvmm: .*seccomp.*; --sandbox=none goes without' err
    check "$accel: and no guest" [ ! -s out ]
    run 0 "$without" seccomp -- "$lvmm" run --accel "$accel" --sandbox none --disk hello.img,ro
    check "$accel: none runs there" grep -q Hello out
    if unshare -m true 2>/dev/null || unshare -Um true 2>/dev/null; then
        run 0 "$without" landlock_create_ruleset -- "$lvmm" run --accel "$accel" --verbose --disk hello.img,ro --disk data.img,cow
        check "$accel: an empty root stands for Landlock" grep -q '^lvmm: locked in: .*, an empty root$' err
        check "$accel: and the guest runs" grep -q Hello out
    else
        echo "skipped: sandbox/root: no mount namespaces here"
    fi
    # Output to a socket that is full: the event loop's thread sends it later.
    if command -v python3 >/dev/null; then
        cat >output.py <<'PYTHON'
import select, socket, subprocess, sys
ours, theirs = socket.socketpair()
lvmm = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=theirs)
while lvmm.poll() is None and select.select([], [theirs], [], 0.05)[1]:
    pass
theirs.close()
size = 0
while size < 4 << 20 and (part := ours.recv(65536)):
    size += len(part)
lvmm.terminate()
sys.exit(lvmm.wait() != -15)
PYTHON
        check "$accel: output to a socket" python3 output.py "$lvmm" run --accel "$accel" --timeout 120 --disk busybox.img,ro -- \
            /busybox yes
    fi
    # A host without io_uring is slower with disks, and no more.
    run 0 "$without" io_uring_setup -- "$lvmm" run --accel "$accel" --disk hello.img
    check "$accel: no io_uring" grep -q Hello out
done

# A user's process that others of the user's can't look into belongs to root in /proc.
if [ "$(id -u)" = 0 ] && [ -z "$(no_qemu x86_64)" ] && chmod 755 . && setpriv --reuid=65534 --clear-groups test -r "$scratch/hello.img" &&
    setpriv --reuid=65534 --clear-groups test -x "$lvmm" 2>/dev/null; then
    : >up
    setpriv --reuid=65534 --clear-groups "$lvmm" run --accel tcg --timeout 120 --disk busybox.img,ro -- \
        /busybox sh -c 'echo up; exec /busybox sleep 1000' >up 2>err </dev/null &
    pid=$!
    until grep -q up up || ! kill -0 $pid 2>/dev/null; do sleep 0.05; done
    check "not root: it runs" grep -q up up
    check "not root: nobody looks into it" [ "$(stat -c %u /proc/$pid/fd)" = 0 ]
    locked $pid "not root"
    end
    if setpriv --reuid=65534 --clear-groups unshare -Um true 2>/dev/null; then
        run 0 setpriv --reuid=65534 --clear-groups "$without" landlock_create_ruleset -- \
            "$lvmm" run --accel tcg --verbose --disk hello.img,ro
        check "not root: an empty root in a user namespace" grep -q '^lvmm: locked in: .*, an empty root$' err
    fi
else
    echo 'skipped: sandbox/user: not root, no QEMU, or the build is not readable for others'
fi

refuses 125 '--sandbox most: unknown; it is full, partial or none' --sandbox most --disk hello.img
refuses 125 '--sandbox.*needs a value' --sandbox

# ---- doctor ----

"$lvmm" doctor >out
for row in seccomp Landlock 'mount namespace' 'shared folders' sandbox; do
    check "doctor: $row" grep -Eq "^$row +(yes|no) +." out
done
"$without" landlock_create_ruleset unshare:1 -- "$lvmm" doctor >out
check 'doctor: neither Landlock nor mount namespaces' grep -Eq '^sandbox +no .*--sandbox=partial' out
"$lvmm" doctor --json >out
status=$?
"$lvmm" doctor >plain
check 'doctor --json: the same status' [ $status = $? ]
check 'doctor --json: every row' [ "$(grep -o '"name":' out | wc -l)" = "$(grep -Ec '^[A-Za-z].* (yes|no)  ' plain)" ]
if command -v python3 >/dev/null; then
    check 'doctor --json: it is JSON' python3 -c '
import json, sys
told = json.load(open("out"))
assert told["host"]["isa"] and told["host"]["linux"]
assert all(isinstance(c["name"], str) and isinstance(c["ok"], bool) and c["text"] for c in told["checks"])
assert any(c["name"] == "sandbox" for c in told["checks"])
rows = {c["name"]: c["ok"] for c in told["checks"]}
has = told["sandbox"]
assert (has["best"] == "full") == rows["sandbox"] and has["seccomp"] == rows["seccomp"]
assert (has["landlock"] > 0) == rows["Landlock"] and has["mount_namespace"] == rows["mount namespace"]
assert has["shares_apart"] == rows["shared folders"]
assert told["runs_by"] in ("KVM", "TCG", None) and isinstance(told["has_kernel"], bool)'
fi
run 125 "$lvmm" doctor --jsn
check "doctor: $(cat err)" grep -q 'unknown option' err

finish
