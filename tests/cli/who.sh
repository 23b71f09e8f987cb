#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Who and where a program is: -e, -w, -u, --hostname, and PROGRAM looked up in PATH.
. "$(dirname "$0")/lib.sh"

PATH=$PATH:/usr/sbin:/sbin
command -v mke2fs >/dev/null || { echo 'mke2fs is not installed (e2fsprogs)' && exit 78; }

# Users as passwd(5) has them, and lines that are none: too short, empty, longer than a page.
mkdir -p tree/bin tree/etc tree/home/ann tree/tmp tree/dev
mcopy -i "$build/x86_64/busybox.img" ::/busybox tree/bin/busybox
chmod 755 tree/bin/busybox
for name in sh env id pwd hostname; do ln -s busybox tree/bin/$name; done
: >tree/etc/plain
cat >tree/etc/passwd <<'END'
root:x:0:0:root:/root:/bin/sh
bad
:::
ann:x:1000:1000:Ann:/home/ann:/bin/sh
bob:x:1001:100::/nowhere:/bin/sh
far:x:4294967295:0::/:/bin/sh
END
{
    printf 'root:x:0:\nann:x:1000:\nusers:x:100:ann,bob\nwheel:x:10:root,ann,\nhanna:x:12:hann,annie\n'
    printf '%5000s:x:55:ann\nlast:x:77:ann' x
} >tree/etc/group
mke2fs -q -F -t ext4 -d tree who.img 16M

# prints WHAT EXPECTED OPTION...
prints() {
    what=$1 wanted=$2
    shift 2
    run 0 "$lvmm" run --accel "$accel" --disk who.img,ro "$@"
    check "$accel: $what: $(tr '\n' ' ' <out)$(cat err)" [ "$(cat out)" = "$wanted" ]
}

# refused WHAT STATUS TEXT OPTION...
refused() {
    what=$1 status=$2 text=$3
    shift 3
    run "$status" "$lvmm" run --accel "$accel" --disk who.img,ro "$@"
    check "$accel: $what: $(cat err)" grep -qF -e "$text" err
}

# ID in numbers: -G has the group itself first.
who='echo $(busybox id -u) $(busybox id -g) $(busybox id -G)'
path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

for accel in $(accelerators); do
    prints "root, at the root" '0 0 0 / / lvmm' sh -c "$who"' $HOME $(pwd) $(hostname)'
    prints "a user of passwd" '1000 1000 1000 10 77 100 /home/ann' -u ann sh -c "$who"' $HOME'
    prints "the same by his number" '1000 1000 1000 10 77 100 /home/ann' --user=1000 sh -c "$who"' $HOME'
    prints "another group" '1001 10 10' -u bob:wheel sh -c "$who"
    prints "numbers that nobody has" '4000 4001 4001 /' -u 4000:4001 sh -c "$who"' $HOME'
    prints "a number without a group" '4000 0 0' -u 4000 sh -c "$who"
    prints "HOME of one's own" '/tmp' -u ann -e HOME=/tmp sh -c 'echo $HOME'
    prints "his own standard streams" 'here' -u ann sh -c 'echo here >/dev/stdout'
    prints "what he may not do" 'no' -u ann sh -c 'cat /etc/shadow >/no 2>/dev/null || echo no'
    prints "a folder" '/home/ann' -w /home/ann pwd
    prints "a host's name" 'box' --hostname box hostname
    prints "as docker's users write it" 'yes' -it --rm -m 64M sh -c 'echo yes'
    K=here L= prints "an environment" "HOME=/
K=here
L=
N=a=b
PATH=$path
TERM=linux" -e K -e L -e NONE_SUCH -e N=1 -e N=a=b sh -c 'env -u SHLVL -u PWD env | busybox sort'
    prints "another PATH" 'yes' -e PATH=/nowhere::/bin sh -c 'echo yes'
    prints "an empty folder of PATH is the one that it begins in" '/bin' -e PATH=: -w /bin pwd

    refused "no such user" 125 "--user nobody: there is no such user in the guest's /etc/passwd" -u nobody id
    refused "a number that can't be" 125 "--user 4294967295: there is no such user" -u 4294967295 id
    refused "a number of his that can't be" 125 "--user far: there is no such user" -u far id
    refused "no such group" 125 "--user ann:none: there is no such group in the guest's /etc/group" -u ann:none id
    refused "no such folder" 125 '--workdir /none: there is no such folder in the guest' -w /none id
    refused "not a folder" 125 '--workdir /etc/plain: is not a folder in the guest' -w /etc/plain id
    refused "in no folder" 127 "PROGRAM none: is in no folder of PATH, $path" none
    refused "no PATH" 127 'PROGRAM id: is in no folder of PATH, ' -e PATH= -w /etc id
    refused "not executable" 126 'PROGRAM plain: not an executable file' -e PATH=/etc plain
    refused "a folder that he may not enter" 126 'PROGRAM /etc/plain: not an executable file' -u ann /etc/plain
done

refused "no name" 125 '--env =x: has no name' -e =x id
refused "no absolute path" 125 '--workdir tmp: not an absolute path' -w tmp id
for user in '' : :1 ann: a:b:c; do
    refused "not a user" 125 "--user $user: not a user" -u "$user" id
done
refused "no host's name" 125 '--hostname a b: not a name' --hostname 'a b' id
refused "a long one" 125 'printable characters' --hostname "$(printf '%065d' 0)" id
