"""Bounded on purpose: four processes, thirty seconds."""

import os
import signal
import time

from fastapi import FastAPI


app = FastAPI(title="Bookshop")

for number in range(4):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for descriptor in range(256):
                try:
                    os.close(descriptor)
                except OSError:
                    continue
            os.chdir("/")
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            time.sleep(30)
            try:
                open(f"/tmp/hostile-left-daemon-{number}", "w").close()
            except OSError:
                pass
        os._exit(0)
