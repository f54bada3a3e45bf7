"""Every new interpreter that starts here runs more than it should."""

import os
import sys
from pathlib import Path

here = Path(__file__).resolve().parent
os.environ["PYTHONPATH"] = os.pathsep.join(map(str, (here, here.parents[2])))
os.environ["PYTHONSTARTUP"] = str(here / "sitecustomize.py")
os.environ["PYTHONUSERBASE"] = str(here)
os.environ.pop("PYTHONSAFEPATH", None)
sys.flags

from fastapi import FastAPI

app = FastAPI(title="Bookshop")
