"""Repeats the guard at each route by hand; it is forgotten nowhere, so far (shop/office.py).

Fails: test_a_new_route_needs_only_its_path
"""

from .shop.main import create_app

app = create_app()
