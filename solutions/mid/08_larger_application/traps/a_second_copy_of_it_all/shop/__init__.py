"""The bookshop's API.

Imports go one way: main, then the sections, then dependencies, store, models and settings.
"""
