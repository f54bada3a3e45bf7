"""The bookshop's API: to be built out of `monolith.py`."""
