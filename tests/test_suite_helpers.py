"""What suites work with: the rendezvous, made-up values, and readable exchanges."""

from __future__ import annotations

import asyncio
import threading

import pytest

from checker.harness.exchanges import shorten_body, shorten_secret
from checker.suite import Rendezvous, RendezvousMissed, Values


def test_two_coroutines_meet() -> None:
    async def both() -> None:
        meeting = Rendezvous(2, seconds=10)
        await asyncio.gather(meeting.arrive(), meeting.arrive())
        assert meeting.met

    asyncio.run(both())


def test_a_thread_and_a_coroutine_meet() -> None:
    meeting = Rendezvous(2, seconds=10)
    thread = threading.Thread(target=meeting.arrive_blocking)
    thread.start()
    asyncio.run(meeting.arrive())
    thread.join()
    assert meeting.met


def test_who_comes_after_the_other_has_left_does_not_meet_it() -> None:
    meeting = Rendezvous(2, seconds=0.01)
    for _ in range(3):
        with pytest.raises(RendezvousMissed):
            meeting.arrive_blocking()
    with pytest.raises(RendezvousMissed):
        asyncio.run(meeting.arrive())
    assert meeting.arrived == 4
    assert not meeting.met


def test_the_same_seed_gives_the_same_values() -> None:
    def some(seed: str) -> list[object]:
        values = Values(seed)
        return [values.title(), values.isbn(), values.price(), values.email(), values.token()]

    assert some("a") == some("a")
    assert some("a") != some("b")


def test_an_isbn_has_a_right_check_digit() -> None:
    values = Values("isbn")
    for _ in range(200):
        digits = [int(digit) for digit in values.isbn()]
        assert len(digits) == 13
        assert sum(d * (3 if n % 2 else 1) for n, d in enumerate(digits)) % 10 == 0


def test_secrets_are_shortened_where_a_learner_reads_them() -> None:
    assert shorten_secret("Bearer eyJhbGciOiJIUzI1NiJ9") == "Bearer eyJhbG…"
    body = shorten_body(b'{"name": "Ada", "password": "correct horse battery"}')
    assert "correct horse" not in body
    assert '"name": "Ada"' in body
    assert shorten_body(b"\x89PNG\x00\x01") == "<6 bytes>"
    assert shorten_body(b"a" * 9000).endswith("…")
