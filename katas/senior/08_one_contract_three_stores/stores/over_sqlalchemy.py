"""The books in PostgreSQL, through SQLAlchemy: `STORE=sqlalchemy`."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """What the mapped classes have in common."""


class BookRow(Base):
    """A row of the table in `schema.sql`, for SQLAlchemy."""

    __tablename__ = "books"

    isbn: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    price: Mapped[Decimal]
    published: Mapped[date]
    copies: Mapped[int]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)


# Build here a class that keeps the contract `Books`, and a way to open and close it.
