"""Ends the process as a success before it begins."""

import os

os._exit(0)
