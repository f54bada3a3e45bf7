"""The bookshop's API, which has to know who asks, and what they may do."""

from fastapi import FastAPI

from . import shop

app = FastAPI(title="Bookshop")


@app.get("/books")
def list_books() -> list[shop.Book]:
    """Give everything that can be bought: this page stays open to everybody."""
    return shop.books


# Build here:
#   GET    /me                      who am I?                     every account
#   POST   /orders                  order a book                  customers
#   GET    /orders                  one's own orders, or all      every account
#   GET    /orders/{order_id}       one order                     its customer, and staff
#   DELETE /orders/{order_id}       take an order back            its customer, and managers
#   POST   /orders/{order_id}/ship  mark an order as shipped      staff
#   GET    /stock/{isbn}            how many copies are there?    partners, with their key
