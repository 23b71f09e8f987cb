#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A guest that root starts reaches files of others in shared folders with root's rights where MODE says `root`, and in
# --root, and nowhere else; users of the guest reach their own.
# shellcheck disable=SC2016 # the guest's shell expands it
. "$(dirname "$0")/lib.sh"

if [ "$(id -u)" != 0 ]; then
    echo 'skipped: share_rights: only root has such rights'
    exit $failed
fi
cp --sparse=always "$build/x86_64/busybox.img" busybox.img
mkdir -p folder/private mine theirs other
mkdir -m 555 closed
echo secret >folder/secret
echo deep >folder/private/deep
echo all >folder/all
chmod 755 . folder mine theirs
chmod 600 folder/secret
chmod 700 folder/private other
chown 1000:1000 folder/secret folder/private theirs other
cat >try <<'X'
for file in secret all private/deep; do $b cat /mnt/$file 2>&1 || echo "no $file"; done
X
cat >writes <<'X'
echo new >/mnt/secret && echo written
echo made >/mnt/private/made && echo made
X
# In a cow folder that is anybody's to write: what nobody may write and what is another's is copied up all the same.
cat >ups <<'X'
cd /mnt && umask 0277
$b touch readonly && $b mv readonly moved && $b ln moved linked && $b chmod 600 linked && $b chown 7 theirs && $b mkdir made
$b stat -c '%n %u %a' linked theirs made
X
cat >users <<'X'
cd /mnt && umask 077
$b rm theirs && echo new >theirs && echo more >>theirs && $b cat theirs
$b rm second && $b mkdir second && $b rm third && $b mkfifo third && echo own >own && $b chmod 4700 own && $b rm fourth
$b mv own fourth && $b mkdir fifth && $b stat -c '%n %u %a' second third fourth fifth
X

# Names in folders that are one user's alone, made by the guest (own) or the host's (their), and where nobody may write.
mkdir scripts
cat >scripts/closed <<'X'
b=/busybox
cd /mnt && $b mkdir own && $b chown 70:70 own && $b chmod 700 own
echo new >closed/new && echo more >>closed/file && $b mv closed/file closed/moved && $b mkdir closed/sub/dir
$b rm closed/gone && $b ls closed closed/sub && $b stat -c '%n %u %a' closed closed/sub
X
cat >scripts/names <<'X'
b=/busybox
cd /mnt && umask 077
for d in own their; do
    cd $d
    echo a >a && $b mkdir sub && echo b >sub/b && $b mv a sub/a && $b mv sub/b b && $b cat b sub/a && $b mv sub moved
    $b ls moved && $b ln b linked && $b rm b && $b ls && $b rm moved/a && $b rmdir moved
    $b mkdir x y && $b touch x/f && $b mv x y/x && $b ls y y/x && $b rm -r y
    cd ..
done
$b rm their/low && $b ls their && echo again >their/low && $b cat their/low && $b mv their/low2 their/low3
$b rmdir their/dir && $b mkdir their/dir && echo new >their/dir/new && $b ls their/dir
$b mkdir own/away && echo moved >own/away/file && $b mv own/away their/away && $b cat their/away/file && $b rm -r their/away
$b ls own their && $b stat -c '%n %u %g %a' own their their/dir their/low their/low3
X
cat >names <<'X'
b
a
a
linked
moved
y:
x

y/x:
f
b
a
a
dir
linked
low
low2
moved
y:
x

y/x:
f
dir
linked
low2
again
new
moved
own:
linked

their:
dir
linked
low
low3
own 70 70 700
their 70 70 755
their/dir 70 70 700
their/low 70 70 600
their/low3 70 70 644
X

# Who is in a group of the folder's by a supplementary one alone, and who isn't; new files have the user's own group.
cat >scripts/groups <<'X'
b=/busybox sh=/dev/shm/sh
$b ln -s $b $sh && $b mkdir -p /etc
printf 'root:x:0:0::/:%s\nuser:x:1000:1000::/:%s\nother:x:1001:1001::/:%s\n' $sh $sh $sh >/etc/passwd
printf 'root:x:0:\nteam:x:2000:user\n' >/etc/group
for name in user other; do $b su -s $sh -c '. /scripts/member' $name 2>&1; done
X
cat >scripts/member <<'X'
b=/busybox
cd /mnt/team 2>/dev/null || { echo none && exit; }
$b cat text && echo more >>text && $b tail -n 1 text && $b ls inner
echo made >inner/made && $b mkdir inner/dir && $b ln -s x inner/link && $b mkfifo inner/fifo && echo x >setgid/made
$b stat -c '%n %u %g' inner/made inner/dir inner/fifo setgid/made
$b mv inner/fifo inner/moved && $b ln inner/made inner/linked && $b rm inner/made inner/link && $b rmdir inner/dir
$b ls inner
X

