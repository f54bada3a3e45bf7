"""Answers a wrong key with 401 as if there were none (shop/dependencies.py).

Fails: test_the_office_refuses_everybody_else
"""

from .shop.main import create_app

app = create_app()
