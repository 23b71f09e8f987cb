#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# An initramfs as the root file system: plain and compressed archives, what starts from them, and what is told of those that
# are damaged or find no room.
. "$(dirname "$0")/lib.sh"

for tool in cpio gzip xz lz4 zstd; do
    command -v $tool >/dev/null || not_ok "the tests need $tool, which is not installed"
done
busybox=$build/x86_64/busybox

# pack FOLDER [NAME...]: the folder's files, or these, as an archive on stdout.
pack() {
    (
        cd "$1" && shift
        if [ $# = 0 ]; then find . -mindepth 1 | LC_ALL=C sort; else printf '%s\n' "$@"; fi |
            cpio -o -H newc -R 0:0 --quiet
    )
}

mkdir -p one/bin one/sbin one/etc one/tmp two/etc three/etc
cp "$busybox" one/bin/busybox
for applet in sh ls cat stat dd df; do ln one/bin/busybox one/bin/$applet; done
cp "$build/x86_64/payload/hello" one/sbin/hello
echo one >one/etc/issue
echo first >one/etc/first
ln -s ../etc/first one/tmp/link
mkfifo -m 640 one/tmp/fifo
touch -d @86400 one/etc/first
echo two >two/etc/issue
echo three >three/etc/third
pack one >one.cpio
pack two >two.cpio
pack three >three.cpio
accels=$(accelerators)

# ---- each kind of file: the later archive's files take the place of the earlier's ----

cp one.cpio kind-plain
gzip -9c one.cpio >kind-gz
xz --check=crc32 -c one.cpio >kind-xz
lz4 -q -l -9 one.cpio kind-lz4
zstd -q one.cpio -o kind-zst
cat one.cpio two.cpio >kind-two-plain
cat kind-gz >kind-two-packed && zstd -q <two.cpio >>kind-two-packed
cat two.cpio >kind-plain-packed && zstd -q <one.cpio >>kind-plain-packed && gzip -c three.cpio >>kind-plain-packed
{ gzip -c one.cpio && head -c 1000 /dev/zero; } >kind-zeros
for accel in $accels; do
    for file in kind-*; do
        issue=one
        case $file in *-two-*) issue=two ;; esac
        run 0 "$lvmm" run --accel "$accel" --initrd "$file" -- /bin/cat /etc/issue /etc/first
        check "$accel: $file" [ "$(cat out err)" = "$issue
first" ]
    done
    run 0 "$lvmm" run --accel "$accel" --initrd kind-plain-packed -- /bin/cat /etc/third
    check "$accel: the last of three archives" [ "$(cat out err)" = three ]
    run 0 "$lvmm" run --accel "$accel" --initrd one.cpio -- /bin/stat -c '%n %f %h %u:%g %Y' /etc/first /tmp/fifo /bin/sh
    check "$accel: attributes" [ "$(cut -d ' ' -f 1-5 out | sed '2,$s/ [0-9]*$//')" = "/etc/first $(stat -c %f one/etc/first) 1 0:0 86400
/tmp/fifo 11a0 1 0:0
/bin/sh $(stat -c %f one/bin/sh) 7 0:0" ]
    run 0 "$lvmm" run --accel "$accel" --initrd one.cpio --disk hello.img,ro -- /bin/sh -c \
        'read x </tmp/link && echo $x; cat /dev/vda | dd bs=1 skip=82 count=5 2>/dev/null'
    check "$accel: a symbolic link, and a disk that isn't the root" [ "$(cat out err)" = 'first
FAT32' ]
done

# ---- what is started ----

run 0 "$lvmm" run --initrd one.cpio
check 'without PROGRAM: /sbin/hello' [ "$(cat out err)" = 'Hello, UserApp!' ]
printf '#!/bin/sh\necho "init $$"\n' >one/init
chmod +x one/init
pack one | gzip >init.gz
run 0 "$lvmm" run --init --initrd init.gz
check 'without PROGRAM: /init first' [ "$(cat out err)" = 'init 1' ]
refuses 127 'PROGRAM /bin/none: no such file in the initrd$' --initrd one.cpio -- /bin/none
refuses 125 'no PROGRAM was given, and the initrd has none of /init, /sbin/init, /sbin/hello and /bin/sh$' \
    --initrd two.cpio

# ---- make shell's ----

for accel in $accels; do
    check "$accel: a shell on a terminal, from an initramfs" "$build/tests/pty" start expect '~ # ' \
        type 'ls /bin/busybox /root/../etc/pas*\r' expect '/bin/busybox' expect '/root/../etc/passwd' expect '# ' \
        type 'sleep 100\r' sleep 300 type '\003' expect '# ' type 'echo $? $HOME $(whoami)\r' expect '130 /root root' \
        expect '# ' type 'cd /tmp; seq 9 | sort -r >f; sed -n 2p f | tr 8 x\r' expect x expect '/tmp # ' \
        type 'exit 7\r' ends 7 same-mode -- "$lvmm" run --accel "$accel" --initrd "$build/x86_64/shell.cpio"
done

# ---- no directory ----

pack one . etc/first >no-dir.cpio
for name in x/a x/b; do
    mkdir -p x && echo "$name" >$name
done
(printf '%s\n' x/a x/b | cpio -o -H newc --quiet) >>no-dir.cpio
cat one.cpio >>no-dir.cpio
run 0 "$lvmm" run --initrd no-dir.cpio -- /bin/cat /etc/first
check 'entries without a directory are left out, and told of once' [ "$(cat out):$(grep -c . err)" = first:1 ]
check 'which and how many' grep -Eq -- \
    '--initrd: 3 of [0-9]+ entries could not be made; the first of them is etc/first: error 2$' err

# ---- memory: the archive's comes back, and what is too large is told ----

mkdir -p large/bin
head -c 40M /dev/urandom >large/random
sum=$(sha1sum <large/random)
cp one/bin/busybox large/bin/sh
pack large >large.cpio
for accel in $accels; do
    run 0 "$lvmm" run --accel "$accel" --memory 128M --initrd large.cpio -- /bin/sh -c \
        'sha1sum </random; dd if=/dev/zero of=/dev/null bs=60M count=1 2>/dev/null && echo room'
    check "$accel: a large file, and room when it is unpacked" [ "$(cat out err)" = "$sum
room" ]
done
refuses 125 '--initrd: the root file system of 30 MiB is full at entry random; make it larger with --root-size, or --memory$' \
    --initrd large.cpio --memory 128M --root-size 30M -- /bin/sh
refuses 125 '--initrd: the root file system of 64 KiB is full at entry [^ ]+; make it larger with --root-size, or --memory$' \
    --initrd large.cpio --memory 128M --root-size 64K -- /bin/sh
refuses 125 "large.cpio: its [0-9]+ bytes don.t fit beside the kernel with --memory of 33554432 bytes; give more memory" \
    --initrd large.cpio --memory 32M -- /bin/sh
refuses 125 '--initrd: there is not enough memory at entry random; give the guest more with --memory$' \
    --initrd large.cpio --memory 60M --root-size 60M -- /bin/sh
zstd -q large.cpio -o large.zst
refuses 125 'large.zst: is zstd-compressed, and expands to more than the guest.s memory; give it more by --memory$' \
    --initrd large.zst --memory 32M -- /bin/sh
rm large.cpio large.zst

# ---- damage ----

for accel in $accels; do
    { head -c 300000 one.cpio && echo; } >cut-short
    refuses 125 '--initrd: the archive is damaged at byte [0-9]+, entry bin/[a-z]+: it ends within the data$' \
        --accel "$accel" --initrd cut-short
    { cat two.cpio && printf '0707010000000G'; } >number
    refuses 125 '--initrd: the archive is damaged at byte 512: (it ends within the header|a number.*)$' \
        --accel "$accel" --initrd number
done
(cd one && echo etc/first | cpio -o -H odc --quiet) >old-kind
refuses 125 '--initrd: the archive is damaged at byte 0: it is of cpio.s older kind; make it with cpio -o -H newc$' --initrd old-kind
gzip -c one.cpio | head -c 5000 >cut.gz
refuses 125 'cut.gz: is gzip-compressed, and is truncated: its data ends at byte 5000$' --initrd cut.gz
{ head -c -8 kind-gz && printf '\1\2\3\4' && tail -c 4 kind-gz; } >damaged.gz
refuses 125 'damaged.gz: is gzip-compressed, and its data is damaged at byte ' --initrd damaged.gz
bzip2 -c one.cpio >bz2 2>/dev/null || printf 'BZh91AY&SY' >bz2
refuses 125 'bz2: is bzip2-compressed; lvmm unpacks gzip, xz, lz4 and zstd$' --initrd bz2
echo 'no archive' >text
refuses 125 'text: has at byte 0 neither a cpio archive \(newc\) nor one that is compressed by ' --initrd text
gzip -c text >text.gz
refuses 125 'text.gz: is gzip-compressed, and what is in it is no cpio archive' --initrd text.gz
: >empty
refuses 125 'empty: is empty' --initrd empty

# ---- options ----

refuses 125 '^lvmm: --root-size: bounds the root file system .*; give that too$' --root-size 10M --disk hello.img
refuses 125 '^lvmm: --root-size x: not a size' --root-size x --initrd one.cpio
refuses 125 '^lvmm: --root-size: that is more than the guest.s memory' --root-size 1G --initrd one.cpio
refuses 125 '^lvmm: --initrd one.cpio: the kernel isn.t Linux' --accel tcg --kernel "$gkernel" --initrd one.cpio
finish
