#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lvmm do: commands of this host in the current folder, beside the same without it (do_commands.txt); what they may see and change, and
# what becomes of changes.
. "$(dirname "$0")/lib.sh"

reason=$(no_kvm)
[ -z "$reason" ] || { echo "skipped: do: $reason" && exit 77; }
export HOME="$scratch/home" USER="${USER:-root}" LANG=C
mkdir -p "$HOME"

# ---- a small project ----

mkdir -p project/src project/docs project/data
cd project || exit 1
printf '#include <stdio.h>\nint one(int n);\nint one(int n)\n{\n    return n + 1; /* TODO */\n}\n' >src/one.c
printf 'int two(int n);\nint two(int n)\n{\n    return 2 * n;\n}\n' >src/two.c
cat >src/main.c <<'END'
#include <stdio.h>
#include <stdlib.h>
int one(int n);
int two(int n);
int main(int argc, char **argv)
{
    printf("%d\n", two(one(argc > 1 ? atoi(argv[1]) : 0)));
    return 0;
}
END
printf 'int one(int n);\nint two(int n);\n' >src/both.h
printf 'CFLAGS = -O1\nbuild/prog: src/one.c src/two.c src/main.c\n\t@mkdir -p build\n\tcc $(CFLAGS) -o $@ $^\nclean:\n\trm -rf build\n' >Makefile
ln -s ../src/one.c docs/link
echo 'read me' >docs/README
seq 1 2000 | sed 's/^/abc word /' >data/words
printf 'ann 3\nbob 1\ncyd 2\n' >data/table
printf 'src/one.c\nsrc/two.c\n' >data/list
echo '{"name": "x", "list": [1, 2]}' >data/settings.json
echo 'define(x, 3)x' >data/macros.m4
echo '1 + 2' >data/sum.bc
printf -- '--- src/one.c\n+++ src/one.c\n@@ -5 +5 @@\n-    return n + 1; /* TODO */\n+    return n + 2; /* TODO */\n' >data/change.diff
printf 'import sys\nprint(sum(int(l.split()[1]) for l in open(sys.argv[1])))\n' >script.py
printf 'import unittest\nclass T(unittest.TestCase):\n    def test_a(self):\n        self.assertEqual(1, 1)\n' >tests_here.py
find . -exec touch -h -d 2024-01-01 {} +
if command -v git >/dev/null; then
    git -c init.defaultBranch=main init -q .
    git config user.name nobody
    git config user.email nobody@localhost
    git add -A
    GIT_AUTHOR_DATE=2024-01-01T00:00:00Z GIT_COMMITTER_DATE=2024-01-01T00:00:00Z git commit -q -m first
    echo changed >>docs/README
fi
cd .. || exit 1
cp -a project fresh

# Both at one path, as it is printed: the host's run is followed by a fresh copy.
renew() {
    rm -rf project
    cp -a fresh project
}

# same COMMAND-LINE
same() {
    renew
    (cd project && GIT_COMMITTER_DATE=2024-01-02T00:00:00Z timeout -k 5 60 sh -c "$1" </dev/null >../wanted 2>../wanted_err)
    wanted=$?
    renew
    (cd project && timeout -k 5 60 "$lvmm" do sh -c "$1" </dev/null >../out 2>../err)
    status=$?
    if [ $status = $wanted ] && cmp -s wanted out; then
        ok "$1"
    else
        not_ok "$1: status $status, here $wanted"
        diff -u wanted out | head -20 | sed 's/^/    /'
        head -5 err | sed 's/^/    stderr: /'
    fi
}

while read -r line; do
    case $line in
    '#'* | '') continue ;;
    esac
    word=${line%% *}
    if [ "$word" != nothing-of-that-name ] && ! command -v "$word" >/dev/null; then
        echo "left out, $word is not installed here: $line"
        continue
    fi
    same "$line"
done <"$root/tests/cli/do_commands.txt"

if command -v less >/dev/null; then
    renew
    (cd project && TERM=vt100 timeout -k 5 60 "$build/tests/pty" start expect 'abc word 1' type G expect 'abc word 2000' type q \
        ends 0 -- "$lvmm" do less data/words >../out 2>&1)
    check 'less, at a terminal' [ $? = 0 ]
fi

