"""The tables of `schema.sql`, as SQLAlchemy sees them. Given: use them, do not edit them."""

from sqlalchemy import BigInteger, ForeignKey, Identity
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """What the tables have in common."""


class Book(Base):
    """A book that the shop has."""

    __tablename__ = "books"

    isbn: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]


class Order(Base):
    """A customer's order; the database chooses its id when it is inserted."""

    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True)
    customer: Mapped[str]
    # Read together with the order, by a second SELECT, and stored together with it.
    lines: Mapped[list["OrderLine"]] = relationship(
        order_by="OrderLine.position", lazy="selectin", cascade="all, delete-orphan"
    )


class OrderLine(Base):
    """One line of an order; the positions are 1, 2, 3, … as the customer wrote them."""

    __tablename__ = "order_lines"

    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    isbn: Mapped[str] = mapped_column(ForeignKey("books.isbn"))
    copies: Mapped[int]
