"""The shop's settings for tokens. Given: use them, do not edit them."""

import os
import secrets
from datetime import timedelta

SIGNING_KEY: str = os.environ.get("BOOKSHOP_SIGNING_KEY") or secrets.token_urlsafe(64)
"""What tokens are signed with. All servers of the shop share one; alone, a server makes one up."""

ISSUER = "https://login.bookshop.example"
"""Who makes the tokens."""

AUDIENCE = "https://api.bookshop.example"
"""Whom they are made for: this API."""

LIFETIME = timedelta(minutes=15)
"""How long a token is good."""