# curl_gives STATUS PORT: by lvmm do, which may reach that port of this host: a file of the server's.
curl_gives() {
    (cd project && exec timeout -k 5 60 "$lvmm" do --allow "127.0.0.1:$2" curl -s --max-time 30 "http://10.0.2.2:$port/data/table" \
        </dev/null >../out 2>../err)
    status=$?
    check "curl, allowed to reach port $2, of $port: status $status: $(head -1 err)" [ $status = "$1" ]
}
if [ -x /usr/bin/python3 ] && command -v curl >/dev/null; then
    (cd fresh && exec /usr/bin/python3 -u -m http.server --bind 127.0.0.1 0 >../served 2>&1) &
    server=$!
    trap 'kill $server 2>/dev/null; rm -rf "$scratch"' EXIT
    until grep -q ' port [0-9]' served || ! kill -0 $server 2>/dev/null; do sleep 0.1; done
    port=$(sed -n 's/.* port \([0-9]*\) .*/\1/p' served)
    curl_gives 0 "$port"
    check 'curl: the file' cmp -s out fresh/data/table
    curl_gives 7 "$((port ^ 1))"
    kill $server
    wait $server 2>/dev/null
fi

# ---- what it may see and change ----

# does STATUS ARG...: in the project, by lvmm do.
does() {
    expected=$1
    shift
    (cd "${folder:-project}" && exec timeout -k 5 60 "$lvmm" do "$@" </dev/null >"$scratch/out" 2>"$scratch/err")
    status=$?
    check "status $expected: do $*: $status, $(head -1 err)" [ $status = "$expected" ]
}
sums() {
    (cd project && find . -type f -exec sha256sum {} + | sort)
}

renew
sums >before
does 0 sh -c 'echo x >new; rm -r src; echo y >>data/table; mv docs moved; ls'
check 'changes are forgotten' [ "$(sums)" = "$(cat before)" ]
does 0 --rw sh -c 'echo x >new; rm -r src; echo y >>data/table'
check '--rw makes them' [ "$(cat project/new)$(tail -1 project/data/table)" = xy ]
check '--rw removes' [ ! -e project/src ]
if [ -d fresh/.git ]; then
    renew
    does 1 --rw sh -c 'echo evil >.git/hooks/pre-commit || exit 1'
    check '--rw: hooks of git stay as they are' [ ! -e project/.git/hooks/pre-commit ]
    does 1 --rw sh -c 'echo evil >>.git/config || exit 1'
    check '--rw: the settings of git stay as they are' [ "$(grep -c evil project/.git/config)" = 0 ]
    does 1 --rw sh -c 'echo ../elsewhere >.git/commondir || exit 1'
    check '--rw: the settings of git stay where they are' [ ! -e project/.git/commondir ]
    does 1 --rw sh -c 'mv .git .moved 2>/dev/null || exit 1'
    does 1 --rw sh -c 'ln .git/config .git/other 2>/dev/null || exit 1'
    does 1 --rw sh -c 'mv .git/hooks .git/x 2>/dev/null || exit 1'
    does 1 --rw sh -c 'echo ../evil 2>/dev/null >.git/commondir || exit 1'
    does 1 --rw sh -c 'rm -rf .git 2>/dev/null || exit 1'
    check '--rw: the hooks are all there' [ -d project/.git/hooks ]
    check '--rw: so are the settings' [ -s project/.git/config ]
    renew
    does 0 --rw sh -c 'echo more >>docs/README; git add -A; git commit -q -m more'
    check '--rw: git can commit' [ "$(git -C project log --format=%s | head -1)" = more ]
    does 0 --rw=all sh -c 'echo "# good" >>.git/config'
    check '--rw=all: they can be changed' grep -q good project/.git/config
fi

