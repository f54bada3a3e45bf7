"""The bookshop takes orders, and confirms them when they are taken."""

from fastapi import FastAPI

from . import office

app = FastAPI(title="Bookshop")
app.add_middleware(office.AnswerRecorder)  # tells the suite when an answer was sent: leave it here

# Build here:
#   get_book                 a dependency: the order book that everything works with
#   POST /orders             take an order: 201, or 409 when there are not so many copies
#     before the answer      the order is stored, its invoice is printed, the session is closed
#     after the answer       the customer gets a mail and the warehouse packs
#     at the very end        the tray with the invoice is cleared
#   GET  /orders/{order_id}  the order, and whether it is confirmed; or 404
