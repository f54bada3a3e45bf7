"""Reaches into the store without asking whether the book is there (shop/office.py).

Fails: test_the_office_works_with_the_key
"""

from .shop.main import create_app

app = create_app()
