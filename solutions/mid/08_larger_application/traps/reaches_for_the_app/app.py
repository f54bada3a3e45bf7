"""Reaches for the state of whatever app there is, past get_store (shop/orders.py).

Fails: test_each_section_works_alone
"""

from .shop.main import create_app

app = create_app()
