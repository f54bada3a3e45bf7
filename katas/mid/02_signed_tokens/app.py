"""The bookshop's login: tokens that are signed, and what they open."""

from fastapi import FastAPI

app = FastAPI(title="Bookshop")

# Build here:
#   POST /token     log in with a form: 200 and a signed token, or 401
#   GET  /me        who the token is for
#   GET  /orders    the customer's own orders, for a token with the scope orders:read
#   POST /accounts  open an account, for a token with the scope accounts:write
#   every token that is not good gets 401, a token without the scope 403
