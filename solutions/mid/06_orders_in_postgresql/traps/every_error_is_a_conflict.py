"""Takes whatever the database says for a conflict.

Fails: test_every_connection_is_given_back
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Annotated, TypedDict

from fastapi import Depends, FastAPI, HTTPException, Request, status
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from . import settings
from .tables import Order, OrderLine


class Line(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    isbn: str
    copies: Annotated[int, Field(ge=1, le=999)]


class NewOrder(BaseModel):
    reference: str
    customer: str
    lines: Annotated[list[Line], Field(min_length=1)]


class StoredOrder(NewOrder):
    model_config = ConfigDict(from_attributes=True)

    id: int


class State(TypedDict):
    sessions: sessionmaker[Session]


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[State]:
    engine = create_engine(
        settings.DATABASE_URL,
        pool_size=settings.POOL_SIZE,
        max_overflow=0,
        pool_pre_ping=True,
    )
    try:
        yield {"sessions": sessionmaker(engine)}
    finally:
        engine.dispose()


def get_session(request: Request) -> Iterator[Session]:
    sessions: sessionmaker[Session] = request.state.sessions
    with sessions.begin() as session:
        yield session


# Scope "function": committed, and the connection given back, before the answer is sent.
SessionDep = Annotated[Session, Depends(get_session, scope="function")]

app = FastAPI(title="Bookshop", lifespan=lifespan)


@app.post("/orders", status_code=status.HTTP_201_CREATED, response_model=StoredOrder)
def place_order(new: NewOrder, session: SessionDep) -> Order:
    lines = [
        OrderLine(position=position, isbn=line.isbn, copies=line.copies)
        for position, line in enumerate(new.lines, 1)
    ]
    order = Order(reference=new.reference, customer=new.customer, lines=lines)
    session.add(order)
    try:
        session.flush()
    except SQLAlchemyError as error:
        raise HTTPException(status.HTTP_409_CONFLICT, "This cannot be ordered.") from error
    return order


@app.get("/orders/{order_id}", response_model=StoredOrder)
def read_order(order_id: int, session: SessionDep) -> Order:
    order = session.get(Order, order_id)
    if order is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no order {order_id}.")
    return order
