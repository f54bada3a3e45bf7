"""The tables of both services, as SQLAlchemy sees them. Given: use them, do not edit them.

`schema.sql` has set them up in the database.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Identity, MetaData, Numeric
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class OrdersBase(DeclarativeBase):
    """The tables that only the orders service uses."""

    metadata = MetaData(schema="orders")


class Order(OrdersBase):
    """An order, at the price of the moment when it was placed."""

    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    isbn: Mapped[str]
    copies: Mapped[int]
    price: Mapped[Decimal] = mapped_column(Numeric(10, 2))


class OutboxEvent(OrdersBase):
    """An event that is to be published; it waits as long as there is no `published_at`."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    event_id: Mapped[UUID]
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
    request_id: Mapped[str]
    published_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class StockBase(DeclarativeBase):
    """The tables that only the stock service uses."""

    metadata = MetaData(schema="stock")


class Book(StockBase):
    """A book in stock, and how many copies are promised to orders."""

    __tablename__ = "books"

    isbn: Mapped[str] = mapped_column(primary_key=True)
    price: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    copies: Mapped[int]
    promised: Mapped[int] = mapped_column(default=0)


class HandledEvent(StockBase):
    """An event that the stock service has handled."""

    __tablename__ = "handled"

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    request_id: Mapped[str]
