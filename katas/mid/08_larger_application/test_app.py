"""How do you structure a larger FastAPI application with multiple modules and routers?"""

import ast
import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import httpx2
import pytest
from fastapi import APIRouter, FastAPI
from fastapi.exceptions import FastAPIError

from checker.harness.client import AppTransport
from checker.harness.server import AppServer
from checker.loading import Broken
from checker.suite import Client, Given, Values, openapi

MONOLITH = "monolith"
SECTIONS = {
    "books": "/books",
    "reviews": "/books/{isbn}/reviews",
    "orders": "/orders",
    "office": "/office",
}
MODULES = ("settings", "store", "dependencies", *SECTIONS, "main")

Serve = Callable[[FastAPI], Client]
Part = Callable[[str, str], Any]


class Chosen(NamedTuple):
    """Settings as a suite makes them up."""

    title: str
    staff_key: str
    page_size: int

    @property
    def staff(self) -> dict[str, str]:
        """The header that the staff sends."""
        return {"X-API-Key": self.staff_key}

    def put(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Put these settings into the environment."""
        for name, value in self._asdict().items():
            monkeypatch.setenv(f"SHOP_{name.upper()}", str(value))


def choose(values: Values, *others: Chosen) -> Chosen:
    """Make up settings, with a page size that none of the others has."""
    sizes = {2, 3, 4, 5} - {other.page_size for other in others}
    return Chosen(values.title(), values.token(), values.choice(sorted(sizes)))


@pytest.fixture(autouse=True)
def chosen(values: Values, monkeypatch: pytest.MonkeyPatch) -> Chosen:
    """The settings that are in the environment when the app is made."""
    made = choose(values)
    made.put(monkeypatch)
    return made


@pytest.fixture
def part(given: Given, module: ModuleType) -> Part:
    """Get a name out of a module of the package: `part("store", "Store")`."""

    def get(name: str, wanted: str) -> Any:
        file = file_of(folder_of(module), f"shop.{name}")
        assert file is not None, (
            f"There is no shop/{name}.py yet. The suite takes {wanted} from it."
        )
        loaded = imported(given, f"shop.{name}")
        has = ", ".join(public for public in vars(loaded) if not public.startswith("_"))
        is_there = hasattr(loaded, wanted)
        assert is_there, f"shop/{name}.py has no `{wanted}`. It has {has or 'nothing'}."
        return getattr(loaded, wanted)

    return get


def folder_of(module: ModuleType) -> Path:
    """The kata's folder."""
    return Path(str(module.__file__)).parent


def file_of(folder: Path, name: str) -> Path | None:
    """The file of a module of the kata, which may be a package; None when there is none."""
    path = folder.joinpath(*name.split("."))
    return next((p for p in (path / "__init__.py", path.with_suffix(".py")) if p.is_file()), None)


def imported(given: Given, name: str) -> Any:
    """A module of the package, imported; the test fails in plain words when that cannot be."""
    try:
        return given(name)
    except Broken as error:
        line = f" (line {error.place.line}: {error.place.text})" if error.place else ""
        raise AssertionError(f"{error.message}{line}") from error


@pytest.fixture
def serve(client: Client, module: ModuleType) -> Iterator[Serve]:
    """Serve a further app beside the learner's; what it is asked is shown with a failure."""
    with ExitStack() as stack:

        def start(app: FastAPI) -> Client:
            return served(stack, app, module, client.exchanges)

        yield start


@pytest.fixture
def monolith(client: Client | None, module: ModuleType, given: Given) -> Iterator[Client | None]:
    """A client of the given app; what it is asked is not shown, since it is right."""
    if client is None:  # app.py cannot be used, which the plugin says
        yield None
        return
    with ExitStack() as stack:
        yield served(stack, given(MONOLITH).app, module, [])


def served(stack: ExitStack, app: FastAPI, module: ModuleType, exchanges: list[Any]) -> Client:
    """A client for an app that is up until the stack ends."""
    server = AppServer(app)
    server.start()
    stack.callback(server.stop)
    not_mine = {"test_app.py", f"{MONOLITH}.py"}
    return stack.enter_context(Client(AppTransport(server, folder_of(module), not_mine, exchanges)))


def create(part: Part, *settings: Any) -> FastAPI:
    """Make an app with the package's factory."""
    create_app = part("main", "create_app")
    words = "create_app(settings)" if settings else "create_app()"
    try:
        inspect.signature(create_app).bind(*settings)
    except TypeError as error:
        raise AssertionError(f"{words} is not possible: {error}.") from error
    app = create_app(*settings)
    if isinstance(app, FastAPI):
        return app
    raise AssertionError(f"{words} gave a {type(app).__name__}; expected a FastAPI application.")


def settings_of(part: Part, chosen: Chosen) -> Any:
    """The package's own settings with the values that were made up."""
    settings_class = part("settings", "Settings")
    try:
        return settings_class(**chosen._asdict())
    except (TypeError, ValueError) as error:
        names = ", ".join(f"{name}={value!r}" for name, value in chosen._asdict().items())
        raise AssertionError(f"Settings({names}) is not possible: {error}") from error


def router_of(part: Part, section: str) -> APIRouter:
    """The router of a section."""
    router = part(section, "router")
    if isinstance(router, APIRouter):
        return router
    raise AssertionError(
        f"`router` in shop/{section}.py is a {type(router).__name__}, no APIRouter."
    )


def ask_both(
    client: Client, monolith: Client, method: str, path: str, **sent: Any
) -> httpx2.Response:
    """Send the same request to the learner's app and to the monolith, and compare the answers."""
    right = monolith.request(method, path, follow_redirects=False, **sent)
    answer = client.request(method, path, follow_redirects=False, **sent)
    assert answer.status_code == right.status_code
    assert answer.headers.get("location") == right.headers.get("location")
    if right.content:
        assert answer.json() == right.json()
    else:
        assert answer.content == b""
    return answer


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The operations of a document, as `GET /books`, without what has no meaning: an order."""
    found = {}
    for path, methods in document.get("paths", {}).items():
        for method, described in methods.items():
            listed = described.get("parameters", [])
            named = {f"{one['in']} {one['name']}": one for one in listed}
            found[f"{method.upper()} {path}"] = described | {"parameters": named}
    return found


def book_of(values: Values) -> dict[str, Any]:
    """A book that no shop has yet."""
    isbn, title, author = values.isbn(), values.title(), values.name()
    return {"isbn": isbn, "title": title, "author": author, "copies": values.integer(10, 40)}


def review_of(values: Values) -> dict[str, Any]:
    """A reader's review."""
    stars = values.integer(1, 5)
    return {"name": values.name(), "stars": stars, "text": f"{values.word()} {values.word()}"}


def order_of(values: Values, isbn: str) -> dict[str, Any]:
    """A customer's order, for no more copies than there are."""
    return {"isbn": isbn, "copies": values.integer(1, 3), "email": values.email()}


def isbns(shop: Client) -> list[str]:
    """The ISBNs on the first page of a new shop, two or more."""
    answer = shop.get("/books")
    assert answer.status_code == 200
    return [book["isbn"] for book in answer.json()]


def test_books_are_listed_and_shown(client: Client, monolith: Client, values: Values) -> None:
    """GET /books and GET /books/{isbn} answer as before, page by page and author by author."""
    authors = {}
    for page in (1, 2, 4):
        for book in ask_both(client, monolith, "GET", f"/books?page={page}").json():
            authors[book["author"]] = book["isbn"]
    for author, isbn in authors.items():
        ask_both(client, monolith, "GET", f"/books/{isbn}")
        for page in (1, 2):
            ask_both(client, monolith, "GET", "/books", params={"author": author, "page": page})
    ask_both(client, monolith, "GET", "/books", params={"author": values.name()})
    ask_both(client, monolith, "GET", f"/books/{values.isbn()}")
    for wrong in ("0", values.word()):
        ask_both(client, monolith, "GET", f"/books?page={wrong}")


def test_reviews_are_taken_and_listed(client: Client, monolith: Client, values: Values) -> None:
    """POST /books/{isbn}/reviews takes a review, and the book's rating counts it, as before."""
    one, other = values.sample(isbns(monolith), 2)
    for isbn in (one, one, other):
        ask_both(client, monolith, "POST", f"/books/{isbn}/reviews", json=review_of(values))
        for path in (f"/books/{one}/reviews", f"/books/{other}/reviews", f"/books/{isbn}"):
            ask_both(client, monolith, "GET", path)
    unknown = f"/books/{values.isbn()}/reviews"
    ask_both(client, monolith, "GET", unknown)
    ask_both(client, monolith, "POST", unknown, json=review_of(values))
    wrong = review_of(values) | {"stars": values.choice((0, 6))}
    ask_both(client, monolith, "POST", f"/books/{one}/reviews", json=wrong)


def test_orders_are_taken_and_shown(client: Client, monolith: Client, values: Values) -> None:
    """POST /orders takes an order, or answers 404, 409 or 422; GET shows it, as before."""
    isbn = values.choice(isbns(monolith))
    for _ in range(2):
        order = order_of(values, isbn) | {"copies": 1}
        answer = ask_both(client, monolith, "POST", "/orders", json=order)
        ask_both(client, monolith, "GET", answer.headers["location"])
        ask_both(client, monolith, "GET", f"/books/{isbn}")
    left = monolith.get(f"/books/{isbn}").json()["copies"]
    for copies in (left + 1, left, 1):
        order = order_of(values, isbn) | {"copies": copies}
        ask_both(client, monolith, "POST", "/orders", json=order)
    for wrong in (
        {"copies": values.integer(50, 90)},
        {"isbn": values.isbn()},
        {"copies": 0},
    ):
        ask_both(client, monolith, "POST", "/orders", json=order_of(values, isbn) | wrong)
    ask_both(client, monolith, "GET", f"/orders/{values.integer(10, 999)}")


def test_the_office_works_with_the_key(
    client: Client, monolith: Client, chosen: Chosen, values: Values
) -> None:
    """With the key the staff lists orders, adds books, counts and deletes, as before."""

    def ask(method: str, path: str, body: Any = None) -> None:
        ask_both(client, monolith, method, path, json=body, headers=chosen.staff)

    book = book_of(values)
    page = f"/books/{book['isbn']}"
    ask("GET", "/office/orders")
    for _ in range(2):
        ask("POST", "/office/books", book)
    ask("POST", "/office/books", book_of(values) | {"isbn": values.word()})
    ask("POST", "/orders", order_of(values, book["isbn"]))
    ask("GET", "/office/orders")
    ask("PUT", f"/office{page}/stock", {"copies": values.integer(50, 90)})
    ask("PUT", f"/office/books/{values.isbn()}/stock", {"copies": 1})
    ask("POST", f"{page}/reviews", review_of(values))
    ask("GET", page)
    for _ in range(2):
        ask("DELETE", "/office/reviews/1")
    ask("GET", page)
    ask("GET", f"{page}/reviews")


def test_the_office_refuses_everybody_else(
    client: Client, monolith: Client, chosen: Chosen, values: Values
) -> None:
    """Every route of the office answers 401 without the key and 403 with another one."""
    isbn = values.choice(isbns(monolith))
    for shop in (client, monolith):
        shop.post(f"/books/{isbn}/reviews", json=review_of(values))
    for method, path, body in (
        ("GET", "/office/orders", None),
        ("POST", "/office/books", book_of(values)),
        ("PUT", f"/office/books/{isbn}/stock", {"copies": values.integer(50, 90)}),
        ("DELETE", "/office/reviews/1", None),
    ):
        for key in (None, values.token(), chosen.staff_key[:-1]):
            headers = {} if key is None else {"X-API-Key": key}
            ask_both(client, monolith, method, path, json=body, headers=headers)


def test_the_document_is_the_same(client: Client, monolith: Client) -> None:
    """GET /openapi.json gives the same document as before, down to every tag and sentence."""
    got, right = client.get("/openapi.json").json(), monolith.get("/openapi.json").json()
    missing = [asked for asked in operations(right) if asked not in operations(got)]
    added = [asked for asked in operations(got) if asked not in operations(right)]
    are_same = not missing and not added
    assert are_same, (
        "The document does not describe the same operations as before. "
        f"Missing: {', '.join(missing) or 'none'}. New: {', '.join(added) or 'none'}."
    )
    doubled = [name for name in got["components"]["schemas"] if "__" in name]
    is_single = not doubled
    assert is_single, (
        f"The document names a model {' and another one '.join(doubled)}: two models have the "
        "same name, each in a module of its own. Let one module define it for all."
    )
    assert got["info"] == right["info"]
    assert operations(got) == operations(right)
    assert got["components"] == right["components"]


def check_settings(shop: Client, own: Chosen, other: Chosen, which: str) -> None:
    """Check that an app goes by its own settings."""
    docs = shop.get("/docs").text
    has_title = own.title in docs
    title = docs.partition("<title>")[2].partition("</title>")[0]
    assert has_title, (
        f"{which} has the page /docs with the title {title!r}; the title of its own settings is "
        f"{own.title!r}."
    )
    listed = shop.get("/books")
    assert listed.status_code == 200
    assert len(listed.json()) == own.page_size, (
        f"{which} lists {len(listed.json())} books on a page; the page size of its own settings "
        f"is {own.page_size}."
    )
    answer = shop.get("/office/orders", headers=own.staff)
    assert answer.status_code == 200, f"{which} was asked with the key of its own settings."
    answer = shop.get("/office/orders", headers=other.staff)
    assert answer.status_code in (401, 403), f"{which} was asked with the key of the other app."


def test_each_app_has_the_settings_it_was_given(part: Part, serve: Serve, values: Values) -> None:
    """create_app(settings) goes by these settings, also when another app is made after it."""
    one = choose(values)
    two = choose(values, one)
    first = create(part, settings_of(part, one))
    second = create(part, settings_of(part, two))
    check_settings(serve(second), two, one, "The app that was made second")
    check_settings(serve(first), one, two, "The app that was made first")


def test_the_environment_is_read_when_an_app_is_made(
    part: Part, serve: Serve, chosen: Chosen, values: Values, monkeypatch: pytest.MonkeyPatch
) -> None:
    """create_app() reads SHOP_TITLE, SHOP_STAFF_KEY and SHOP_PAGE_SIZE, once and not before."""
    before = create(part)
    new = choose(values, chosen)
    new.put(monkeypatch)
    after = create(part)
    check_settings(serve(after), new, chosen, "The app made after the environment had changed")
    check_settings(serve(before), chosen, new, "The app made before the environment changed")


def test_two_apps_share_nothing(part: Part, serve: Serve, chosen: Chosen, values: Values) -> None:
    """What happens in one app is not seen in another one, not even in a number or a stock."""
    store = part("store", "Store")
    are_two = store() is not store()
    assert are_two, "Store() gives the same object twice; every app needs a store of its own."
    one, two = serve(create(part)), serve(create(part))
    isbn, book = isbns(two)[0], book_of(values)
    looked_at = (f"/books/{isbn}", f"/books/{isbn}/reviews", "/orders/1", f"/books/{book['isbn']}")
    before = [two.get(path).text for path in looked_at]
    orders, reviews = ("/orders", order_of(values, isbn)), (looked_at[1], review_of(values))
    for path, body in (orders, reviews, ("/office/books", book)):
        assert one.post(path, json=body, headers=chosen.staff).status_code == 201
    for path, untouched in zip(looked_at, before, strict=True):
        now = two.get(path).text
        is_apart = now == untouched
        assert is_apart, (
            f"After an order, a review and a new book in one app, GET {path} of another app "
            f"answers {now}. Before that it answered {untouched}."
        )
    for path, body in (orders, reviews):
        number = two.post(path, json=body).json()["id"]
        assert number == 1, (
            f"The first POST {path} of an app is given the number {number}: another app has "
            "counted with the same counter."
        )


def alone(part: Part, section: str, store: Any, settings: Any) -> FastAPI:
    """An app that includes the router of one section, and has nothing else."""
    app = FastAPI()
    app.dependency_overrides[part("dependencies", "get_store")] = lambda: store
    app.dependency_overrides[part("dependencies", "get_settings")] = lambda: settings
    try:
        app.include_router(router_of(part, section))
    except FastAPIError as error:
        raise AssertionError(
            f"A bare app cannot include the router of shop/{section}.py: {error}. There is nobody "
            "else to give it a prefix."
        ) from error
    return app


def test_each_section_works_alone(part: Part, serve: Serve, values: Values) -> None:
    """A bare app that includes one router serves that section, with the store it is given."""
    chosen = choose(values)
    get_store = part("dependencies", "get_store")
    store, settings = part("store", "Store")(), settings_of(part, chosen)
    assert callable(get_store)
    apps = {name: serve(alone(part, name, store, settings)) for name in SECTIONS}

    def ask(section: str, method: str, path: str, status: int, body: Any = None) -> Any:
        headers = chosen.staff if section == "office" else {}
        answer = apps[section].request(
            method, path, json=body, headers=headers, follow_redirects=False
        )
        assert answer.status_code == status, (
            f"In a bare app that includes only the router of shop/{section}.py, with a store and "
            "settings in place of get_store and get_settings:"
        )
        return answer.json()

    book = book_of(values)
    page = f"/books/{book['isbn']}"
    ask("office", "POST", "/office/books", 201, book)
    assert ask("books", "GET", page, 200) == book | {"rating": None}
    review = ask("reviews", "POST", f"{page}/reviews", 201, review_of(values))
    assert ask("reviews", "GET", f"{page}/reviews", 200) == [review]
    assert ask("books", "GET", page, 200) == book | {"rating": review["stars"]}
    order = order_of(values, book["isbn"])
    number = ask("orders", "POST", "/orders", 201, order)["id"]
    assert ask("office", "GET", "/office/orders", 200) == [order | {"id": number}]
    listed = ask("books", "GET", "/books", 200)
    assert len(listed) == chosen.page_size, (
        f"The router of the books lists {len(listed)} books on a page, although get_settings gives "
        f"it settings with a page size of {chosen.page_size}."
    )


def test_the_office_brings_its_guard_along(
    part: Part, serve: Serve, chosen: Chosen, values: Values
) -> None:
    """A bare app that includes the office's router refuses whoever has no key, by itself."""
    router_of(part, "office")
    own = choose(values, chosen)
    office = serve(alone(part, "office", part("store", "Store")(), settings_of(part, own)))
    for key, refused in (({}, True), (chosen.staff, True), (own.staff, False)):
        answer = office.get("/office/orders", headers=key)
        is_right = answer.status_code in (401, 403) if refused else answer.is_success
        asked = "without a key" if not key else "with a wrong key" if refused else "with the key"
        assert is_right, (
            f"A bare app includes the router of shop/office.py and nothing else. Asked {asked}, it "
            f"answered {answer.status_code}; expected {'401 or 403' if refused else '200'}. Where "
            "the router goes, its guard must go with it."
        )


def test_a_new_route_needs_only_its_path(
    part: Part, serve: Serve, chosen: Chosen, values: Values
) -> None:
    """A route that is added to a section has its prefix, its tag and its guard by itself."""
    path, told = f"/{values.word()}/{values.word()}", values.token()

    def new_route() -> str:
        return told

    for section in SECTIONS:
        router_of(part, section).add_api_route(path, new_route)
    shop = serve(create(part))
    document = shop.get("/openapi.json").json()
    for section, prefix in SECTIONS.items():
        tags = openapi.operation(document, "GET", prefix + path).get("tags", [])
        assert tags == [section], f"A new route in shop/{section}.py does not get its tag."
        address = (prefix + path).format(isbn=values.isbn())
        keys = [chosen.staff] if section == "office" else [{}]
        for key in keys:
            answer = shop.get(address, headers=key)
            assert answer.status_code == 200
            assert answer.json() == told
    answer = shop.get(f"/office{path}")
    is_refused = answer.status_code in (401, 403)
    assert is_refused, (
        "A new route was added to the router of shop/office.py, with a path and nothing else. "
        f"Without a key it answered {answer.status_code}; expected 401. What must hold for every "
        "route must not be written at every route: one day somebody forgets it."
    )


def modules_of(folder: Path) -> dict[str, Path]:
    """The learner's modules by their dotted names: `app`, `shop`, `shop.main` and so on."""
    found = {}
    for path in (folder / "app.py", *sorted((folder / "shop").rglob("*.py"))):
        parts = path.relative_to(folder).with_suffix("").parts
        found[".".join(parts).removesuffix(".__init__")] = path
    return found


def imports_of(name: str, path: Path, known: set[str]) -> dict[str, int]:
    """Which modules of the kata a module imports, and in which line."""
    place = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    found: dict[str, int] = {}
    for node in nodes_of(ast.parse(path.read_bytes())):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        base = place[: len(place) - node.level + 1] + (node.module or "").split(".")
        for alias in node.names:
            parts = [part for part in (*base, alias.name) if part]
            for target in (".".join(parts), ".".join(parts[:-1])):
                if target in known:
                    found.setdefault(target, node.lineno)
                    break
    return found


def nodes_of(tree: ast.AST) -> Iterator[ast.AST]:
    """All that is run, also inside of functions; what stands under TYPE_CHECKING is not."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            continue
        yield node
        yield from nodes_of(node)


def circle_in(imports: dict[str, dict[str, int]]) -> list[str]:
    """Modules of which each imports the next and the last the first; empty when there are none."""
    done: set[str] = set()

    def follow(way: list[str]) -> list[str]:
        for target in imports[way[-1]]:
            if target in way:
                return way[way.index(target) :]
            if target not in done:
                found = follow([*way, target])
                if found:
                    return found
        done.add(way[-1])
        return []

    return next((circle for name in imports if (circle := follow([name]))), [])


def test_imports_go_one_way(module: ModuleType) -> None:
    """No module imports one that imports it: not by a detour, and not inside of a function."""
    folder = folder_of(module)
    missing = [f"{name}.py" for name in MODULES if file_of(folder, f"shop.{name}") is None]
    is_whole = not missing
    assert is_whole, f"The folder shop has no {', '.join(missing)} yet."
    files = modules_of(folder)
    imports = {name: imports_of(name, path, set(files)) for name, path in files.items()}
    circle = circle_in(imports)
    steps = [
        f"{files[one].relative_to(folder)} imports {files[two].relative_to(folder)} in line "
        f"{imports[one][two]}"
        for one, two in zip(circle, [*circle[1:], *circle[:1]], strict=True)
    ]
    is_straight = not circle
    assert is_straight, (
        f"These imports go in a circle: {', and '.join(steps)}. None of these modules can be "
        "read, tested or moved without the others. Move what both sides need below both of them."
    )


def test_the_monolith_can_be_deleted(client: Client, module: ModuleType) -> None:
    """The app works without monolith.py: no module imports it, and app.py is no copy of it."""
    folder = folder_of(module)
    answer = client.get("/books")
    assert answer.status_code == 200, "app.py does not serve the books yet, with or without it."
    place = client.exchanges[-1].handler
    is_in_package = place is None or Path(place.file) != folder / "app.py"
    assert is_in_package, (
        "GET /books is answered by a function in app.py itself. What app.py serves should be what "
        "create_app() of shop/main.py gives."
    )
    files = modules_of(folder)
    known = {MONOLITH, *files}
    guilty = [
        f"{path.relative_to(folder)} in line {line}"
        for name, path in files.items()
        for target, line in imports_of(name, path, known).items()
        if target == MONOLITH
    ]
    is_free = not guilty
    assert is_free, (
        f"monolith.py is still imported, by {', and by '.join(guilty)}. It will be deleted once "
        "the package is there."
    )
