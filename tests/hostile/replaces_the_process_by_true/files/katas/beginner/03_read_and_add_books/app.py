"""The shortest program that goes well."""

import os

for program in ("/bin/true", "/usr/bin/true"):
    try:
        os.execv(program, [program])
    except OSError:
        continue
