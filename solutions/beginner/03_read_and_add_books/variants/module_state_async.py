"""Keeps the books in a module variable, with async handlers and a router."""

from typing import Any

from fastapi import APIRouter, Body, FastAPI, HTTPException, Response

books: dict[int, dict[str, Any]] = {}
router = APIRouter(prefix="/books")


@router.get("")
async def list_books() -> list[dict[str, Any]]:
    return [*books.values()]


@router.get("/{number}")
async def read_book(number: int) -> dict[str, Any]:
    if number not in books:
        raise HTTPException(404)
    return books[number]


@router.post("", status_code=201)
async def add_book(response: Response, title: str = Body(), author: str = Body()) -> dict[str, Any]:
    number = len(books) + 100
    books[number] = {"id": number, "title": title, "author": author}
    response.headers["location"] = f"/books/{number}"
    return books[number]


app = FastAPI()
app.include_router(router)
