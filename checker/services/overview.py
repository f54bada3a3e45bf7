"""What can be said of a service without starting anything."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from checker.errors import ServiceUnavailable
from checker.services.guardian import read_endpoint
from checker.services.marks import is_kept, users
from checker.services.places import place_for
from checker.services.pool import NAMED, VARIABLES, check_named, must_be_faked, named_server
from checker.services.servers import server_of

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class State:
    """How a service stands.

    Attributes:
        service: as in ``kata.toml``.
        title: its name for people.
        source: ``environment``, ``embedded``, ``fake`` or ``memory``.
        where: the address, without its password; "" when it is not running.
        version: of an embedded server; "" otherwise.
        running: whether it answers.
        kept: whether it stays up without users.
        users: how many processes use it at this moment.
        problem: why it cannot be had; "" when it can.
        advice: what to do about it; may be "".
        folder: where an embedded server's files are.
    """

    service: str
    title: str
    source: str
    where: str = ""
    version: str = ""
    running: bool = False
    kept: bool = False
    users: int = 0
    problem: str = ""
    advice: str = ""
    folder: str = ""


def state_of(service: str, private: Path) -> State:
    """Look at one service.

    Args:
        service: one of ``pool.VARIABLES`` or ``pool.NAMED``.
        private: the workspace's private folder.
    """
    if service in NAMED:
        return _only_named(service)
    server = server_of(service)
    url = os.environ.get(VARIABLES[service], "")
    if url:
        return _named(service, server.title.partition(" ")[0], url)
    if service == "redis" and must_be_faked():
        return State(service, "Redis", "fake")
    try:
        version = server.version()
        place = place_for(service, private)
    except ServiceUnavailable as error:
        problem, advice = error.message, error.advice
        return State(service, server.title, "embedded", problem=problem, advice=advice)
    endpoint = read_endpoint(place.control)
    running = endpoint is not None and server.answers(endpoint)
    return State(
        service,
        server.title,
        "embedded",
        f"127.0.0.1:{endpoint.port}" if endpoint and running else "",
        version,
        running,
        is_kept(place.control),
        users(place.control),
        folder=str(place.base),
    )


def _only_named(service: str) -> State:
    """A service that is played in memory unless the environment names a server."""
    url = os.environ.get(NAMED[service], "")
    where = urlsplit(url).netloc.rpartition("@")[2]
    try:
        check_named(service)
    except ServiceUnavailable as error:
        problem, advice = error.message, error.advice
        return State(service, "RabbitMQ", "environment", where, problem=problem, advice=advice)
    source = "environment" if url else "memory"
    return State(service, "RabbitMQ", source, where, running=bool(url))


def _named(service: str, title: str, url: str) -> State:
    """A server that the environment names, asked as an administrator."""
    parts = urlsplit(url)
    where = parts.netloc.rpartition("@")[2] + parts.path
    try:
        named_server(service, url).close()
    except ServiceUnavailable as error:
        return State(
            service, title, "environment", where, problem=error.message, advice=error.advice
        )
    return State(service, title, "environment", where, running=True)
