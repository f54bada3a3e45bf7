"""Ends the sections' own paths with a slash; clients that follow redirections hardly notice (shop/books.py, shop/orders.py).

Fails: test_books_are_listed_and_shown, test_orders_are_taken_and_shown, test_the_document_is_the_same
"""

from .shop.main import create_app

app = create_app()
