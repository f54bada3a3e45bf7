"""Takes the title from the settings that are given, and everything else from new ones (shop/main.py).

Fails: test_each_app_has_the_settings_it_was_given
"""

from .shop.main import create_app

app = create_app()
