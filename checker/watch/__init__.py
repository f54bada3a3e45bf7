"""Stay with one kata: a verdict at each save.

Threads feed one queue (keys, saves, what the runner sends, a changed window); the session takes
from it, changes its state, and draws. Nothing else touches the state.
"""
