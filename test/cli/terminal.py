"""Runs a command on a terminal of its own: terminal.py '[["wait for", "then type"], …]' COMMAND …

Prints what the terminal showed; ends with the exit code of the command, or 99 where it waited in vain.
"""
import json
import os
import pty
import re
import select
import sys
import time

SECONDS = 40

steps = json.loads(sys.argv[1])
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[2], sys.argv[2:])

shown = ""
seen = 0
until = time.time() + SECONDS
while time.time() < until:
    if select.select([terminal], [], [], 0.1)[0]:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:
            break
        if not chunk:
            break
        shown += chunk.decode(errors="replace")
    if steps:
        found = re.search(steps[0][0], shown[seen:])
        if found:
            seen += found.end()
            os.write(terminal, steps.pop(0)[1].encode())
else:
    os.kill(child, 9)
    print(shown)
    sys.exit(99)
print(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
