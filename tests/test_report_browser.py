"""The HTML reports in a real browser: light and dark, large and small, and with hostile names."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from checker import journal
from checker.catalog import load_catalog
from checker.grade.grades import Grades
from checker.progress import fold
from checker.standing import read_standing
from checker.views.html import grades_html, learner_html
from tests.browser import NAMES, browser, find_chromium, visit
from tests.desk import FIXTURES
from tests.made_up_grades import NOW, hostile_grades, made_up_grades
from tests.test_report import HOSTILE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(
    find_chromium() is None, reason=f"no browser here: none of {', '.join(NAMES)}"
)

DESK: dict[str, Any] = {"width": 1280, "height": 900}
PHONE: dict[str, Any] = {"width": 390, "height": 844}
SCHEMES = ("light", "dark")

# Every text on the page with its colour and the first background behind it that hides what is
# below: the contrast by WCAG 2.2, "contrast ratio".
CONTRASTS = """() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => {
      const s = v / 255;
      return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parts(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const found = {};
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || ["SCRIPT", "STYLE"].includes(element.tagName)) continue;
    const style = getComputedStyle(element);
    const ink = parts(element.namespaceURI.endsWith("svg") ? style.fill : style.color);
    const [a, b] = [light(ink), light(behind(element))].sort((x, y) => y - x);
    const key = `${element.tagName}.${element.getAttribute("class")} ${ink} on ${behind(element)}`;
    found[key] = (a + 0.05) / (b + 0.05);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each kind of page, written once."""
    small, middle = made_up_grades(3), made_up_grades(40)
    alone = replace(middle, submissions=middle.submissions[3:4])
    texts = {
        "small": grades_html(small),
        "12": grades_html(made_up_grades(12)),
        "40": grades_html(middle),
        "400": grades_html(made_up_grades(400)),
        "one": grades_html(alone),
        "own": learner_html(_standing()),
        "hostile": grades_html(_all_hostile()),
    }
    folder = tmp_path_factory.mktemp("pages")
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in texts}


def _standing() -> Any:
    catalog = load_catalog(FIXTURES / "katas")
    runs = [("failing", 0), ("failing", 0), ("failing", 0)]
    entries = [
        journal.Entry(f"2026-05-0{day}T10:00:00Z", catalog[0].name, "run", kind, passed, 3)
        for day, (kind, passed) in enumerate(runs, 1)
    ]
    entries.append(journal.Entry("2026-05-09T10:00:00Z", catalog[1].name, "run", "solved", 3, 3))
    return read_standing(fold(catalog, entries), entries, "Ada", NOW.isoformat())


def _all_hostile() -> Grades:
    classes = [hostile_grades(text) for text in HOSTILE.values()]
    return replace(classes[0], submissions=tuple(one for c in classes for one in c.submissions))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", ["40", "400", "one", "own", "hostile"])
def test_a_page_asks_for_nothing_and_complains_of_nothing(
    chromium: Browser, pages: dict[str, Path], name: str, scheme: str
) -> None:
    with visit(chromium, pages[name], color_scheme=scheme, viewport=DESK) as seen:
        seen.page.mouse.wheel(0, 5000)
        if name != "400":
            seen.page.emulate_media(media="print")
        assert seen.page.locator("h1").count() == 1
        assert seen.requests == []
        assert seen.complaints == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", ["40", "one", "own"])
def test_every_text_has_contrast(
    chromium: Browser, pages: dict[str, Path], name: str, scheme: str
) -> None:
    with visit(chromium, pages[name], color_scheme=scheme, viewport=DESK) as seen:
        contrasts = seen.ask(CONTRASTS)
        assert len(contrasts) > 15
        assert {key: ratio for key, ratio in contrasts.items() if ratio < 4.5} == {}
        dark = seen.ask("matchMedia('(prefers-color-scheme: dark)').matches")
        background = seen.ask("getComputedStyle(document.body).backgroundColor")
        assert dark is (scheme == "dark")
        assert (sum(map(int, background[4:-1].split(","))) < 380) is dark


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", ["12", "one", "own"])
def test_axe_finds_nothing(
    chromium: Browser, pages: dict[str, Path], name: str, scheme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    with visit(chromium, pages[name], color_scheme=scheme, viewport=DESK) as seen:
        found = axe.Axe().run(seen.page)
        broken = [(v["id"], v["nodes"][0]["html"]) for v in found.response["violations"]]
        assert broken == []
        assert len(found.response["passes"]) > 20


@pytest.mark.parametrize("name", ["40", "400", "one", "own", "hostile"])
def test_a_phone_never_scrolls_sideways_but_the_heat_map_does(
    chromium: Browser, pages: dict[str, Path], name: str
) -> None:
    options = {"viewport": PHONE, "is_mobile": True, "has_touch": True}
    with visit(chromium, pages[name], **options) as seen:
        assert seen.ask("document.documentElement.scrollWidth") == PHONE["width"]
        if name in ("40", "400"):
            box = "document.querySelector('.heat')"
            assert seen.ask(f"{box}.scrollWidth > {box}.clientWidth + 200")
            seen.ask(f"{box}.scrollLeft = 300")
            names = seen.page.locator("#heat tbody th").first.bounding_box()
            assert names is not None
            assert 0 <= names["x"] < 40, "the names stay"


def test_everything_is_reached_by_keyboard(chromium: Browser, pages: dict[str, Path]) -> None:
    with visit(chromium, pages["small"], viewport=DESK) as seen:
        seen.page.keyboard.press("Tab")
        assert seen.ask("document.activeElement.className") == "skip"
        box = seen.page.locator(".skip").bounding_box()
        assert box is not None
        assert box["x"] >= 0, "it comes into sight"
        wanted = seen.ask(
            "() => { const all = [...document.querySelectorAll("
            "'a[href]:not([tabindex]), button, summary, input, [tabindex=\"0\"]')]"
            ".filter((e) => e.checkVisibility());"
            "all.forEach((e, i) => { e.wanted = i; }); return all.length; }"
        )
        reached = set()
        for _ in range(wanted + 20):
            reached.add(seen.ask("document.activeElement.wanted ?? -1"))
            seen.page.keyboard.press("Tab")
        assert set(range(wanted)) <= reached
        seen.ask("document.querySelector('.skip').focus()")
        seen.page.keyboard.press("Enter")
        assert seen.ask("document.activeElement.id") == "main"


def test_what_has_the_focus_is_seen(chromium: Browser, pages: dict[str, Path]) -> None:
    with visit(chromium, pages["small"], viewport=DESK) as seen:
        for _ in range(12):
            seen.page.keyboard.press("Tab")
            style, width = seen.ask(
                "() => { const s = getComputedStyle(document.activeElement);"
                "return [s.outlineStyle, parseFloat(s.outlineWidth)]; }"
            )
            assert style == "solid"
            assert width >= 2


def test_the_heat_map_is_sorted_by_keyboard_and_says_so(
    chromium: Browser, pages: dict[str, Path]
) -> None:
    with visit(chromium, pages["40"], viewport=DESK) as seen:
        solved = seen.page.locator("#heat th[data-sort=solved] button")
        solved.focus()
        numbers = "[...document.querySelectorAll('#heat tbody tr')].map(r => +r.dataset.solved)"
        before = seen.ask(numbers)
        seen.page.keyboard.press("Enter")
        assert seen.ask(numbers) == sorted(before, reverse=True) != before
        head = seen.page.locator("#heat th[data-sort=solved]")
        first = head.get_attribute("aria-sort")
        seen.page.keyboard.press("Enter")
        assert seen.ask(numbers) == sorted(before)
        assert {first, head.get_attribute("aria-sort")} == {"ascending", "descending"}


def test_four_hundred_learners_stay_usable(chromium: Browser, pages: dict[str, Path]) -> None:
    assert pages["400"].stat().st_size < 6_000_000
    with visit(chromium, pages["400"], viewport=DESK) as seen:
        rows = seen.page.locator("#heat tbody tr")
        assert rows.count() == 399
        seen.ask("document.querySelector('.heat').scrollTop = 6000")
        seen.page.locator(".heat").scroll_into_view_if_needed()
        head, box = (seen.page.locator(s).bounding_box() for s in ("#heat thead", ".heat"))
        assert head is not None
        assert box is not None
        assert abs(head["y"] - box["y"]) < 3, "the header stays"
        late = seen.page.locator("article.learner").nth(390)
        assert late.evaluate("e => getComputedStyle(e).contentVisibility") == "auto"
        name = seen.page.locator("#heat tbody th").nth(200).inner_text()
        seen.page.fill("#find", name)
        assert seen.page.locator("#heat tbody tr:visible").all_inner_texts() != []
        shown = seen.page.locator("article.learner:not([hidden]) h3").all_text_contents()
        assert name in shown
        assert len(shown) < 20
        assert seen.page.locator("#found").inner_text() == f"{len(shown)} of 399"


def test_a_cell_leads_to_the_sentence_and_the_exchange(
    chromium: Browser, pages: dict[str, Path]
) -> None:
    with visit(chromium, pages["40"], viewport=DESK) as seen:
        closed = seen.page.locator("details.kata:not([open])", has=seen.page.locator("pre")).last
        anchor = closed.locator(".proof").get_attribute("id")
        seen.page.locator(f"#heat a[href='#{anchor}']").click()
        proof = seen.page.locator(f"#{anchor}")
        assert proof.locator(".sentence").is_visible()
        assert "POST /books" in proof.locator("pre").first.inner_text()
        assert "→ " in proof.locator("pre").first.inner_text()


def test_tables_tell_what_their_cells_belong_to(chromium: Browser, pages: dict[str, Path]) -> None:
    with visit(chromium, pages["40"], viewport=DESK) as seen:
        for table in seen.page.locator("table").all():
            assert table.locator("caption").count() == 1
            assert table.locator("th:not([scope])").count() == 0
        row = seen.page.locator("#heat tbody tr").first
        words = row.locator("td:not(.n)").all_text_contents()
        assert len(words) == 30
        assert all(len(text.strip()) > 3 for text in words)
        sign = "e => getComputedStyle(e, '::before').content"
        shown = row.locator("td:not(.n)").evaluate_all(f"all => all.map({sign})")
        assert all(re.match(r'"[^"]"', text) for text in shown), "a sign, besides the colour"
        chart = seen.page.locator("#progress svg[role=img]")
        described = chart.get_attribute("aria-labelledby")
        assert "in the middle of the class" in seen.page.locator(f"#{described}").inner_text()
        assert seen.page.locator("#progress table tbody tr").count() > 3


def test_it_is_all_there_without_a_script(chromium: Browser, pages: dict[str, Path]) -> None:
    options: dict[str, Any] = {"viewport": DESK, "java_script_enabled": False}
    with visit(chromium, pages["small"], **options) as seen:
        assert not seen.page.locator("#find").is_visible()
        assert seen.page.locator("#heat button").count() == 0
        assert seen.page.locator("#heat tbody tr").first.is_visible()
        assert seen.page.locator("article.learner").count() == 3
        seen.page.locator("details.kata summary").last.click()
        assert seen.page.locator("details.kata .proof").last.is_visible()
        assert seen.complaints == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_paper_shows_everything_dark_on_white(
    chromium: Browser, pages: dict[str, Path], scheme: str
) -> None:
    with visit(chromium, pages["small"], color_scheme=scheme, viewport=DESK) as seen:
        seen.page.emulate_media(media="print", color_scheme=scheme)
        shades = (
            "[getComputedStyle(document.body).backgroundColor,"
            " getComputedStyle(document.body).color]"
        )
        assert seen.ask(shades) == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]
        contrasts = seen.ask(CONTRASTS)
        assert {key: ratio for key, ratio in contrasts.items() if ratio < 4.5} == {}
        assert not seen.page.locator(".jump").is_visible()
        closed = seen.page.locator("details.kata:not([open]) .proof").first
        assert closed.evaluate("e => e.checkVisibility()")
        heat = seen.page.locator(".heat").evaluate("e => getComputedStyle(e).overflow")
        assert heat == "visible"


def test_hostile_names_are_read_and_never_run(chromium: Browser, pages: dict[str, Path]) -> None:
    with visit(chromium, pages["hostile"], viewport=DESK) as seen:
        for link in seen.page.locator("#heat tbody th a").all()[:8]:
            link.hover()
        seen.page.wait_for_timeout(200)
        assert seen.ask("window.pwned ?? null") is None
        handlers = seen.ask(
            "[...document.querySelectorAll('*')].flatMap((e) => e.getAttributeNames())"
            ".filter((name) => name.startsWith('on') || name === 'style')"
        )
        assert handlers == []
        assert seen.page.locator("img, iframe, object, embed, form, base").count() == 0
        assert seen.page.locator("script").count() == 1
        outside = seen.ask(
            "[...document.querySelectorAll('[href], [src]')]"
            ".map((e) => e.getAttribute('href') ?? e.getAttribute('src'))"
            ".filter((to) => !to.startsWith('#') && to !== 'data:,')"
        )
        assert outside == []
        names = seen.page.locator("article.learner h3").all_text_contents()
        assert HOSTILE["script"] in names


def test_the_policy_stops_what_got_in_nevertheless(
    chromium: Browser, pages: dict[str, Path], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.html"
    bad = "<script>window.pwned = 1</script><img src=x onerror='window.pwned = 1'>"
    text = pages["small"].read_text(encoding="utf-8")
    broken.write_text(text.replace("<main", f"{bad}<main"), encoding="utf-8")
    with visit(chromium, broken, viewport=DESK) as seen:
        seen.page.wait_for_timeout(200)
        assert seen.ask("window.pwned ?? null") is None
        assert any("Content Security Policy" in said for said in seen.complaints)
        assert seen.page.locator("#heat button").count() == 3, "its own script still runs"
