#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Plays a user at two terminals at once, one of this machine's Linux and one of a guest, and compares what the two screens show.
#
#   drive.py TREE SESSION... -- LVMM...    LVMM...: the command that runs a guest with the same tree, without its program; in a
#                                          mount namespace where the tree has its devices (run.sh)
#
# In the environment: LIMIT, the seconds that the two may take for one step (default: 120).
#
# A session is a file of steps, one a line:
#   size ROWS COLUMNS    of the window; before anything is typed the one that it begins with, and later a new one
#   term NAME            TERM of both, default: linux, which is what the emulator is
#   type KEYS            \r \t \e \\ \xHH; \C-x is Ctrl-X
#   hangup               the terminals go away
#   shows REGEX          the screen has it, among its lines without the blanks at their ends (re.MULTILINE)
#   lacks REGEX          it hasn't
#   prompt               the cursor stands behind a shell's prompt: what is typed before that is echoed or not as chance has it
#   mask REGEX => TEXT   from here on, before anything is looked at: each match in a line, which is a matter of chance, is TEXT
#   ends STATUS          both programs have ended so
# The conditions of a step (shows, lacks, prompt, ends) come true together on both, while the two screens are equal, each cell with its
# colours and attributes, and the cursor; that is waited for. So no step goes by time, and nothing has to be known of when a screen is complete.
import codecs
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

import pyte

LIMIT = int(os.environ.get('LIMIT', '120'))
TIOCSPTLCK, TIOCGPTPEER = 0x40045431, 0x5441  # asm-generic/ioctls.h
PROMPT = re.compile(r'(^|│)(second>|\$) $')
ACTIONS = ('start', 'size', 'type', 'hangup')


class Screen(pyte.Screen):
    """A screen that answers what it is asked, as a terminal does."""

    answer = None

    def select_graphic_rendition(self, *attrs, private=False):
        if not private:  # xterm's settings of keys (CSI > Ps m), which pyte 0.8.0 takes for colours
            super().select_graphic_rendition(*attrs)

    def write_process_input(self, data):
        if self.answer is not None:
            self.answer(data.encode())


