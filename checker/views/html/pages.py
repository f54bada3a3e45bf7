"""The two pages: a class, and one learner."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from statistics import median
from typing import TYPE_CHECKING, Any

from checker.grade.insight import (
    STILL_DAYS,
    level_of,
    number_of,
    read_insight,
    solved_times,
)
from checker.grade.insight import curve as progress_curve
from checker.moments import count_words, minute_words, span_words
from checker.views.html.charts import draw
from checker.views.html.parts import graded_part, kata_label, own_part
from checker.views.kinds import GRADE_WORDS, LOOK_WORDS, RULE, SIGNS, seen_words
from checker.views.untrusted import NAME, one_line, visible

if TYPE_CHECKING:
    from jinja2 import Environment

    from checker.grade.grades import Grades
    from checker.standing import Standing

_MOST_STUCK = 6
_MOST_HELP = 12


def grades_html(grades: Grades) -> str:
    """A class's report as one HTML file; that of one learner when the grades hold only one."""
    insight = read_insight(grades)
    parts = [graded_part(insight, one, i) for i, one in enumerate(insight.learners, 1)]
    about = {
        "time": minute_words(insight.time),
        "isolation": one_line(grades.isolation, NAME) or "not told",
        "layers": ", ".join(one_line(layer, NAME) for layer in grades.layers),
        "versions": ", ".join(
            f"{one_line(name, NAME)} {one_line(version, NAME)}"
            for name, version in grades.versions.items()
        ),
    }
    if len(grades.submissions) == 1 and parts:
        learner = insight.learners[0]
        times = solved_times(learner.submission, grades.katas, insight.time)
        chart = draw(progress_curve([times], insight.time), len(grades.katas), many=False)
        return _render("learner.html", part=parts[0], chart=chart, graded=True, **about)
    by_name = {id(one): part for one, part in zip(insight.learners, parts, strict=True)}
    totals = [one.total for one in insight.learners]
    return _render(
        "class.html",
        insight=insight,
        parts=parts,
        looks=[
            (by_name[id(one)], kata_label(grades.katas, kata), seen_words(grade))
            for one, kata, grade in insight.tampered
        ],
        failed=[(one_line(one.name, NAME), one_line(one.problem)) for one in insight.failed],
        helped=[by_name[id(one)] for one in insight.help_first],
        most_help=_MOST_HELP,
        rule=RULE,
        look_words=LOOK_WORDS,
        hard=insight.stuck_katas[:_MOST_STUCK],
        chart=draw(insight.curve, len(grades.katas), many=True),
        kinds=list(GRADE_WORDS.items()),
        used={cell.kind for part in parts for cell in part.cells},
        middle=f"{median(totals):g}" if totals else "0",
        solved=sum(totals),
        still=sum((one.days or 0) >= STILL_DAYS for one in insight.learners),
        still_days=STILL_DAYS,
        **about,
    )


def learner_html(standing: Standing) -> str:
    """A learner's own progress, from their journal, as one HTML file."""
    return _render(
        "learner.html",
        part=own_part(standing),
        chart=draw(standing.curve, len(standing.katas), many=False),
        graded=False,
        time=minute_words(standing.time),
    )


def _render(template: str, **values: Any) -> str:
    page = _environment().get_template(template)
    return page.render(**values) + "\n"


@cache
def _environment() -> Environment:
    """Templates that escape every value for HTML and write out hidden characters."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    def finalize(value: Any) -> Any:
        return visible(value) if type(value) is str else value

    environment = Environment(
        loader=PackageLoader("checker.views.html"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, script = _asset("style.css") + _signs(), _asset("script.js")
    # Nothing may be loaded, and only these two texts may style and run, whatever else is in the
    # page (Content Security Policy Level 3, "hash-source").
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    environment.globals.update(
        style=Markup(style),  # noqa: S704 - the package's own files
        script=Markup(script),  # noqa: S704 - the same
        policy=policy,
        count_words=count_words,
        span_words=span_words,
        level_of=level_of,
        number_of=number_of,
    )
    return environment


def _signs() -> str:
    """Style rules that put each verdict's sign before its words, not to be read aloud.

    The first declaration is for browsers that do not know a text alternative (CSS Generated
    Content 3, "alternative text for accessibility").
    """
    return "".join(
        f'.{kind}::before {{ content: "{sign}"; content: "{sign}" / ""; }}\n'
        for kind, sign in [*SIGNS.items(), ("changed", "~"), ("started", "~")]
    )


def _asset(name: str) -> str:
    text = (files("checker.views.html") / "templates" / name).read_text(encoding="utf-8")
    return f"\n{text}"


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
