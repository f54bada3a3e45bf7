"""Registers plain functions with add_api_route, refuses unknown fields, and sends a whole URL."""

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict


class NewBook(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str
    author: str


class Store:
    def __init__(self) -> None:
        self.rows: list[NewBook] = []

    def every(self) -> list[dict[str, object]]:
        return [self.show(index) for index in range(len(self.rows))]

    def show(self, index: int) -> dict[str, object]:
        return {"id": index + 1, **self.rows[index].model_dump()}

    def one(self, book_id: int) -> dict[str, object]:
        if not 0 < book_id <= len(self.rows):
            raise HTTPException(status_code=404, detail="unknown book")
        return self.show(book_id - 1)

    def add(self, book: NewBook, request: Request) -> JSONResponse:
        self.rows.append(book)
        address = str(request.url_for("one", book_id=len(self.rows)))
        return JSONResponse(self.show(len(self.rows) - 1), 201, {"Location": address})


store = Store()
app = FastAPI()
app.add_api_route("/books", store.every, methods=["GET"])
app.add_api_route("/books/{book_id}", store.one, methods=["GET"], name="one")
app.add_api_route("/books", store.add, methods=["POST"], response_model=None)
