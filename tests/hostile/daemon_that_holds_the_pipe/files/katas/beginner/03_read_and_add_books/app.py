"""Bounded on purpose: one process, sixty seconds."""

import os
import time

from fastapi import FastAPI


app = FastAPI(title="Bookshop")

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(60)
    os._exit(0)
