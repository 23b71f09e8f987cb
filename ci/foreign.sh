#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Debian packages of another ISA: fetched and unpacked below build/foreign/ISA, never installed. The system's own apt tells
# the mirror and the keys; its lists and its settings stay as they are.
#
#   ci/foreign.sh sysroot ISA              what programs of that ISA are built against: build/foreign/ISA/sysroot
#   ci/foreign.sh rust ISA                 Rust's library for that ISA: build/foreign/ISA/rust
#   ci/foreign.sh get ISA FOLDER NAME...   puts the packages' files (*.deb) into FOLDER; linux-image-ARCH stands for the
#                                          kernel that it depends on, and NAME may be an extended regular expression;
#                                          +NAME is the package with all that it depends on
#   ci/foreign.sh source ISA FOLDER NAME PACKAGE
#                                          puts the files of the source package NAME into FOLDER, and with them PACKAGE of that
#                                          ISA and of this machine's architecture, all of one suite and so of one version
#
# In the environment: SUITE, the one suite of Debian to take packages from, where others have to be of the same.
#
# What is there already is not fetched again. 77: there is no network; 78: no apt that could fetch (the reason is on stderr). What
# is reached and doesn't have what is wanted is an error, 1.
set -eu

cd "$(dirname "$0")/.."
foreign=${FOREIGN_DIR:-build/foreign}
headers='musl-dev linux-libc-dev libc6-dev libfdt-dev liburing-dev zlib1g-dev liblzma-dev liblz4-dev libxxhash-dev libzstd-dev'
programs='busybox-static'

usage() {
    sed -n 's/^#   \(ci.*\)/usage: \1/p' "$0" >&2
    exit 2
}

[ $# -ge 2 ] || usage
action=$1 isa=$2
shift 2
case $isa in
x86_64) arch=amd64 suites=bookworm ;;
aarch64) arch=arm64 suites=bookworm ;;
riscv64) arch=riscv64 suites='trixie forky' ;;
loongarch64) arch=loong64 suites=forky ;;
i386) arch=i386 suites=bookworm ;; # programs for x86_64 guests: only to get packages
*)
    echo "foreign: no Debian packages known for $isa" >&2
    exit 2
    ;;
esac

suites=${SUITE:-$suites}

for tool in apt-get apt-cache dpkg-deb dpkg flock; do
    command -v $tool >/dev/null || { echo "foreign: $tool is not installed" >&2 && exit 78; }
done

folder=$foreign/$isa
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
tmp=$(mktemp -d "$folder/tmp.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

skip() {
    echo "foreign: $*" >&2
    exit 77
}

fail() {
    echo "foreign: $*" >&2
    exit 1
}

# apt's errors by kind: only where each of them says that nobody answers there is no network.
failed_to_fetch() {
    unreachable='Could not resolve|Temporary failure|Could not connect|Cannot initiate the connection|Network is unreachable'
    unreachable="$unreachable|Connection (failed|timed out|refused)|Unable to connect|No route to host"
    answered='(^|[^0-9])(404|403) |Hash Sum|size mismatch|NO_PUBKEY|not signed'
    if grep -qE "$unreachable" "$tmp/log" && ! grep -qE "$answered" "$tmp/log"; then
        skip "no network to fetch $1: $(grep -E "$unreachable" "$tmp/log" | tail -n 1)"
    fi
    grep -E '^[EW]:' "$tmp/log" >&2 || cat "$tmp/log" >&2
    fail "can't fetch $1"
}

# ---- an apt of our own, which knows one suite and one architecture ----

# The address of the mirror that the system's apt takes Debian from; from its settings alone where it has no lists.
mirror() {
    {
        apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' | sed -n 's/^Debian //p'
        apt-get update --print-uris | sed -n "s/^'\(.*\/\)dists\/[^-]*\/InRelease'.*/\1/p"
    } 2>/dev/null | head -n 1
}

# Debian's own key ring, where there is one; else the keys that apt trusts anyway.
key_ring() {
    for ring in /usr/share/keyrings/debian-archive-keyring.pgp /usr/share/keyrings/debian-archive-keyring.gpg; do
        [ ! -e "$ring" ] || { echo "[signed-by=$ring]"; return; }
    done
}

# use_suite SUITE
use_suite() {
    address=$(mirror)
    [ -n "$address" ] || { echo 'foreign: apt knows no Debian mirror' >&2 && exit 78; }
    apt=$folder/apt-$1$sources
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
    ring=$(key_ring)
    {
        echo "deb $ring $address $1 main"
        [ $isa != loongarch64 ] && [ -z "$sources" ] || echo "deb-src $ring $address $1 main"
    } >"$apt/sources.list"
}

# For `source`: packages of two architectures, in lists of their own.
sources= architectures=$arch

# Packages of the system's own architecture come by its own apt, as long as its lists will do.
system_apt=
[ "$arch" != "$(dpkg --print-architecture)" ] || [ -n "${SUITE-}" ] || system_apt=yes

# The user _apt may not be allowed into our folder, so root stays root.
our_apt() {
    command=$1
    shift
    if [ -n "$system_apt" ]; then
        "$command" "$@"
        return
    fi
    "$command" -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
        -o Dir::State::Lists="$apt/lists" -o Dir::State::status=/dev/null -o Dir::Cache="$apt/cache" \
        -o APT::Architecture="$arch" -o APT::Architectures="$architectures" -o APT::Sandbox::User= -o Acquire::Languages=none \
        -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false -o Acquire::Retries=2 "$@"
}

# ---- fetching ----

# The packages that NAME means: the kernel behind the name of all kernels (since forky its parts are packages of their own),
# or the newest one that fits the expression.
packages_for() {
    case $1 in
    linux-image-*)
        kernel=$(depends "$1" 'linux-image-[^ ]*')
        [ -z "$kernel" ] || { echo "$kernel" && depends "$kernel" 'linux-(binary|modules)-[^ ]*'; }
        ;;
    *) our_apt apt-cache pkgnames 2>/dev/null | grep -xE "$1" | sort -V | tail -n 1 ;;
    esac
}