# shared ACCEL STATUS SCRIPT OPTION...: what the guest says is in the file out.
shared() {
    accel=$1 expected=$2 script=$3
    shift 3
    run "$expected" "$lvmm" run --accel "$accel" --timeout 50 --disk busybox.img,cow "$@" -- /busybox sh -c \
        "b=/busybox; $script"
}

# has MODES CAPABILITIES: what the server of folders shared like that keeps, in hexadecimal digits.
has() {
    wanted=$2 what=$1 options=
    for mode in $1; do options="$options -v mine:/$mode:$mode"; done
    : >out
    # shellcheck disable=SC2086 # several words
    "$lvmm" run --accel "$accel" --timeout 50 --disk busybox.img,cow $options -- /busybox sh -c \
        'echo up; /busybox cat' <hold >out 2>err &
    pid=$!
    exec 3>hold
    until grep -q up out || ! kill -0 $pid 2>/dev/null; do sleep 0.1; done
    server=$(pgrep -P $pid -x lvmm-share)
    check "$accel: $what: capabilities $wanted" \
        [ "$(sed -n 's/^CapPrm:[[:space:]]*0*\(.\)/\1/p' "/proc/$server/status")" = "$wanted" ]
    exec 3>&-
    wait $pid
}

test_rights() {
    accel=$1

    printf "cat: can't open '/mnt/secret': Permission denied\nno secret\nall\n" >bound
    printf "cat: can't open '/mnt/private/deep': Permission denied\nno private/deep\n" >>bound
    printf 'secret\nall\ndeep\n' >free
    for mode in ro cow rw; do
        shared "$accel" 0 "$(cat try)" -v "folder:/mnt:$mode"
        same "$accel: $mode: files of others aren't read" bound out
        shared "$accel" 0 "$(cat try)" -v "folder:/mnt:$mode,root"
        same "$accel: $mode,root: they are" free out
        # One beside the other: the rights are those of each.
        shared "$accel" 0 "$(cat try)" -v "folder:/mnt:$mode" -v mine:/mine:rw,root
        same "$accel: $mode beside one with root's rights: they aren't" bound out
        shared "$accel" 0 "\$b ls /mine/private; $(cat try)" -v folder:/mine:ro,root -v "folder:/mnt:$mode"
        (echo deep && cat bound) >both
        same "$accel: ro,root and $mode in turn" both out
    done
    shared "$accel" 1 "$(cat writes)" -v folder:/mnt:rw
    check "$accel: rw: nor written" [ ! -s out ]
    shared "$accel" 0 "$(cat writes)" -v folder:/mnt:cow,root
    check "$accel: cow,root: they are written" [ "$(cat out)" = "$(printf 'written\nmade')" ]
    check "$accel: and not the host's" [ "$(cat folder/secret)" = secret ]

    rm -rf common
    mkdir -m 1777 common
    for file in theirs second third fourth readonly; do echo "$file" >common/$file; done
    chmod 444 common/readonly
    chown 1000:1000 common/theirs common/second common/third common/fourth
    shared "$accel" 0 "$(cat ups)" -v common:/mnt:cow
    printf 'linked 0 600\ntheirs 7 644\nmade 0 500\n' >wanted
    same "$accel: cow: what nobody may write is copied up" wanted out
    shared "$accel" 0 "$(cat users)" -u 1000:1000 -v common:/mnt:cow
    printf 'new\nmore\nsecond 1000 700\nthird 1000 600\nfourth 1000 4700\nfifth 1000 700\n' >wanted
    same "$accel: cow: a user of the guest writes what it has made" wanted out

    rm -rf room up
    mkdir -p room/their/dir room/closed/sub up
    for file in their/low their/low2 closed/file closed/gone; do echo $file >room/$file; done
    chown -R 70:70 room/their
    chmod 755 room/their
    chmod 555 room/closed
    chmod 1777 room
    shared "$accel" 0 '. /scripts/closed' -v room:/mnt:cow=up -v scripts:/scripts:ro
    printf 'closed:\nmoved\nnew\nsub\n\nclosed/sub:\ndir\nclosed 0 555\nclosed/sub 0 755\n' >wanted
    same "$accel: cow: in a folder that nobody may write the guest's root makes and takes away names" wanted out
    shared "$accel" 0 '. /scripts/names' -u 70:70 -v room:/mnt:cow=up -v scripts:/scripts:ro
    same "$accel: cow: and a user of the guest in its own" names out
    find up -mindepth 1 -maxdepth 1 ! -name '.*' -printf '%f %U %m\n' | sort >changed
    printf 'closed 0 555\nown 70 700\ntheir 70 755\n' >wanted
    same "$accel: cow: the folders of changes are whose they were" wanted changed
    check "$accel: cow: and nothing of the host's is changed" [ "$(ls room/their room/closed | tr '\n' ' ')" = \
        'room/closed: file gone sub  room/their: dir low low2 ' ]

    rm -rf room
    mkdir -p room/team/inner room/team/setgid
    echo text >room/team/text
    chown -R 3000:2000 room/team
    chmod 750 room/team
    chmod 770 room/team/inner
    chmod 2770 room/team/setgid
    chmod 660 room/team/text
    shared "$accel" 0 '. /scripts/groups' -v room:/mnt -v scripts:/scripts:ro
    cat >wanted <<'X'
text
more
inner/made 1000 1000
inner/dir 1000 1000
inner/fifo 1000 1000
setgid/made 1000 2000
linked
moved
none
X
    same "$accel: rw: a supplementary group of a user of the guest is as good as its own" wanted out

    # What a user of the guest makes, it uses.
    mkdir -m 700 mine/room
    chown 70:70 mine/room
    shared "$accel" 0 'umask 077; echo own >/mnt/room/file && $b cat /mnt/room/file && $b rm /mnt/room/file' -u 70:70 \
        -v mine:/mnt
    check "$accel: a user of the guest has a folder of its own" [ "$(cat out)" = own ]
    rm -rf mine/room
    shared "$accel" 0 'echo own >/mnt/file && $b cat /mnt/file && $b rm /mnt/file' -u 1000:1000 -v other:/mnt
    check "$accel: or the host's of that number" [ "$(cat out)" = own ]
    check "$accel: which is no reason to warn" [ ! -s err ]
}

