"""Reports of a class and of a learner: what they find out, and that no text can harm a reader."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt
from rich.cells import cell_len

from checker.grade.grades import (
    Grades,
    History,
    KataGrade,
    KataInfo,
    Kind,
    SubmissionGrade,
    read_grades,
)
from checker.grade.histories import histories
from checker.grade.insight import curve, read_insight, time_to_solve
from checker.journal import Entry
from checker.moments import moment, span_words
from checker.views.class_markdown import grades_markdown
from checker.views.html import grades_html
from checker.views.junit import grades_junit
from checker.views.kinds import GRADE_WORDS, SIGNS
from checker.views.matrix import grades_matrix
from checker.views.report_data import class_data
from checker.views.spreadsheets import GRADE_COLUMNS, grades_csv
from tests.desk import Desk
from tests.made_up_grades import NOW, hostile_grades, made_up_grades

HOSTILE = {
    "script": "<script>window.pwned = 1</script>",
    "attribute": "\" onmouseover=\"window.pwned=1\" x='",
    "image": "'><img src=x onerror=window.pwned=1><svg onload=window.pwned=1>",
    "end-of-style": "</style></script></pre></details></table><script>window.pwned=1</script>",
    "comment": "<!-- --><![CDATA[ ]]> ]]> <?xml?> &amp; &#60;b&#62; &xxe;",
    "template": "{{ 7 * 7 }} {% include 'style.css' %} {# #}",
    "terminal": "a\x1b[2J\x1b]0;owned\x07\x9b31m\r\x08\x08b\x7f",
    "control": "a\x00\x01\x0b\x0c\x1f\x85\ufffe\uffffb",
    "surrogate": "a\ud800b\udfff",
    "direction": "a\u202egpj.exe\u2066b\u200fc\ufeff\u200bd",
    "formula": "=HYPERLINK(\"http://evil.example\",\"x\")",
    "formula-at": "@SUM(1+1)*cmd|' /C calc'!A0",
    "formula-plus": "+1+1",
    "formula-minus": "-2+3",
    "formula-after-tab": "\t=1+1",
    "formula-after-line": "\r\n=1+1",
    "formula-wide": "＝1+1",
    "table": "| a | b |\n|---|---|\n| c \\| d | `e |",
    "fence": "```\n# x\n~~~\n<b>",
    "link": "[x](javascript:alert(1)) ![y](http://evil.example/y.png) <http://evil.example> [z]: x",
    "autolink": "http://evil.example/x www.evil.example a@evil.example",
    "emphasis": "**a** __b__ ~~c~~ `d` $e$ \\*f\\* #1 @everyone",
    "list": "- a\n1. b\n> c\n===",
    "long": "x" * 200_000,
    "long-lines": "x\n" * 50_000,
    "wide": "佐藤" * 40,
    "marks": "a" + "\u0301" * 500,
}  # fmt: skip
hostile = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
PLAIN = hostile_grades("plain")
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e-\u200f\u202a-\u202e\u2066-\u2069]")


def katas(*names: str) -> tuple[KataInfo, ...]:
    return tuple(KataInfo(name, name.rpartition("_")[2].capitalize(), 10) for name in names)


def make_class(
    *people: SubmissionGrade, names: tuple[str, ...] = ("beginner/01_one", "mid/02_two")
) -> Grades:
    return Grades(NOW.isoformat(), "namespaces", (), {}, katas(*names), people)


def person(
    name: str, *verdicts: Kind, history: dict[str, History] | None = None, **words: Any
) -> SubmissionGrade:
    names = ("beginner/01_one", "mid/02_two", "mid/03_three")
    grades = {
        kata: KataGrade(kind, **(words if kind == "failing" else {}))
        for kata, kind in zip(names, verdicts, strict=False)
    }
    return SubmissionGrade(name, name, katas=grades, history=history or {})


def days_ago(days: float) -> str:
    return (NOW - timedelta(days=days)).isoformat()


# What it finds out


def test_help_goes_to_the_stuck_then_the_standing_then_those_behind() -> None:
    def stuck(runs: int) -> dict[str, History]:
        return {"mid/02_two": History(runs=runs + 1, still=runs, moved=days_ago(1))}

    done = {"beginner/01_one": History(runs=1, moved=days_ago(1), solved=days_ago(1))}
    grades = make_class(
        person("Done", "solved", "solved", history=done),
        person("Also done", "solved", "solved"),
        person("Third", "solved", "solved"),
        person("Behind", "untouched", "untouched"),
        person("Stands", "solved", "failing", history={"mid/02_two": History(moved=days_ago(9))}),
        person("Longer", "solved", "failing", history={"mid/02_two": History(moved=days_ago(20))}),
        person("Tries", "solved", "failing", history=stuck(3)),
        person("Tries harder", "solved", "failing", history=stuck(8)),
        person("Gets on", "solved", "failing", history=stuck(2)),
    )
    insight = read_insight(grades)
    told = [(one.submission.name, one.need and one.need.kind) for one in insight.help_first]
    assert told == [
        ("Tries harder", "stuck"),
        ("Tries", "stuck"),
        ("Longer", "still"),
        ("Stands", "still"),
        ("Behind", "behind"),
    ]
    assert insight.help_first[0].need is not None
    assert insight.help_first[0].need.amount == 8


def test_people_are_stuck_where_most_runs_came_to_nothing() -> None:
    def runs(one: int, two: int) -> dict[str, History]:
        return {"beginner/01_one": History(runs=one), "mid/02_two": History(runs=two)}

    first = {"test": "test_a", "sentence": "A is so."}
    grades = make_class(
        person("A", "failing", "failing", history=runs(2, 5), **first),
        person("B", "failing", "failing", history=runs(1, 5), **first),
        person("C", "failing", "solved", history=runs(1, 90), test="test_b", sentence="B is so."),
    )
    hard = read_insight(grades).stuck_katas
    assert [(s.kata.name, s.runs, s.at_work) for s in hard] == [
        ("mid/02_two", 10, 2),
        ("beginner/01_one", 4, 3),
    ]
    common = hard[1].common
    assert common is not None
    assert (common.test, common.sentence, common.learners) == ("test_a", "A is so.", 2)


def test_without_journals_a_class_is_told_by_its_verdicts_alone() -> None:
    grades = made_up_grades(20, journals=False)
    insight = read_insight(grades)
    assert insight.curve == ()
    assert not insight.has_journals
    assert {one.need.kind for one in insight.help_first if one.need} == {"behind"}
    assert "No submission came with a journal" in grades_html(grades)


def test_a_journal_never_makes_a_kata_solved() -> None:
    claims = {"beginner/01_one": History(runs=1, solved=days_ago(3), moved=days_ago(3))}
    insight = read_insight(make_class(person("A", "failing", "untouched", history=claims)))
    assert insight.katas[0].solved == 0
    assert insight.curve == ()
    assert insight.learners[0].total == 0


@pytest.mark.parametrize("people", [(), (SubmissionGrade("A", "a", problem="damaged"),)])
def test_a_class_with_nothing_in_it_can_be_shown(people: tuple[SubmissionGrade, ...]) -> None:
    grades = make_class(*people)
    for show in (grades_html, grades_markdown, grades_csv, grades_junit):
        assert show(grades)
    assert grades_matrix(grades, 80)
    assert class_data(grades)["learners_total"] == 0
    assert all("damaged" in show(grades) for show in (grades_html, grades_markdown) if people)


def test_the_curve_ends_now_and_shows_the_middle_half() -> None:
    times = [[NOW - timedelta(days=d) for d in range(solved, 0, -1)] for solved in (0, 2, 4, 8)]
    points = curve(times, NOW)
    assert points[0].time == NOW - timedelta(days=8)
    assert points[-1].time == NOW
    assert (points[-1].low, points[-1].middle, points[-1].high) == (1.5, 3.0, 5.0)
    many = [[NOW - timedelta(minutes=i) for i in range(5000, 0, -1)]]
    assert len(curve(many, NOW)) <= 82


# Journals


def run(minute: float, verdict: str, passed: int, **more: Any) -> Entry:
    time = datetime(2026, 5, 1, tzinfo=UTC) + timedelta(minutes=minute)
    kata = more.pop("kata", "mid/02_two")
    return Entry(time.isoformat(), kata, more.pop("what", "run"), verdict, passed, 10, **more)


def test_a_journal_tells_attempts_breaks_hints_and_what_moved() -> None:
    entries = [
        run(0, "failing", 2),
        run(10, "failing", 5),
        run(12, "", 0, what="hint", hint=2),
        run(600, "failing", 5),
        run(605, "broken", 0),
    ]
    told = histories(entries, {"mid/02_two"})["mid/02_two"]
    assert (told.runs, told.hints, told.still) == (4, 2, 2)
    assert told.moved == entries[1].time
    assert told.worked == 17 * 60, "the night between is a break"
    assert told.solved == ""
    solved = histories([*entries, run(615, "solved", 10), run(700, "failing", 1)], {"mid/02_two"})
    told = solved["mid/02_two"]
    assert (told.solved, told.moved, told.still) == (told.solved, told.solved, 0)
    assert time_to_solve(told) == 27 * 60
    assert told.runs == 6


def test_nothing_in_a_journal_is_trusted() -> None:
    far = Entry("9999-01-01T00:00:00Z", "mid/02_two", "run", "solved", 10, 10)
    old = Entry("0001-01-01T00:00:00+14:00", "mid/02_two", "run", "solved", 10, 10)
    odd = Entry("<b>", "mid/02_two", "run", "solved", 10, 10)
    other = run(0, "solved", 10, kata="../../etc/passwd")
    huge = run(1, "", 0, what="hint", hint=10**4000)
    assert histories([far, old, odd, other], {"mid/02_two"}, NOW) == {}
    assert histories([huge], {"mid/02_two"}, NOW)["mid/02_two"].hints == 1_000_000


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("2026-05-01T10:20:30.123Z", True),
        ("2026-05-01", True),
        ("2026-05-01T10:20:30", True),
        ("", False),
        ("soon", False),
        ("0001-01-01T00:00:00+23:59", False),
        ("9999-12-31T23:59:59-23:59", False),
        ("2027-01-01T00:00:00Z", False),
    ],
)
def test_a_time_is_read_or_is_none(text: str, right: bool) -> None:
    assert (moment(text, NOW) is not None) is right


def test_spans_are_told_in_words() -> None:
    spans = [span_words(s) for s in (None, 5, 480, 3600, 7800, 260_000)]
    assert spans == ["", "under a minute", "8 min", "1 h", "2 h 10 min", "3 days"]


# Verdicts in words


def test_a_tampered_verdict_says_what_was_seen_on_top() -> None:
    seen = "conftest.py replaced the report of a failure."
    tampered = KataGrade("tampered", message=seen)
    one = SubmissionGrade("Ada", "ada", katas={"beginner/01_one": tampered})
    grades = make_class(one, person("Bo", "solved", "solved"))
    page, text = grades_html(grades), grades_markdown(grades)
    for shown in (page, text):
        assert "what was seen, not why" in shown
        assert "cheat" not in shown.lower()
    assert page.index("what was seen, not why") < page.index("Help first</h2>")
    assert text.index(seen.replace("_", r"\_")) < text.index("## Help first")
    assert class_data(grades)["needs_a_look"] == [
        {"name": "Ada", "kata": "beginner/01_one", "seen": seen}
    ]


def test_each_verdict_has_its_own_sign() -> None:
    assert set(SIGNS) == set(GRADE_WORDS)
    assert len(set(SIGNS.values())) == len(SIGNS)


def test_the_matrix_fits_eighty_columns_and_needs_no_colour() -> None:
    grades = made_up_grades(40)
    for unicode in (True, False):
        lines = grades_matrix(grades, 80, unicode=unicode)
        assert max(map(cell_len, lines)) <= 80
        assert "\x1b" not in "".join(lines)
    assert "佐藤" not in "\n".join(lines[-2:])
    rows = [line for line in lines if line.startswith(grades.submissions[0].name)]
    assert len(rows) == 1
    assert rows[0].endswith(f"{grades.submissions[0].solved}/30")
    assert "x not yet" in "\n".join(lines[-2:])


def test_katas_that_do_not_fit_side_by_side_come_in_blocks() -> None:
    names = tuple(f"mid/{i:02}_kata" for i in range(1, 91))
    all_solved = {name: KataGrade("solved") for name in names}
    grades = make_class(SubmissionGrade("Ada", "ada", katas=all_solved), names=names)
    lines = grades_matrix(grades, 80)
    assert max(map(cell_len, lines)) <= 80
    assert sum(line.count("✓") for line in lines) == 91, "each kata once, and the legend"


def test_csv_has_a_row_a_learner_and_kata() -> None:
    grades = made_up_grades(5)
    rows = list(csv.DictReader(io.StringIO(grades_csv(grades))))
    assert len(rows) == 5 * 30
    told = Counter(row["name"] for row in rows if row["verdict"] == "solved")
    assert told == {one.name: one.solved for one in grades.submissions if one.solved}
    assert sum(int(row["runs"] or 0) for row in rows) == sum(
        history.runs for one in grades.submissions for history in one.history.values()
    )


def test_junit_counts_what_it_holds() -> None:
    grades = made_up_grades(40)
    root = ElementTree.fromstring(grades_junit(grades))
    assert len(root) == len(grades.submissions)
    verdicts = Counter(g.verdict for one in grades.submissions for g in one.katas.values())
    errors = sum(verdicts[kind] for kind in ("broken", "timeout", "crashed", "tampered"))
    assert int(root.get("failures", "")) == verdicts["failing"] == len(list(root.iter("failure")))
    assert int(root.get("errors", "")) == errors + 1, "and the one that could not be graded"
    assert int(root.get("skipped", "")) == verdicts["untouched"] + verdicts["unavailable"]
    assert int(root.get("tests", "")) == sum(verdicts.values()) + 1


# Hostile texts


class Tags(HTMLParser):
    """What a page is made of: its tags with the names of their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: Counter[tuple[str, ...]] = Counter()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # How many lines a text has is its own business.
        if tag not in ("br", "span"):
            self.tags[tag, *(name for name, _ in attrs)] += 1


