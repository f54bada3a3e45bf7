"""The bookshop's sign-up and checkout, with errors that clients can rely on."""

from fastapi import FastAPI

app = FastAPI(title="Bookshop")

# Build here:
#   POST /customers                   sign up: 201 and the customer, without the password
#   GET  /customers/{customer_id}     one customer, or 404
#   POST /branches/{branch}/checkout  check a basket: 200 and the basket as it was understood
#   every validation error            422 and a problem document that points at each wrong field
