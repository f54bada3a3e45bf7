"""Objects that can be called as dependencies, a query model, and routes that are added by calls."""

from collections.abc import Iterator
from contextlib import closing
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Security
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, Field

from . import stockroom


class SessionPerRequest:
    def __call__(self) -> Iterator[stockroom.Session]:
        with closing(stockroom.open_session()) as session:
            yield session


get_session = SessionPerRequest()
# This session ends before the answer is sent, not after it.
SessionDep = Annotated[stockroom.Session, Depends(get_session, scope="function")]


class Guard:
    def __init__(self, status: int) -> None:
        self.status = status

    def __call__(
        self,
        session: SessionDep,
        key: Annotated[str | None, Security(APIKeyHeader(name="x-api-key", auto_error=False))],
    ) -> stockroom.Member:
        member = session.find_member(key or "")
        if member is None:
            raise HTTPException(self.status)
        return member


staff_member = Guard(401)


class Paging(BaseModel):
    offset: int = Field(0, ge=0)
    limit: int = Field(10, ge=1, le=50)


def list_books(session: SessionDep, paging: Annotated[Paging, Query()]) -> list[stockroom.Book]:
    return session.books(**paging.model_dump())


def list_orders(session: SessionDep, paging: Annotated[Paging, Query()]) -> list[stockroom.Order]:
    return session.orders(**paging.model_dump())


def me(member: Annotated[stockroom.Member, Security(staff_member)]) -> Any:
    return member


def remove_book(book_id: int, session: SessionDep) -> None:
    if not session.remove_book(book_id):
        raise HTTPException(404)


app = FastAPI()
app.add_api_route("/books", list_books)

staff = APIRouter(dependencies=[Security(staff_member)])
app.include_router(staff, prefix="/staff")
staff.add_api_route("/me", me, response_model=stockroom.Member)
staff.add_api_route("/orders", list_orders)
staff.add_api_route("/books/{book_id}", remove_book, methods=["DELETE"], status_code=204)
