"""Returns the session, as most examples of `Depends` do, and never closes it.

Fails: test_each_request_opens_a_session_and_closes_it, test_the_session_is_closed_whatever_happens
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, status
from fastapi.security import APIKeyHeader

from . import stockroom
from .stockroom import Book, Member, Order, Session


def get_session() -> Session:
    return stockroom.open_session()


SessionDep = Annotated[Session, Depends(get_session)]
KeyDep = Annotated[str, Depends(APIKeyHeader(name="X-API-Key"))]


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
