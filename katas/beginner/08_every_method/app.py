"""The bookshop's reviews: two addresses, and every method."""

from fastapi import FastAPI

app = FastAPI(title="Reviews")

# Build here:
#   GET    /reviews              every review, in the order they were added
#   POST   /reviews              add a review: 201, the stored review, and where it is found
#   GET    /reviews/{review_id}  one review, or 404
#   PUT    /reviews/{review_id}  replace the whole review
#   PATCH  /reviews/{review_id}  change only the fields that were sent
#   DELETE /reviews/{review_id}  take the review away: 204 without a body
#   HEAD   of both               what GET answers, without the body
#   any other method             405, and in Allow the methods that the address has
