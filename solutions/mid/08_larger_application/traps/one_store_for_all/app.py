"""Keeps the one store of the process in a variable of its module (shop/store.py).

Fails: test_two_apps_share_nothing
"""

from .shop.main import create_app

app = create_app()
