"""What a polite end would use is refused."""

import signal
import time

from fastapi import FastAPI


app = FastAPI(title="Bookshop")

for number in signal.valid_signals():
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        continue
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
signal.setitimer(signal.ITIMER_REAL, 0)
while True:
    try:
        time.sleep(3600)
    except BaseException:
        continue
