"""The bookshop's stock, for customers and for the staff."""

from fastapi import FastAPI

app = FastAPI(title="Bookshop")

# Build here:
#   get_session   a dependency: the request's session of the stockroom, closed afterwards
#   staff_member  a dependency: the member whose key was sent, or 401
#   staff         an APIRouter, guarded as a whole by staff_member
#
#   GET    /books                  some of the books: offset and limit say which
#   GET    /staff/me               who am I?
#   GET    /staff/orders           some of the orders: offset and limit again
#   DELETE /staff/books/{book_id}  take a book off the shelf
