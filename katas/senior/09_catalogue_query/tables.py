"""The table of `schema.sql`, as SQLAlchemy sees it. Given: use it, do not edit it."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, DateTime, Identity, Numeric
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """What the tables have in common."""


class Book(Base):
    """A book of the catalogue.

    Attributes:
        rating: the mean of its reviews; None while there is no review.
        cost: what the shop pays for it, which is nobody else's business.
    """

    __tablename__ = "books"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    isbn: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    author: Mapped[str]
    year: Mapped[int]
    price: Mapped[Decimal] = mapped_column(Numeric(6, 2))
    rating: Mapped[Decimal | None] = mapped_column(Numeric(2, 1))
    added_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    cost: Mapped[Decimal] = mapped_column(Numeric(6, 2))
