"""The bookshop's front desk: what every answer carries, and what a handler is handed."""

from fastapi import FastAPI

app = FastAPI(title="Front desk")

# Build here:
#   GET /greeting          a greeting in the reader's language
#   GET /stock/{book_id}   how many copies there are, or 404
#   GET /stock.csv         the whole stock, streamed line by line
#   get_locale             the dependency that chooses the language
# and around them, on every answer:
#   X-Request-ID           made, or taken from the request; also on every log record
#   X-Process-Time         the seconds until the answer begins
#   the gate               the given middleware, inside of the other two
#   errors                 an unexpected one is logged, and its 500 carries both headers, too
