"""Leaves the search for the book behind, so that an unknown book has an empty list (shop/reviews.py).

Fails: test_reviews_are_taken_and_listed
"""

from .shop.main import create_app

app = create_app()
