"""What a suite works with: the client, seeded values, a rendezvous for requests in flight.

``checker.suite.database.Database`` is what the fixture ``database`` gives.
"""

from collections.abc import Callable
from typing import Any

from checker.harness.client import Client, Reply
from checker.suite import openapi
from checker.suite.gateway import Gateway
from checker.suite.rendezvous import Rendezvous, RendezvousMissed
from checker.suite.statements import statements
from checker.suite.values import Values

Given = Callable[[str], Any]
"""The fixture ``given``: takes the name of a kata's module, gives the module the app uses."""

MakeClient = Callable[[], Client]
"""The fixture ``make_client``: starts the learner's app afresh once more."""

__all__ = [
    "Client",
    "Gateway",
    "Given",
    "MakeClient",
    "Rendezvous",
    "RendezvousMissed",
    "Reply",
    "Values",
    "openapi",
    "statements",
]