class Terminal:
    """A terminal of this machine with a program on it."""

    def __init__(self, name, ptmx, size, escape):
        self.name, self.escape = name, escape
        self.master = os.open(ptmx, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
        fcntl.ioctl(self.master, TIOCSPTLCK, struct.pack('i', 0))
        # The slave by its master (TIOCGPTPEER), as its name is of another mount.
        self.slave = fcntl.ioctl(self.master, TIOCGPTPEER, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
        self.before = termios.tcgetattr(self.slave)
        self.screen = Screen(size[1], size[0])
        self.screen.answer = lambda data: os.write(self.master, data)
        self.stream = pyte.ByteStream(self.screen)
        self.shown = False  # something since the last action
        self.resize(size)
        self.program = None

    def start(self, command, environment, leads):
        def prepare():
            # Ignored by what a shell without jobs has started behind it, or nohup, and so below.
            for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
                signal.signal(number, signal.SIG_DFL)
            if leads:
                fcntl.ioctl(0, termios.TIOCSCTTY, 0)
                # lvmm ends by a SIGHUP of its own. What hears of a terminal that goes away is to be the guest.
                signal.signal(signal.SIGHUP, signal.SIG_IGN)

        self.program = subprocess.Popen(command, env=environment, stdin=self.slave, stdout=self.slave, stderr=self.slave,
                                        start_new_session=True, preexec_fn=prepare)

    def resize(self, size):
        self.screen.resize(*size)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack('HHHH', *size, 0, 0))

    def type(self, keys):
        os.write(self.master, self.escape(keys))

    def look(self):
        """Takes what has come; the program's end is not one of the terminal, whose slave is open here."""
        data = os.read(self.master, 65536)
        self.stream.feed(data)
        self.shown = True

    def status(self):
        """The program's, as a shell has it, or None while it runs."""
        status = self.program.poll()
        return status if status is None or status >= 0 else 128 - status

    def hang_up(self):
        os.close(self.slave)
        os.close(self.master)
        self.master = self.slave = None

    def lines(self, masks):
        lines = [line.rstrip() for line in self.screen.display]
        for pattern, text in masks:
            lines = [pattern.sub(text, line) for line in lines]
        return lines

    def before_cursor(self):
        return self.screen.display[self.screen.cursor.y][:self.screen.cursor.x]

    def state(self, masks):
        """What can be seen: lines, the look of each cell, the cursor."""
        screen, cells = self.screen, []
        for y in range(screen.lines):
            row = screen.buffer[y]
            cells.append([row[x]._replace(data='') for x in range(screen.columns)])
        cursor = (screen.cursor.y, screen.cursor.x, screen.cursor.hidden)
        return self.lines(masks), cells, cursor

    def end(self):
        if self.program is not None and self.program.poll() is None:
            self.program.send_signal(signal.SIGKILL)
            self.program.wait()
        if self.master is not None:
            self.hang_up()


def keys_of(text):
    text = re.sub(r'\\C-(.)', lambda match: f'\\x{ord(match[1].upper()) ^ 64:02x}', text).replace('\\e', '\\x1b')
    return codecs.escape_decode(text.encode())[0]


class Session:
    """Both terminals, and the steps that are played on them."""

    def __init__(self, path, tree, lvmm):
        self.steps = []  # (line, action, argument, conditions)
        self.masks, self.size, self.term = [], (24, 80), 'linux'
        self.steps.append(('the start', 'start', '', []))
        with open(path, encoding='utf-8') as file:
            for number, line in enumerate(file, 1):
                word, _, argument = line.rstrip('\n').partition(' ')
                if word and not word.startswith('#'):
                    self.add(f'line {number}: {word} {argument}', word, argument)
        self.poll = select.poll()
        self.both = [Terminal('this machine', f'{tree}/dev/pts/ptmx', self.size, lambda keys: keys),
                     Terminal('the guest', '/dev/ptmx', self.size, lambda keys: keys.replace(b'\x01', b'\x01\x01'))]
        program = ['/screens/start']
        self.commands = [['unshare', '--mount', '--pid', '--fork', '--kill-child', 'sh', f'{tree}/screens/alone', tree] + program,
                         lvmm + ['--'] + program]

    def add(self, where, word, argument):
        if word == 'term':
            self.term = argument
        elif word == 'size' and len(self.steps) == 1 and not self.steps[0][3]:
            self.size = tuple(map(int, argument.split()))
        elif word in ACTIONS:
            self.steps.append((where, word, argument, []))
        elif word in ('shows', 'lacks', 'prompt'):
            self.steps[-1][3].append((word, re.compile(argument, re.MULTILINE)))
        elif word == 'ends':
            self.steps[-1][3].append((word, int(argument)))
        elif word == 'mask':
            pattern, _, text = argument.partition(' => ')
            self.steps[-1][3].append((word, (re.compile(pattern), text)))
        else:
            raise ValueError(f'{where}: no such step')

    def act(self, action, argument):
        for terminal in self.both:
            terminal.shown = False
        for index, terminal in enumerate(self.both):
            if action == 'start':
                terminal.start(self.commands[index], dict(os.environ, TERM=self.term), index == 1)
                self.poll.register(terminal.master, select.POLLIN)
            elif action == 'size':
                terminal.resize(tuple(map(int, argument.split())))
            elif action == 'type':
                terminal.type(keys_of(argument))
            elif action == 'hangup':
                self.poll.unregister(terminal.master)
                terminal.hang_up()

    def unmet(self, conditions):
        """The first thing that isn't so, or None."""
        for terminal in self.both:
            text = '\n'.join(terminal.lines(self.masks))
            if not terminal.shown and terminal.master is not None:
                return f'{terminal.name}: nothing has come'
            for word, wanted in conditions:
                if word == 'ends' and terminal.status() != wanted:
                    return f'{terminal.name}: status {terminal.status()}, not {wanted}'
                if word == 'shows' and not wanted.search(text):
                    return f'{terminal.name} does not show {wanted.pattern}'
                if word == 'prompt' and not PROMPT.search(terminal.before_cursor()):
                    return f'{terminal.name} has no prompt at its cursor'
                if word == 'lacks' and wanted.search(text):
                    return f'{terminal.name} shows {wanted.pattern}'
        here, there = (terminal.state(self.masks) for terminal in self.both)
        for what, one, other in zip(('lines', 'colours or attributes', 'cursor'), here, there):
            if one != other:
                return f'the {what} differ' + (f': {one} {other}' if what == 'cursor' else '')
        return None

    def wait(self, conditions):
        for word, wanted in conditions:
            if word == 'mask':
                self.masks.append(wanted)
        limit = time.monotonic() + LIMIT
        while (unmet := self.unmet(conditions)) is not None:
            if time.monotonic() > limit:
                return unmet
            # Not for ever: an end doesn't make a terminal readable.
            for fd, events in self.poll.poll(200):
                if events & select.POLLIN:
                    next(terminal for terminal in self.both if terminal.master == fd).look()
        return None

    def play(self):
        """Plays all steps; returns what went wrong, or None."""
        try:
            for where, action, argument, conditions in self.steps:
                self.act(action, argument)
                unmet = self.wait(conditions)
                if unmet is not None:
                    return f'{where}: {unmet}'
            guest = self.both[1]
            if guest.program.poll() is not None and guest.master is not None and termios.tcgetattr(guest.slave) != guest.before:
                return 'lvmm has not put the terminal back as it was'
            return None
        finally:
            for terminal in self.both:
                terminal.last = terminal.lines(self.masks)
                terminal.end()

    def show(self):
        """The last screens, with a mark at the lines that differ."""
        here, there = (getattr(terminal, 'last', []) for terminal in self.both)
        for terminal, lines, others in zip(self.both, (here, there), (there, here)):
            print(f'    {terminal.name}:')
            for index, line in enumerate(lines):
                same = index < len(others) and others[index] == line
                print(f"    {' ' if same else '!'}|{line}")


def main():
    words = sys.argv[1:]
    at = words.index('--')
    tree, sessions, lvmm = words[0], words[1:at], words[at + 1:]
    failed = 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # both programs end first
    for path in sessions:
        name = os.path.basename(path)
        session = Session(path, tree, lvmm)
        began = time.monotonic()
        wrong = session.play()
        if wrong is None:
            print(f'ok {name}: {len(session.steps)} steps, {time.monotonic() - began:.1f} s', flush=True)
        else:
            failed = 1
            print(f'not ok {name}: {wrong}')
            session.show()
            sys.stdout.flush()
    sys.exit(failed)


main()
