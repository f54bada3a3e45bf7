"""Async throughout, `Depends` as a default, a dictionary for paging, the guard at inclusion."""

# ruff: noqa: B008 - `Depends` as a default is how much code in use is written.

from collections.abc import AsyncIterator

from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Query, Response

from .stockroom import Book, Member, Order, Session, open_session


async def get_session() -> AsyncIterator[Session]:
    session = open_session()
    try:
        yield session
    finally:
        session.close()


async def staff_member(
    x_api_key: str | None = Header(default=None),
    session: Session = Depends(get_session),
) -> Member:
    member = session.find_member(x_api_key) if x_api_key else None
    if not member:
        raise HTTPException(status_code=401)
    return member


async def part(
    offset: int = Query(default=0, ge=0), limit: int = Query(default=10, gt=0, lt=51)
) -> dict[str, int]:
    return {"offset": offset, "limit": limit}


shop = APIRouter()
staff = APIRouter()


@shop.get("/books")
async def books(
    session: Session = Depends(get_session), asked: dict[str, int] = Depends(part)
) -> list[Book]:
    return session.books(**asked)


@staff.get("/me")
async def me(member: Member = Depends(staff_member)) -> dict[str, str]:
    return {"name": member.name}


@staff.get("/orders")
async def orders(
    session: Session = Depends(get_session), asked: dict[str, int] = Depends(part)
) -> list[Order]:
    return session.orders(**asked)


@staff.delete("/books/{book_id}")
async def remove(book_id: int, session: Session = Depends(get_session)) -> Response:
    if session.remove_book(book_id):
        return Response(status_code=204)
    raise HTTPException(status_code=404)


app = FastAPI()
app.include_router(shop)
app.include_router(staff, prefix="/staff", dependencies=[Depends(staff_member)])
