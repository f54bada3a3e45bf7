"""The audit events that a run raises, so that whoever watches over it knows when to look.

Nothing listens to them but the tripwires of runs whose code nobody trusts (`plugin.tripwires`).
"""

EXECUTED = "kata.executed"
"""A module of a kata was executed, and no test has used it yet; it has the module."""

LOOK = "kata.look"
"""The app has just done something, or a test has come to its end."""