def shape(text: str) -> list[str]:
    """What Markdown's parser sees, the words left out."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    flat = [inner for token in parser.parse(text) for inner in (token, *(token.children or []))]
    return [token.type for token in flat if not token.type.startswith("text")]


@hostile
def test_html_is_made_of_the_same_tags_whatever_the_texts_hold(text: str) -> None:
    page = grades_html(hostile_grades(text))
    assert Tags(page).tags == Tags(grades_html(PLAIN)).tags
    assert not CONTROL.search(page)
    page.encode()


@hostile
def test_a_single_learners_page_is_made_of_the_same_tags_too(text: str) -> None:
    def alone(grades: Grades) -> str:
        return grades_html(replace(grades, submissions=grades.submissions[:1]))

    assert Tags(alone(hostile_grades(text))).tags == Tags(alone(PLAIN)).tags


@hostile
def test_markdown_means_the_same_whatever_the_texts_hold(text: str) -> None:
    shown = grades_markdown(hostile_grades(text))
    assert shape(shown) == shape(grades_markdown(PLAIN))
    assert not CONTROL.search(shown)
    assert not re.search(r"@\w", shown), "nobody is notified"
    assert not re.search(r"[^\\]://|www\.", shown), "and GitHub makes no link"


@hostile
def test_csv_is_never_a_formula(text: str) -> None:
    shown = grades_csv(hostile_grades(text))
    rows = list(csv.reader(io.StringIO(shown)))
    assert {len(row) for row in rows} == {len(GRADE_COLUMNS)}
    assert len(rows) == 1 + 5
    assert not [c for row in rows for c in row if c.lstrip().startswith(tuple("=+-@＝＋－＠"))]
    assert not any("\n" in cell or "\r" in cell for row in rows for cell in row)
    assert not CONTROL.search(shown)


@hostile
def test_junit_is_whole_xml(text: str) -> None:
    root = ElementTree.fromstring(grades_junit(hostile_grades(text)).encode())
    plain = ElementTree.fromstring(grades_junit(PLAIN))
    assert [e.tag for e in root.iter()] == [e.tag for e in plain.iter()]


@hostile
def test_the_terminal_obeys_nobody(text: str) -> None:
    lines = grades_matrix(hostile_grades(text), 80)
    assert len(lines) == len(grades_matrix(PLAIN, 80))
    assert not CONTROL.search("".join(lines))
    assert max(map(cell_len, lines)) <= 80


@hostile
def test_grades_are_read_back_whatever_the_texts_hold(text: str, tmp_path: Path) -> None:
    path = tmp_path / "grades.json"
    path.write_text(json.dumps(hostile_grades(text).to_json()))
    assert len(read_grades(path).submissions) == 3


def test_exchanges_of_any_shape_are_shown() -> None:
    shapes: tuple[dict[str, Any], ...] = (
        {},
        {"method": 3, "target": None, "status": True, "sent_headers": [1], "got": {"a": 1}},
        {"status": -5, "sent_headers": {str(i): "x" * 999 for i in range(999)}},
        {"status": float("nan"), "got_headers": {"a": None}, "error": ["x"]},
    )
    for exchange in shapes:
        grade = KataGrade("failing", sentence="So it is.", exchanges=(exchange,))
        one = SubmissionGrade("A", "a", katas={"beginner/01_one": grade})
        for show in (grades_html, grades_junit, grades_markdown):
            assert len(show(make_class(one))) < 60_000


# The command


@pytest.fixture
def graded(tmp_path: Path) -> Path:
    path = tmp_path / "grades.json"
    path.write_text(json.dumps(made_up_grades(6).to_json()))
    return path


@pytest.mark.parametrize(
    ("form", "start"),
    [
        ("markdown", "# FastAPI katas: class report"),
        ("json", "{"),
        ("html", "<!doctype html>"),
        ("junit", "<?xml"),
        ("csv", "name,source,"),
    ],
)
def test_a_class_is_reported_anywhere_in_each_format(
    desk: Desk, graded: Path, form: str, start: str
) -> None:
    shown = desk.checker("report", str(graded), "--format", form, cwd=graded.parent)
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith(start)


def test_one_learner_of_a_class_is_reported_by_name(desk: Desk, graded: Path) -> None:
    name = read_grades(graded).submissions[2].name
    shown = desk.checker("report", str(graded), "--name", name, "--format", "html")
    assert f"<h1>{name}</h1>" in shown.out
    missed = desk.checker("report", str(graded), "--name", name[:-1])
    assert missed.code == 2
    assert f"Did you mean {name}?" in missed.err


def test_what_is_no_grades_is_refused_in_plain_words(desk: Desk, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"time": 3}')
    for path in (wrong, tmp_path / "missing.json"):
        shown = desk.checker("report", str(path))
        assert shown.code == 2
        assert path.name in shown.err
        assert "Traceback" not in shown.err


def test_a_learner_is_reported_in_each_format(desk: Desk) -> None:
    desk.write("from fastapi import FastAPI\n\napp = FastAPI()\n")
    for _ in range(3):
        desk.checker("check", "hello")
    desk.solve("02_count")
    desk.checker("check", "count")

    def report(form: str) -> str:
        return desk.checker("report", "--name", "Ada <b>", "--format", form).out

    data = json.loads(report("json"))
    assert data["stuck"] == ["beginner/01_hello"]
    assert data["katas"][0]["runs_without_progress"] == 3
    assert data["katas"][1]["moved_time"] == data["moved_time"]
    page = report("html")
    assert "Stuck in beginner 01 Say hello: 3 runs" in page
    assert "<h1>Ada &lt;b&gt;</h1>" in page
    rows = list(csv.DictReader(io.StringIO(report("csv"))))
    assert [(row["state"], row["stuck"]) for row in rows] == [("failing", "yes"), ("solved", "no")]
    root = ElementTree.fromstring(report("junit"))
    assert (root.get("tests"), root.get("failures")) == ("2", "1")
    assert r"progress of Ada \<b\>" in report("markdown")
