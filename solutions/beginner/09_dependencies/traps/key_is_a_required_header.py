"""Declares the key as a required header, so that a missing one is a mistake of form: 422.

Fails: test_without_a_members_key_the_staff_pages_are_401
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Query, status

from . import stockroom
from .stockroom import Book, Member, Order, Session


def get_session() -> Iterator[Session]:
    with stockroom.open_session() as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session)]
KeyDep = Annotated[str, Header(alias="X-API-Key")]


def staff_member(key: KeyDep, session: SessionDep) -> Member:
    member = session.find_member(key)
    if member is None:
        raise HTTPException(
            status.HTTP_401_UNAUTHORIZED, "This key is nobody's.", {"WWW-Authenticate": "APIKey"}
        )
    return member


MemberDep = Annotated[Member, Depends(staff_member)]


@dataclass(frozen=True)
class Paging:
    """Which part of a list is asked for."""

    offset: Annotated[int, Query(ge=0)] = 0
    limit: Annotated[int, Query(ge=1, le=50)] = 10


PagingDep = Annotated[Paging, Depends()]

app = FastAPI(title="Bookshop")
staff = APIRouter(prefix="/staff", dependencies=[Depends(staff_member)])


@app.get("/books")
def list_books(session: SessionDep, paging: PagingDep) -> list[Book]:
    return session.books(paging.offset, paging.limit)


@staff.get("/me")
def who_am_i(member: MemberDep) -> Member:
    return member


@staff.get("/orders")
def list_orders(session: SessionDep, paging: PagingDep) -> list[Order]:
    return session.orders(paging.offset, paging.limit)


@staff.delete("/books/{book_id}", status_code=status.HTTP_204_NO_CONTENT)
def remove_book(book_id: int, session: SessionDep) -> None:
    if not session.remove_book(book_id):
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no book {book_id}.")


app.include_router(staff)
