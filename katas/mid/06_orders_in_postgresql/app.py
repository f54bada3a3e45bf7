"""The bookshop keeps its orders in PostgreSQL."""

from fastapi import FastAPI

app = FastAPI(title="Bookshop")

# Build here:
#   the app's lifespan      makes the engine, and closes every connection in the end
#   a session dependency    one session a request: committed on success, rolled back on failure
#   POST /orders            store an order with its lines: 201, or 409 when that is a conflict
#   GET  /orders/{order_id} the order with its lines, or 404
