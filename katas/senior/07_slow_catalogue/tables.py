"""The tables of `schema.sql`, as SQLAlchemy sees them. Given: use them, do not edit them."""

from decimal import Decimal

from sqlalchemy import BigInteger, ForeignKey, Identity, Numeric
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """What the tables have in common."""


class Author(Base):
    """Somebody who has written books."""

    __tablename__ = "authors"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    name: Mapped[str]


class Book(Base):
    """A book of the catalogue."""

    __tablename__ = "books"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    isbn: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    shelf: Mapped[str]
    price: Mapped[Decimal] = mapped_column(Numeric(6, 2))

    author: Mapped[Author] = relationship()
    reviews: Mapped[list["Review"]] = relationship(back_populates="book")


class Review(Base):
    """What a reader thinks of a book."""

    __tablename__ = "reviews"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"))
    stars: Mapped[int]
    text: Mapped[str]

    book: Mapped[Book] = relationship(back_populates="reviews")
