"""Lets books and reviews need each other, and hides one of the imports in a function (shop/books.py, shop/reviews.py).

Fails: test_imports_go_one_way
"""

from .shop.main import create_app

app = create_app()
