"""Sets the guard where the factory includes the router, so that the router alone has none (shop/main.py).

Fails: test_the_office_brings_its_guard_along
"""

from .shop.main import create_app

app = create_app()
