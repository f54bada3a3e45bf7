"""Caches the settings for the process, as for an app that is alone in it (shop/dependencies.py).

Fails: test_each_app_has_the_settings_it_was_given, test_the_environment_is_read_when_an_app_is_made
"""

from .shop.main import create_app

app = create_app()
