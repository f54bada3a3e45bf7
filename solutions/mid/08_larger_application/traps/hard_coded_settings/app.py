"""Writes down what the environment has on the developer's own machine (shop/settings.py).

Fails: test_books_are_listed_and_shown, test_the_office_works_with_the_key, test_the_document_is_the_same, test_the_environment_is_read_when_an_app_is_made
"""

from .shop.main import create_app

app = create_app()
