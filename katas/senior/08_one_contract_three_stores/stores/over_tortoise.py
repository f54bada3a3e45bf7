"""The books in PostgreSQL, through Tortoise ORM: `STORE=tortoise`."""

from typing import Any

from tortoise import fields
from tortoise.models import Model


class BookRow(Model):
    """A row of the table in `schema.sql`, for Tortoise."""

    isbn = fields.CharField(13, primary_key=True)
    title = fields.TextField()
    price = fields.DecimalField(6, 2)
    published = fields.DateField()
    copies = fields.IntField(default=0)
    details: dict[str, Any] = fields.JSONField()

    class Meta(Model.Meta):
        """Which table it is."""

        table = "books"


# Build here a class that keeps the contract `Books`, and a way to open and close it.
