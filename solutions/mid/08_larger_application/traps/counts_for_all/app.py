"""Gives each store dicts of its own, and counts the orders and reviews of all with the same counters (shop/store.py).

Fails: test_two_apps_share_nothing
"""

from .shop.main import create_app

app = create_app()