depends() {
    our_apt apt-cache depends "$1" 2>/dev/null | sed -nE "s/.*Depends: ($2).*/\1/p"
}

# What apt would install for these names where nothing is installed yet, and nothing downloaded: of all at once, as reading the
# lists takes longest.
with_dependencies() {
    mkdir -p "$tmp/none/partial"
    our_apt apt-get -o Dir::State::status=/dev/null -o Dir::Cache::archives="$tmp/none" -o Debug::NoLocking=1 \
        --no-install-recommends -y --print-uris install "$@" 2>>"$tmp/log" | sed -n "s/^'.*' \([^_]*\)_[^ ]*\.deb .*/\1/p"
}

# download NAME...: into $tmp/debs
download() {
    packages= with=
    for name; do
        case $name in
        +*) with="$with ${name#+}" && continue ;;
        esac
        found=$(packages_for "$name")
        [ -n "$found" ] || { echo "E: no package $name in the lists" >>"$tmp/log"; return 1; }
        packages="$packages $found"
    done
    if [ -n "$with" ]; then
        found=$(with_dependencies $with)
        [ -n "$found" ] || { echo "E: not all of$with are in the lists" >>"$tmp/log"; return 1; }
        packages="$packages $found"
    fi
    packages=$(printf '%s\n' $packages | sort -u)
    (cd "$tmp/debs" && our_apt apt-get -q download $packages) >>"$tmp/log" 2>&1
}

