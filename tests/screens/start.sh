#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# start - what a session begins with, in the tree: a shell in an empty folder, with the same variables in both places.
umask 022
mkdir -p /tmp/work /run/screen
chmod 1777 /tmp
chmod 700 /run/screen
cd /tmp/work || exit
stty iutf8 -hupcl # what a console begins with is another matter
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp/work TERM="$TERM" LANG=C.UTF-8 SHELL=/bin/bash \
    SCREENDIR=/run/screen HISTFILE= bash -i
