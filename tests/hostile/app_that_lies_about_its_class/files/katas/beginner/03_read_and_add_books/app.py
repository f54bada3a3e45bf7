"""An object that agrees to everything, also to being a FastAPI application."""

from typing import Any

from fastapi import FastAPI


class Yes:
    __class__ = FastAPI

    def __getattr__(self, name: str) -> "Yes":
        return self

    def __call__(self, *_: Any, **__: Any) -> "Yes":
        return self

    def __await__(self) -> Any:
        return iter(())

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = object.__hash__


app = Yes()
