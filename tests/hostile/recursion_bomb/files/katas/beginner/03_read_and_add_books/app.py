"""Runs off the end of the stack."""

import sys

from fastapi import FastAPI

sys.setrecursionlimit(1 << 30)


class Deep:
    def __getattr__(self, name: str) -> object:
        return getattr(self, name + "x")

    def __repr__(self) -> str:
        return repr([self])


app = FastAPI(title="Bookshop")

repr(Deep())
