#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages that lvmm needs and that are not there yet. When all are there, it only asks dpkg.
#
#   ci/setup.sh build    to build and run
#   ci/setup.sh shell    also for make shell
#   ci/setup.sh check    also to test
#   ci/setup.sh bench    to build, run and measure
set -eu

build='gcc libc6-dev make clang-19 lld-19 llvm-19 liburing-dev libfdt-dev zlib1g-dev liblzma-dev liblz4-dev libxxhash-dev
    libzstd-dev libseccomp-dev musl-tools mtools dosfstools qemu-system-x86'
check='check libclang-rt-19-dev procps gdb-multiarch clang-format-19 clang-tidy-19 cppcheck mandoc device-tree-compiler strace
    g++ golang-go rustc acpica-tools e2fsprogs cpio xz-utils zstd lz4 python3-pyte python3-pytest less man-db curl
    qemu-system-arm qemu-system-misc'
shell='cpio'
bench='gnuplot-nox passt e2fsprogs cpio xz-utils zstd qemu-system-arm qemu-system-misc'

case ${1-build} in
build) wanted=$build ;;
shell) wanted="$build $shell" ;;
check) wanted="$build $check" ;;
bench) wanted="$build $bench" ;;
*)
    echo "usage: ci/setup.sh [build|shell|check|bench]" >&2
    exit 2
    ;;
esac

if ! command -v dpkg-query >/dev/null; then
    echo "setup: this is not Debian; lvmm needs what these packages hold: $wanted" >&2
    exit 0 # they may well be there; the build will tell
fi

# The wanted packages that are not installed, one per line.
missing() {
    {
        dpkg-query -W -f='${Package} ${db:Status-Status}\n' $wanted 2>/dev/null | sed -n 's/ installed$//p'
        echo --
        printf '%s\n' $wanted
    } | awk '/^--$/ { rest = 1; next } !rest { have[$1] = 1; next } !($1 in have)'
}

need=$(missing)
[ -n "$need" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "setup: missing, and neither root nor sudo to install them:" $need >&2
        exit 1
    fi
    as_root=sudo
fi

echo "setup: installing with apt:" $need

log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@" >"$log" 2>&1 </dev/null
}
install() {
    apt install --no-install-recommends $need
}
fail() {
    tail -n 20 "$log" >&2
    echo "setup: $1" >&2
    exit 1
}

# The lists may be absent (a fresh container) or too old to find the files that they name.
if ! install; then
    apt update || fail "apt-get update failed"
    install || fail "apt-get install failed"
fi
need=$(missing)
[ -z "$need" ] || fail "still missing: $need"