renew
does 0 sh -c 'ls -A /root /run /mnt /srv /boot 2>/dev/null | grep -v : | xargs'
check 'nothing of the host but its programs' [ -z "$(cat out)" ]
echo secret >"$HOME/secret"
does 2 ls "$HOME/secret"
does 1 sh -c 'echo x >/usr/new || exit 1'
check "the host's programs are read-only: $(cat err)" grep -qi 'read-only' err
does 0 sh -c 'cat /etc/passwd | wc -l'
check 'the world-readable part of /etc' [ "$(cat out)" = "$(wc -l </etc/passwd)" ]
does 1 sh -c 'cat /etc/shadow >/dev/null 2>&1 || exit 1'
does 1 sh -c 'touch /etc/new 2>/dev/null || exit 1'
does 0 --host-root sh -c 'ls /home >/dev/null && test -d /root && echo there' # /root may be closed to who runs this
check '--host-root' [ "$(cat out)" = there ]
folder=$HOME does 125 true
check "all of the home: refused: $(cat err)" grep -q 'your home' err
folder=/ does 125 true
check "all of the host: refused: $(cat err)" grep -q ' is /' err
folder=$HOME does 0 -w /tmp pwd
check '-w: the current folder is not shown' [ "$(cat out)" = /tmp ]
cp /bin/true "$HOME/prog"
does 125 "$HOME/prog"
check "a CMD that is not shown: the option that shows it: $(cat err)" grep -qF -e "-v $HOME:$HOME:ro" err
does 0 -v "$HOME:$HOME:ro" "$HOME/prog"
does 127 no-such-command
does 125
does 125 --disk x true
check "--disk is run's" grep -q 'lvmm run --disk' err

# ---- the environment ----

SECRET=1 does 0 env
check 'no more of the environment than is named' [ "$(grep -c SECRET out)" = 0 ]
check "HOME is the caller's" grep -qx "HOME=$HOME" out
SECRET=1 does 0 -e SECRET sh -c 'echo $SECRET'
check '-e' [ "$(cat out)" = 1 ]
SECRET=1 does 0 --env-host sh -c 'echo $SECRET'
check '--env-host' [ "$(cat out)" = 1 ]

# ---- changes ----

does 0 --diff sh -c 'echo more >>data/table; echo x >new; rm data/words'
check "--diff: a file that was changed" grep -qx '+more' out
check "--diff: one that is new" grep -qx '+x' out
check "--diff: one that is gone" grep -q '^-abc word 1$' out
(cd project && patch -s -p1 <../out && [ "$(tail -1 data/table) $(cat new)" = 'more x' ] && [ ! -s data/words ])
check 'patch takes it' [ $? = 0 ]
renew
does 0 --diff sh -c 'rm data/table; ln -s /etc/passwd data/table; chmod +x docs/README; seq 9 >"$(printf "a\nb")"'
check '--diff: where a link leads' grep -qx 'Changed link: data/table -> /etc/passwd, was a file' out
check '--diff: a mode' grep -q '^Changed file: docs/README, mode' out
check '--diff: a name in one line' grep -qxF '+++ "b/a\012b"' out
renew
does 0 --apply sh -c 'echo more >>data/table; mkdir -p a/b; echo x >a/b/new; rm -r src; ln -s a link; chmod 700 script.py'
check '--apply' [ "$(tail -1 project/data/table) $(cat project/a/b/new) $(readlink project/link) $(stat -c %a project/script.py)" = 'more x a 700' ]
check '--apply removes' [ ! -e project/src ]
[ ! -d fresh/.git ] || {
    renew
    does 0 --apply sh -c 'echo evil >.git/hooks/pre-commit; echo evil >>.git/config; echo ../evil >.git/commondir'
    does 0 --apply sh -c 'git branch config; mkdir -p .git/modules/one/hooks; echo evil >.git/modules/one/hooks/pre-commit; echo ../evil >.git/commondir; ln -s ../../evil .git/modules/two'
    check "--apply: nor a submodule's, nor from elsewhere: $(cat err)" [ -z "$(find project/.git/modules/one/hooks project/.git/commondir project/.git/modules/two 2>/dev/null)" ]
    check '--apply: a branch may be called as it likes' [ -e project/.git/refs/heads/config ]
    check "--apply: not git's hooks: $(cat err)" [ ! -e project/.git/hooks/pre-commit ]
    check "--apply: nor what leads to others" [ ! -e project/.git/commondir ]
    check "--apply: not git's settings" [ "$(grep -c evil project/.git/config)" = 0 ]
}
renew
sums >before
does 124 --apply --timeout 0.001 sh -c 'echo x >new; sleep 60'
does 124 --apply --timeout 2 sh -c 'echo x >new; sleep 60'
check "--apply: nothing of a command that was ended: $(cat err)" [ "$(sums)" = "$(cat before)" ]
does 0 --keep "$scratch/kept" sh -c 'echo x >new'
does 0 --keep "$scratch/kept" cat new
check '--keep: the next one finds it' [ "$(cat out)" = x ]
check '--keep: not in the folder' [ "$(sums)" = "$(cat before)" ]
rm -rf kept
finish
