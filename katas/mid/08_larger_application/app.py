"""The bookshop's API. Today it is `monolith.py`; it is to become the package `shop`."""

from fastapi import FastAPI

app = FastAPI(title="Bookshop")

# Build in the folder `shop`:
#   settings.py      Settings: what differs from one shop to another
#   store.py         Store: the books, reviews and orders of one shop
#   dependencies.py  get_settings and get_store, through which the sections reach the two
#   books.py         a section: its `router`
#   reviews.py       the same
#   orders.py        the same
#   office.py        the same, for the staff alone
#   main.py          create_app(settings), which puts one app together
# and further modules as you like. In the end this file only calls create_app().
