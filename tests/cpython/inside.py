#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Runs, in the tree, modules of CPython's own tests, each by a process of its own, and prints of each test: MODULE: RESULT: NAME.
import os
import subprocess
import sys
from xml.etree import ElementTree

SECONDS = int(os.environ.get('SECONDS_MOST', '600'))  # for a module
# Both have no vsock: where a host has it, its own tests of it wait for a peer that isn't there.
COMMAND = [sys.executable, '-m', 'test', '-i', '*VSOCK*', '--junit-xml', 'results.xml']
RESULTS = ('failure', 'error', 'skipped')


def run(module):
    """What the tests of a module gave, a line each, and what it printed."""
    folder = '/tmp/' + module
    os.mkdir(folder)
    os.chdir(folder)
    try:
        done = subprocess.run(COMMAND + [module], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=SECONDS)
    except subprocess.TimeoutExpired as expired:
        return [f'{module}: not ended after {SECONDS} seconds: all'], expired.output or b''
    lines = []
    if os.path.exists('results.xml'):
        for case in ElementTree.parse('results.xml').iter('testcase'):
            result = next((kind for kind in RESULTS if case.find(kind) is not None), 'ok')
            lines.append(f"{module}: {result}: {case.get('name')}")
    if not lines or done.returncode not in (0, 2):  # 2: some failed, which they tell themselves
        lines.append(f'{module}: status {done.returncode}: all')
    return lines, done.stdout


for name in sys.argv[1:]:
    results, text = run(name)
    print(*sorted(results), sep='\n', flush=True)
    sys.stderr.buffer.write(b'@@ ' + name.encode() + b'\n' + text)
    sys.stderr.buffer.flush()
