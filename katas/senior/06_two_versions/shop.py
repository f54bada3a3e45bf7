"""The bookshop's catalogue, the same for every version of the API. Given: do not edit it."""

from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Book:
    """A book as the shop knows it; how clients see it is up to the API.

    Attributes:
        isbn: thirteen digits, without hyphens.
        title: as on the cover.
        authors: the names of one or more people, in the order of the cover.
        cents: the price.
        language: as `de`; None when nobody has told.
    """

    isbn: str
    title: str
    authors: tuple[str, ...]
    cents: int
    language: str | None = None


class NoSuchBookError(Exception):
    """The catalogue has no book with this ISBN."""


class AlreadyThereError(Exception):
    """The catalogue has a book with this ISBN already."""


@dataclass
class Catalogue:
    """All books.

    Attributes:
        books: by ISBN.
    """

    books: dict[str, Book] = field(default_factory=dict)

    def add(self, book: Book) -> None:
        """Add a book.

        Raises:
            AlreadyThereError: there is one with this ISBN.
        """
        if book.isbn in self.books:
            raise AlreadyThereError(f"There is a book {book.isbn} already.")
        self.books[book.isbn] = book

    def find(self, isbn: str) -> Book:
        """The book with this ISBN.

        Raises:
            NoSuchBookError: there is none.
        """
        if isbn not in self.books:
            raise NoSuchBookError(f"There is no book {isbn}.")
        return self.books[isbn]

    def page(self, after: str, limit: int) -> list[Book]:
        """At most `limit` books in the order of their ISBN, from the first one behind `after`."""
        return [self.books[isbn] for isbn in sorted(self.books) if isbn > after][:limit]

    def change(self, isbn: str, **changes: Any) -> Book:
        """Change what is named, as `change(isbn, cents=1250)`, and leave the rest as it is.

        Raises:
            NoSuchBookError: there is no book with this ISBN.
        """
        self.books[isbn] = replace(self.find(isbn), **changes)
        return self.books[isbn]


catalogue = Catalogue()
catalogue.add(Book("9780141439518", "Pride and Prejudice", ("Jane Austen",), 895, "en"))
catalogue.add(Book("9780552137034", "Good Omens", ("Terry Pratchett", "Neil Gaiman"), 1050, "en"))
