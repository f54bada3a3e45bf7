"""The bookshop's catalogue, to be searched and read page by page."""

from fastapi import FastAPI

app = FastAPI(title="Bookshop")

# Build here:
#   GET /books   one page of the catalogue
#     filters    only those of the README; anything else is 422
#     sort       several fields, each up or down, and never an order that is left to chance
#     cursor     where the next page begins, in a Link header
#     total      how many books there are in all, when somebody asks
