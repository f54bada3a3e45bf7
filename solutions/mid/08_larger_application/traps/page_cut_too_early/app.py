"""Cuts out the page first and looks for the author in it (shop/books.py).

Fails: test_books_are_listed_and_shown
"""

from .shop.main import create_app

app = create_app()
