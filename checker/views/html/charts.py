"""The geometry of the chart of progress over time; a template draws it as SVG."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker.moments import day_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.grade.insight import Point

WIDTH, HEIGHT = 900, 270
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 20, 14, 34
_TICKS = 4
_MOST_ROWS = 12


@dataclass(frozen=True)
class Tick:
    """A mark on an axis.

    Attributes:
        at: its place along the axis, in the drawing's units.
        text: what it says.
        anchor: where the text stands: ``start``, ``middle`` or ``end``.
    """

    at: float
    text: str
    anchor: str = "middle"


@dataclass(frozen=True)
class Row:
    """A line of the chart's table.

    Attributes:
        day: the day.
        low: what a quarter had not passed.
        middle: the middle.
        high: what a quarter had reached.
    """

    day: str
    low: str
    middle: str
    high: str


@dataclass(frozen=True)
class Chart:
    """A chart of progress.

    Attributes:
        line: the path of the middle.
        band: the path around the middle half of a class; "" for one learner.
        across: the marks of the time axis.
        up: the marks of the axis of katas.
        rows: the same as a table.
        words: the same in a sentence.
        right: where the drawing's area ends.
        base: the height of zero.
        end: where the line ends, as x and y.
    """

    line: str
    band: str
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    rows: tuple[Row, ...]
    words: str
    right: float
    base: float
    end: tuple[float, float]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT


def draw(points: Sequence[Point], katas: int, *, many: bool) -> Chart | None:
    """Draw progress as steps.

    Args:
        points: in order of time.
        katas: how many there are, the top of the axis.
        many: whether it is a class: with a band.

    Returns:
        None without points.
    """
    if not points:
        return None
    first, last = points[0].time, points[-1].time
    length = max((last - first).total_seconds(), 1.0)
    right, base = WIDTH - _RIGHT, HEIGHT - _BOTTOM
    top = max(katas, 1)

    def x(point: Point) -> float:
        share = (point.time - first).total_seconds() / length
        return round(_LEFT + share * (right - _LEFT), 1)

    def y(value: float) -> float:
        return round(base - value / top * (base - _TOP), 1)

    high = [(x(p), y(p.high)) for p in points]
    low = [(x(p), y(p.low)) for p in points]
    middle = [(x(p), y(p.middle)) for p in points]
    return Chart(
        _steps(middle),
        f"{_steps(high)} {_back(low)} Z" if many else "",
        tuple(
            Tick(
                round(_LEFT + i / _TICKS * (right - _LEFT), 1),
                day_words(first + (last - first) * i / _TICKS),
                "start" if i == 0 else "end" if i == _TICKS else "middle",
            )
            for i in range(_TICKS + 1)
        ),
        tuple(Tick(y(value), str(value)) for value in _round_values(top)),
        tuple(_row(point) for point in _picked(points)),
        _words(points, katas, many),
        right,
        base,
        middle[-1],
    )


def _steps(places: Sequence[tuple[float, float]]) -> str:
    path = f"M{places[0][0]} {places[0][1]}"
    return path + "".join(f" H{x} V{y}" for x, y in places[1:])


def _back(places: Sequence[tuple[float, float]]) -> str:
    """The lower edge, from right to left along the same steps."""
    path = f"L{places[-1][0]} {places[-1][1]}"
    for (_, level), (x, _) in zip(reversed(places[:-1]), reversed(places[1:]), strict=True):
        path += f" H{x} V{level}"
    return f"{path} H{places[0][0]}"


def _round_values(top: int) -> list[int]:
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, top) if top / step <= 6)
    return list(range(0, top + 1, step))


def _picked(points: Sequence[Point]) -> list[Point]:
    last = len(points) - 1
    count = min(len(points), _MOST_ROWS)
    return [points[round(i * last / max(count - 1, 1))] for i in range(count)]


def _row(point: Point) -> Row:
    return Row(day_words(point.time), f"{point.low:g}", f"{point.middle:g}", f"{point.high:g}")


def _words(points: Sequence[Point], katas: int, many: bool) -> str:
    first, last = points[0], points[-1]
    span = f"From {day_words(first.time)} to {day_words(last.time)}"
    if not many:
        return f"{span}: {last.middle:g} of {katas} katas solved in the end."
    return (
        f"{span}: in the end the learner in the middle of the class had solved {last.middle:g} of "
        f"{katas} katas, the middle half of the class between {last.low:g} and {last.high:g}."
    )
