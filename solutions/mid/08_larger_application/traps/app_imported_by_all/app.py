"""Has one app at the top of main.py, which the sections import to get at its state (shop/main.py, shop/dependencies.py).

Fails: test_each_app_has_the_settings_it_was_given, test_two_apps_share_nothing, test_imports_go_one_way
"""

from .shop.main import create_app

app = create_app()