# from_suite SUITE NAME...: lists get old: when a package isn't where they say, they are fetched again.
from_suite() {
    use_suite "$1"
    shift
    ! ls "$apt/lists"/*_Packages* >/dev/null 2>&1 || ! download "$@" || return 0
    rm -f "$tmp/debs"/*
    our_apt apt-get -q update >>"$tmp/log" 2>&1 && download "$@"
}

# A suite whose lists don't fit their signature (a mirror may be half up to date) is not taken; the next one may be whole.
fetch() {
    echo "foreign: fetching for $isa: $*" >&2
    mkdir "$tmp/debs"
    : >"$tmp/log"
    if [ -n "$system_apt" ]; then
        ! download "$@" || return 0
        rm -f "$tmp/debs"/*
        system_apt=
    fi
    for suite in $suites; do ! from_suite "$suite" "$@" || return 0; done
    failed_to_fetch "packages for $arch ($*)"
}

# ---- what is asked for ----

# Debian's musl for loong64 needs LSX, and so does what it is linked into. QEMU has that since version 8.1; so that programs
# run in an older one, musl is built here from Debian's source package.
build_musl() {
    echo "foreign: building musl for $isa" >&2
    (cd "$tmp" && our_apt apt-get -q source --download-only --tar-only musl) >"$tmp/log" 2>&1 ||
        failed_to_fetch 'the source of musl'
    mkdir "$tmp/musl"
    tar -xf "$tmp"/musl_*.orig.tar.* --strip-components=1 -C "$tmp/musl"
    (
        cd "$tmp/musl"
        ./configure --target=$isa --disable-shared --prefix=/usr --libdir="/usr/lib/$isa-linux-musl" \
            --includedir="/usr/include/$isa-linux-musl" CC="clang-19 --target=$isa-linux-musl -mno-lsx" \
            LIBCC= AR=llvm-ar-19 RANLIB=llvm-ranlib-19 &&
            make -j"$(nproc)" && make DESTDIR="$tmp/sysroot" install-libs install-headers
    ) >"$tmp/log" 2>&1 || { cat "$tmp/log" >&2; exit 1; }
}

# The file NAME of our ISA in the new tree, from its root. PATTERN: what its path has to fit.
library() {
    path=$(ci/packages.sh library "$isa" "$tmp/sysroot" "$1" ${2:+"$2"}) || exit
    echo "${path#"$tmp/sysroot/"}"
}

# at PLACE: where compilers look for it; the release may have put it elsewhere.
at() {
    [ -e "$tmp/sysroot/$1" ] && return
    path=$(library "$(basename "$1")" "${2-}") || exit
    mkdir -p "$tmp/sysroot/$(dirname "$1")"
    ln -s "$(realpath -m --relative-to="$tmp/sysroot/$(dirname "$1")" "$tmp/sysroot/$path")" "$tmp/sysroot/$1"
}

# Beside the packages' files the tree has links to those whose places depend on the release.
sysroot() {
    libraries='libgcc-[0-9]+-dev'
    [ $isa = loongarch64 ] || libraries="$libraries libstdc\+\+-[0-9]+-dev"
    stamp="$arch $headers $programs $libraries"
    [ "$(cat "$folder/sysroot/stamp" 2>/dev/null)" != "$stamp" ] || return 0
    fetch $headers $programs $libraries
    mkdir "$tmp/sysroot"
    for file in "$tmp/debs"/*.deb; do dpkg-deb -x "$file" "$tmp/sysroot"; done
    [ $isa != loongarch64 ] || build_musl
    for file in libc.a crt1.o rcrt1.o crti.o crtn.o; do at "usr/lib/$isa-linux-musl/$file" '*musl*'; done
    for file in libc.a crt1.o libfdt.a liburing.a libz.a liblzma.a liblz4.a libxxhash.a libzstd.a; do
        at "usr/lib/$isa-linux-gnu/$file" '*gnu*'
    done
    at libgcc.a
    ci/packages.sh busybox "$isa" "$tmp/sysroot" "$tmp/busybox"
    mv "$tmp/busybox" "$tmp/sysroot/busybox"
    echo "$stamp" >"$tmp/sysroot/stamp"
    rm -rf "$folder/sysroot"
    mv "$tmp/sysroot" "$folder/sysroot"
}

# Apart, as it is large and few things need it. rustc takes only the one of its own release, Debian 12's.
rust() {
    [ "$(cat "$folder/rust/stamp" 2>/dev/null)" != "$arch" ] || return 0
    fetch libstd-rust-dev
    mkdir "$tmp/rust"
    dpkg-deb -x "$tmp/debs"/libstd-rust-dev_*.deb "$tmp/rust"
    echo "$arch" >"$tmp/rust/stamp"
    rm -rf "$folder/rust"
    mv "$tmp/rust" "$folder/rust"
}

get() {
    target=$1
    shift
    fetch "$@"
    mkdir -p "$target"
    mv "$tmp/debs"/*.deb "$target/"
}

# download_source NAME PACKAGE: into $tmp/debs
download_source() {
    own=$(dpkg --print-architecture)
    packages=$2:$arch
    [ "$arch" = "$own" ] || packages="$packages $2:$own"
    (cd "$tmp/debs" && our_apt apt-get -q download $packages && our_apt apt-get -q source --download-only "$1") >>"$tmp/log" 2>&1
}

# The system's lists know no sources, as a rule, and other suites' packages not at all.
fetch_source() {
    echo "foreign: fetching for $isa: the source of $1, and $2" >&2
    mkdir "$tmp/debs"
    : >"$tmp/log"
    system_apt= sources=-source architectures="$arch,$(dpkg --print-architecture)"
    for suite in $suites; do
        use_suite "$suite"
        ! ls "$apt/lists"/*_Sources* >/dev/null 2>&1 || ! download_source "$@" || return 0
        rm -f "$tmp/debs"/*
        ! our_apt apt-get -q update >>"$tmp/log" 2>&1 || ! download_source "$@" || return 0
        rm -f "$tmp/debs"/*
    done
    failed_to_fetch "the source of $1"
}

get_source() {
    target=$1
    shift
    fetch_source "$@"
    mkdir -p "$target"
    mv "$tmp/debs"/* "$target/"
}

# Two builds may want it at the same time.
exec 9>"$folder/lock"
flock 9
case $action in
sysroot | rust) "$action" ;;
get)
    [ $# -ge 2 ] || usage
    get "$@"
    ;;
source)
    [ $# = 3 ] || usage
    get_source "$@"
    ;;
*) usage ;;
esac
