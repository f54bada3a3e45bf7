"""The books in MongoDB, through PyMongo's async API."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

from pymongo import AsyncMongoClient, ReturnDocument
from pymongo.asynchronous.collection import AsyncCollection

from ..contract import Book, NewBook, TooFewCopiesError, UnknownBookError, Wanted

Document = dict[str, Any]
CENT = Decimal("0.01")


def document_of(new: NewBook) -> Document:
    """BSON has no `Decimal` and no date without a time of day: both are kept as texts."""
    return {**new.model_dump(mode="json"), "price": str(new.price.quantize(CENT))}


def book_of(document: Document) -> Book:
    return Book(isbn=document["_id"], **document)


class MongoBooks:
    def __init__(self, collection: AsyncCollection[Document]) -> None:
        self._collection = collection

    async def put(self, isbn: str, new: NewBook) -> tuple[Book, bool]:
        document = document_of(new)
        before = await self._collection.find_one_and_update(
            {"_id": isbn},
            # Adding 0 leaves the copies of an old book alone, and gives a new one none.
            {"$set": document, "$inc": {"copies": 0}},
            upsert=True,
            return_document=ReturnDocument.BEFORE,
        )
        copies = 0 if before is None else before["copies"]
        return book_of({"_id": isbn, "copies": copies, **document}), before is None

    async def get(self, isbn: str) -> Book:
        document = await self._collection.find_one({"_id": isbn})
        if document is None:
            raise UnknownBookError
        return book_of(document)

    async def change_stock(self, isbn: str, change: int) -> Book:
        document = await self._collection.find_one_and_update(
            {"_id": isbn, "copies": {"$gte": -change}},
            {"$inc": {"copies": change}},
            return_document=ReturnDocument.AFTER,
        )
        if document is None:
            await self.get(isbn)
            raise TooFewCopiesError
        return book_of(document)

    async def find(self, wanted: Wanted) -> list[Book]:
        query: Document = {}
        if wanted.language is not None:
            query["details.language"] = wanted.language
        if wanted.tag is not None:
            query["details.tags"] = wanted.tag  # a list matches by any of its elements
        if wanted.min_pages is not None:
            query["details.pages"] = {"$gte": wanted.min_pages}
        return [book_of(document) async for document in self._collection.find(query).sort("_id")]


@asynccontextmanager
async def open_books(url: str) -> AsyncIterator[MongoBooks]:
    client: AsyncMongoClient[Document] = AsyncMongoClient(url, serverSelectionTimeoutMS=3_000)
    async with client:
        yield MongoBooks(client.get_default_database()["books"])
