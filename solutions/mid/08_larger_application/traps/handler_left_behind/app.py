"""Forgets that the monolith's app had an exception handler, too (shop/main.py).

Fails: test_orders_are_taken_and_shown
"""

from .shop.main import create_app

app = create_app()
