"""Gives prefixes and tags where the factory includes the routers, so that no router has paths of its own (shop/main.py).

Fails: test_each_section_works_alone
"""

from .shop.main import create_app

app = create_app()
