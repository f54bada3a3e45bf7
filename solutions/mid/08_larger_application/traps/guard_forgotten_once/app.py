"""Repeats the guard at each route by hand, and forgets it at the one that was added last (shop/office.py).

Fails: test_the_office_refuses_everybody_else, test_the_document_is_the_same, test_a_new_route_needs_only_its_path
"""

from .shop.main import create_app

app = create_app()
