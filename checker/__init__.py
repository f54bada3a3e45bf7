"""The checker: runs the kata suites, says what came of them, and remembers it."""

__version__ = "0.1.0"
