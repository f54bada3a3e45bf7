"""The bookshop, in layers."""
