"""Makes the settings in the signature, which Python does once, at import (shop/main.py).

Fails: test_the_environment_is_read_when_an_app_is_made
"""

from .shop.main import create_app

app = create_app()
