"""Makes a new dict for each store, and puts the same books into all of them (shop/store.py).

Fails: test_two_apps_share_nothing
"""

from .shop.main import create_app

app = create_app()
