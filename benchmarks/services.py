"""Embedded servers: their start, three ways to isolate tests, and what a database costs a save."""

from __future__ import annotations

import contextlib
import itertools
import time
from typing import TYPE_CHECKING

from benchmarks.harness import Series, python, race, ratio, show
from benchmarks.saves import Follower, save_and_wait

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA = """
CREATE TABLE orders (id bigserial PRIMARY KEY, customer text NOT NULL, at timestamptz);
CREATE TABLE lines (id bigserial PRIMARY KEY, order_id bigint NOT NULL REFERENCES orders,
                    isbn text NOT NULL, copies int NOT NULL CHECK (copies > 0));
CREATE INDEX ON lines (order_id);
"""
PLAIN, WITH_DATABASE = "beginner/03_read_and_add_books", "mid/06_orders_in_postgresql"


def measure_starts(scratch: Path, rounds: int) -> None:
    """Print how long the servers take to come up: at the very first start, and later."""
    from checker.services.embedded import Embedded

    print(f"\nStart of an embedded server, from nothing to its first answer ({rounds} rounds)")
    numbers = itertools.count()

    def start(service: str, private: Path) -> float:
        began = time.perf_counter()
        server = Embedded(service, private)
        seconds = time.perf_counter() - began
        server.close()
        _wait_until_down(server.control)
        return seconds

    series = []
    for service in ("postgres", "redis"):
        used = scratch / f"later-{service}" / ".kata" / "private"
        start(service, used)
        series += [
            Series(
                f"{service}, the very first start",
                lambda s=service: start(
                    s, scratch / f"first-{next(numbers)}" / ".kata" / "private"
                ),  # type: ignore[misc]
            ),
            Series(f"{service}, later", lambda s=service, p=used: start(s, p)),  # type: ignore[misc]
        ]
    race(rounds, *series)
    for one in series:
        show(one)


def _wait_until_down(control: Path) -> None:
    while (control / "server.json").exists():
        time.sleep(0.05)


def measure_isolation(scratch: Path, rounds: int) -> None:
    """Print three ways to give each test tables of its own, from the wish to the first answer."""
    import psycopg

    from checker.services.databases import Databases, parameters_of
    from checker.services.embedded import Embedded
    from checker.suite.database import Database

    print(f"\nTables of its own for each test, with its end ({rounds * 10} tests)")
    server = Embedded("postgres", scratch / "isolation" / ".kata" / "private")
    admin_parameters = parameters_of(server.endpoint)
    numbers = itertools.count()

    with psycopg.connect(**admin_parameters, autocommit=True) as admin:
        admin.execute("CREATE DATABASE prepared")
        admin.execute("CREATE DATABASE shared")
        with psycopg.connect(**{**admin_parameters, "dbname": "prepared"}, autocommit=True) as one:
            one.execute(SCHEMA)
        shared = psycopg.connect(**{**admin_parameters, "dbname": "shared"}, autocommit=True)

        def use(**parameters: object) -> None:
            with psycopg.connect(**{**admin_parameters, **parameters}) as app:
                app.execute("INSERT INTO orders (customer) VALUES ('Ada')")

        def by_database() -> None:
            name = f"test_{next(numbers)}"
            admin.execute(f"CREATE DATABASE {name} TEMPLATE prepared STRATEGY file_copy")
            use(dbname=name)
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")

        def by_schema() -> None:
            name = f"test_{next(numbers)}"
            shared.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'secret'")
            shared.execute(f"CREATE SCHEMA {name} AUTHORIZATION {name}")
            shared.execute(f"SET search_path = {name}; SET ROLE {name}; {SCHEMA}; RESET ROLE")
            shared.execute(f"ALTER ROLE {name} SET search_path = {name}")
            use(dbname="shared", user=name, password="secret")  # noqa: S106
            shared.execute(f"DROP OWNED BY {name} CASCADE; DROP ROLE {name}")

        databases = Databases(admin_parameters)
        lease = databases.lease()
        database = Database(lease.url)

        def by_emptying() -> None:
            database.empty(SCHEMA)
            use(dbname=lease.name, user=lease.name, password=lease.password)

        series = [
            Series(name, lambda work=work: _ten(work))  # type: ignore[misc]
            for name, work in (
                ("a database for each, out of a template", by_database),
                ("a schema and a role for each", by_schema),
                ("one database a run, emptied (ours)", by_emptying),
            )
        ]
        race(rounds, *series)
        for one in series:
            one.times = [seconds / 10 for seconds in one.times]
            low, high = min(one.times) * 1000, max(one.times) * 1000
            print(f"  {one.name:<46} {one.median * 1000:>8.1f} ms  ({low:.1f}-{high:.1f})")
        for one in series[:-1]:
            print(f"    ours takes {ratio(series[-1], one):.2f} of {one.name}")
        database.close()
        databases.close()
        shared.close()
    server.close()


def _ten(work: object) -> float:
    began = time.perf_counter()
    for _ in range(10):
        work()  # type: ignore[operator]
    return time.perf_counter() - began


def measure_saves(solved: Path, other: Path, rounds: int) -> None:
    """Print the time from a save to the verdict, with a database and without, in turn.

    Args:
        solved: a workspace with every kata solved.
        other: another one, so that neither watch wakes the other.
        rounds: how often each is measured.
    """
    print(f"\nFrom a save to the verdict, with a database and without ({rounds} rounds)")
    with contextlib.ExitStack() as stack:
        series = []
        for kata, place in ((PLAIN, solved), (WITH_DATABASE, other)):
            watch = stack.enter_context(_following(kata, place))
            tests = watch.wait_for("solved").rpartition(" of ")[2].strip()

            def once(kata: str = kata, place: Path = place, tests: str = tests,
                     watch: Follower = watch) -> float:  # fmt: skip
                seconds = save_and_wait(place / "katas" / kata, watch, f"{tests} of {tests}")
                watch.wait_for(" s)")
                return seconds

            series.append(Series(f"{kata} ({tests} tests)", once))
        race(rounds, *series)
        for one in series:
            show(one)
        print(f"    with a database: {ratio(series[1], series[0]):.2f} of without")


@contextlib.contextmanager
def _following(kata: str, place: Path) -> Iterator[Follower]:
    follower = Follower(python("-m", "checker", "watch", "--lines", kata), place)
    try:
        yield follower
    finally:
        follower.stop()