# CHOWN, FOWNER, FSETID, SETGID, SETUID, MKNOD and SETFCAP; DAC_OVERRIDE is 2.
mkfifo hold
for accel in $(accelerators); do
    has ro 0
    has 'ro rw' 880000d9
    has ro,root 2
    has 'ro rw,root' 880000db
done

for accel in $(accelerators); do test_rights "$accel"; done

run 125 "$lvmm" run --disk hello.img -v other:/mnt
check 'a folder of which nothing could be read is refused' grep -q "^lvmm: -v other: belongs to user 1000 and can't be read; with root's rights it can: -v HOST:GUEST:MODE,root" err
run 0 "$lvmm" run --disk hello.img -v other:/mnt:rw,root
run 0 "$lvmm" run --disk hello.img -v theirs:/mnt
check 'and one that could not be written is named' grep -q "^lvmm: .*-v theirs: belongs to user 1000 and can't be written; with" err
run 0 "$lvmm" run --disk hello.img -v closed:/mnt
check "root's own, too" grep -q "^lvmm: .*-v closed: belongs to user 0 and can't be written; with" err
run 0 "$lvmm" run --disk hello.img -v theirs:/mnt:ro
check 'unless nobody wants that' [ ! -s err ]
(cd theirs && exec "$lvmm" do --dry-run true >/dev/null 2>../err)
check 'do says whose the current folder is' grep -q "^lvmm: do: .*/theirs belongs to user 1000 and can't be written: root's rights" err
(cd mine && exec "$lvmm" do --dry-run true >/dev/null 2>../err)
check "and nothing of root's" [ ! -s err ]
run 0 "$lvmm" run --dry-run -v theirs:/mnt:ro,root --disk hello.img
check 'what is planned says it' grep -Fq '  0  theirs at /mnt, ro,root' out
exit $failed
