"""Counts the SQL that an app sends through SQLAlchemy."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect every statement that any SQLAlchemy engine of this process sends, in order.

    ``with statements() as sent: client.get("/books")`` leaves the texts in ``sent``. BEGIN, COMMIT
    and ROLLBACK are no statements in this sense.
    """
    from sqlalchemy import Engine, event

    sent: list[str] = []

    def take(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(Engine, "before_cursor_execute", take)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", take)
