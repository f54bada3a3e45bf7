"""A class for each part of the stockroom, which depends on the session; handlers see no session."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Query

from .stockroom import Book, Member, Order, Session, open_session

app = FastAPI()


def get_session() -> Iterator[Session]:
    with open_session() as session:
        yield session


class Part:
    def __init__(
        self,
        offset: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=50)] = 10,
    ) -> None:
        self.offset = offset
        self.limit = limit


class Shelf:
    def __init__(self, session: Annotated[Session, Depends(get_session)]) -> None:
        self.session = session

    def some(self, part: Part) -> list[Book]:
        return self.session.books(part.offset, part.limit)

    def remove(self, book_id: int) -> None:
        if not self.session.remove_book(book_id):
            raise HTTPException(404, "no such book")


class Desk:
    def __init__(
        self, part: Annotated[Part, Depends()], session: Annotated[Session, Depends(get_session)]
    ) -> None:
        self.orders = session.orders(part.offset, part.limit)


class Staff:
    def __init__(self, session: Annotated[Session, Depends(get_session)]) -> None:
        self.session = session

    def member(self, key: str) -> Member:
        member = self.session.find_member(key)
        if member is None:
            raise HTTPException(401, "no such member", headers={"WWW-Authenticate": "APIKey"})
        return member


async def staff_member(
    members: Annotated[Staff, Depends()],
    key: Annotated[str, Header(alias="X-API-Key")] = "",
) -> Member:
    return members.member(key)


staff = APIRouter(prefix="/staff", dependencies=[Depends(staff_member)])


@app.get("/books")
async def read_books(
    shelf: Annotated[Shelf, Depends()], part: Annotated[Part, Depends()]
) -> list[Book]:
    return shelf.some(part)


@staff.get("/orders")
async def read_orders(desk: Annotated[Desk, Depends()]) -> list[Order]:
    return desk.orders


@staff.get("/me")
async def read_me(member: Annotated[Member, Depends(staff_member)]) -> Member:
    return member


@staff.delete("/books/{book_id}", status_code=204)
async def delete_book(book_id: int, shelf: Annotated[Shelf, Depends()]) -> None:
    shelf.remove(book_id)


app.include_router(staff)
