"""Defines a model once more, a little shorter, and the document tells both apart by long names (shop/reviews.py).

Fails: test_the_document_is_the_same
"""

from .shop.main import create_app

app = create_app()
