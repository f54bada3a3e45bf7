"""Imports the models from the file that is going to be deleted (shop/models.py).

Fails: test_the_monolith_can_be_deleted
"""

from .shop.main import create_app

app = create_app()
