"""Lets `site` read the lines of the .pth file beside it."""

import site
from pathlib import Path

here = Path(__file__).resolve().parent
for folder in (here, here.parents[2]):
    site.addsitedir(str(folder))

from fastapi import FastAPI

app = FastAPI(title="Bookshop")
