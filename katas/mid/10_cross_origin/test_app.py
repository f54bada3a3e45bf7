"""How do you set CORS headers and handle cross-origin requests in FastAPI?"""

from typing import Any

import httpx2
import pytest

from checker.suite import Client, Given, Values, openapi

SHOP = "https://bookshop.example"
TILL = "https://till.bookshop.example"


def page_on(origin: str | None, **more: str) -> dict[str, str]:
    """The headers of a request that a page on an origin sends; None is no page at all."""
    return more if origin is None else {"Origin": origin, **more}


def preflight(
    client: Client, origin: str, method: str, path: str, *headers: str
) -> httpx2.Response:
    """Ask as a browser does before it sends a page's request, without cookies."""
    asked = {"Origin": origin, "Access-Control-Request-Method": method}
    if headers:
        asked["Access-Control-Request-Headers"] = ",".join(sorted(map(str.lower, headers)))
    return client.options(path, headers=asked, follow_redirects=False)


def listed(answer: httpx2.Response, header: str) -> set[str]:
    """The names that a header of an answer lists."""
    return {name.strip() for name in answer.headers.get(header, "").split(",")} - {""}


def lowered(answer: httpx2.Response, header: str) -> set[str]:
    """The same in lower case, for names in which case means nothing."""
    return {name.lower() for name in listed(answer, header)}


def why_unreadable(answer: httpx2.Response, origin: str) -> str:
    """Why a browser keeps an answer from a page; "" when the page may read it."""
    allowed = answer.headers.get("access-control-allow-origin")
    if allowed is None:
        return "there is no Access-Control-Allow-Origin"
    if allowed == "*":
        return "Access-Control-Allow-Origin is *, which no browser takes with cookies"
    if allowed != origin:
        return f"Access-Control-Allow-Origin is {allowed}"
    return ""


def why_refused(answer: httpx2.Response, origin: str, method: str, *headers: str) -> str:
    """Why a browser does not send a page's request after this preflight; "" when it does."""
    if not answer.is_success:
        return f"it is answered with {answer.status_code}"
    for header, asked, allowed in (
        ("Methods", {method} - {"GET", "POST"}, listed(answer, "access-control-allow-methods")),
        (
            "Headers",
            {name.lower() for name in headers},
            lowered(answer, "access-control-allow-headers"),
        ),
    ):
        if asked - allowed:
            told = answer.headers.get(f"access-control-allow-{header.lower()}", "not there")
            star = " (with cookies, * is only a name)" if "*" in allowed else ""
            missing = " and ".join(sorted(asked - allowed))
            return f"it does not list {missing}; Access-Control-Allow-{header} is {told}{star}"
    return why_unreadable(answer, origin)


def permission(answer: httpx2.Response) -> dict[str, Any]:
    """What an answer tells a browser, and a cache, about who may read it."""
    names = ("Access-Control-Allow-Origin", "Access-Control-Allow-Credentials")
    told: dict[str, Any] = {name: answer.headers.get(name) for name in names}
    return told | {"Vary names Origin": "origin" in lowered(answer, "vary")}


def good_permission(client: Client, origin: str) -> dict[str, Any]:
    """What a page on an origin is told by an answer that is no error."""
    answer = client.get("/books", headers=page_on(origin))
    why = why_unreadable(answer, origin)
    assert not why, f"A page on {origin} cannot read the answer of GET /books: {why}."
    return permission(answer)


def assert_granted(client: Client, origin: str, method: str, path: str, *headers: str) -> None:
    """A preflight is answered so that the browser goes on."""
    answer = preflight(client, origin, method, path, *headers)
    why = why_refused(answer, origin, method, *headers)
    asked = f"{method} {path} with {' and '.join(headers) or 'no special header'}"
    assert not why, f"The preflight for {asked}, from {origin}, is not granted: {why}."


def assert_allows_cookies(answer: httpx2.Response) -> None:
    """An answer permits that the page sends its cookie."""
    allowed = answer.headers.get("access-control-allow-credentials", "not there")
    assert allowed == "true", (
        "Access-Control-Allow-Credentials should be true, or the browser keeps the answer from a "
        f"page that sent its cookie. It is {allowed}."
    )


def assert_unreadable(answer: httpx2.Response, origin: str) -> None:
    """An answer permits nothing to a page that is not the shop's."""
    allowed = answer.headers.get("access-control-allow-origin")
    assert allowed is None, (
        f"{origin} is not an origin of the shop, and the answer to it says "
        f"Access-Control-Allow-Origin: {allowed}."
    )


def assert_exposed(answer: httpx2.Response, header: str) -> None:
    """A page may read this header of an answer."""
    exposed = lowered(answer, "access-control-expose-headers")
    told = answer.headers.get("access-control-expose-headers", "not there")
    star = " (with cookies, * is only a name)" if "*" in exposed else ""
    assert header.lower() in exposed, (
        f"The answer has {header}, and no page can read it: Access-Control-Expose-Headers is "
        f"{told}{star}."
    )


def new_order(values: Values) -> dict[str, Any]:
    """An order as a page sends it."""
    return {"isbn": values.isbn(), "copies": values.integer(1, 20)}


def preview(values: Values) -> str:
    """The origin of a preview."""
    return f"https://pr-{values.integer(1, 99999)}.bookshop.example"


def break_the_warehouse(given: Given) -> None:
    """Let the warehouse raise an exception that nobody expects."""

    def broken(isbn: str) -> int:
        raise ConnectionError("The warehouse does not answer.")

    given("warehouse").count_copies = broken


@pytest.mark.guard
def test_the_api_answers_as_before(client: Client, given: Given, values: Values) -> None:
    """Programs that are no browsers send no Origin, and are answered as ever."""
    books = client.get("/books")
    assert books.status_code == 200
    assert books.headers.get("x-total-count") == str(len(books.json()))
    stock = f"/books/{books.json()[0]['isbn']}/stock"
    assert client.get(stock).status_code == 200
    assert client.get(f"/books/{values.isbn()[:-1]}X/stock").status_code == 404
    cookie, key = {"Cookie": f"session={values.token()}"}, {"Idempotency-Key": values.token()}
    order = new_order(values)
    added = [client.post("/orders", json=order, headers=cookie | key) for _ in range(2)]
    assert added[0].status_code == 201
    assert added[1].json() == added[0].json()
    address = added[0].headers["location"]
    changed = client.patch(address, json={"copies": 7}, headers=cookie)
    assert changed.json() == {**order, "id": added[0].json()["id"], "copies": 7}
    assert client.get("/orders", headers=cookie).json() == [changed.json()]
    assert client.get("/orders").status_code == 401
    assert client.patch(address, json={"copies": 21}, headers=cookie).status_code == 422
    staff = {"X-Staff-Key": given("shop").STAFF_KEY}
    assert client.delete(address, headers={"X-Staff-Key": values.token()}).status_code == 403
    assert client.delete(address, headers=staff).status_code == 204
    openapi.operation(client.get("/openapi.json").json(), "GET", "/books")
    break_the_warehouse(given)
    assert client.get(stock).status_code == 500
    given("warehouse").taking_stock = True
    assert client.get("/books").status_code == 503


def test_the_shops_pages_may_read(client: Client) -> None:
    """An answer to a page of the shop, or of a till, names the origin of just this page."""
    for origin in (SHOP, TILL):
        why = why_unreadable(client.get("/books", headers=page_on(origin)), origin)
        assert not why, f"A page on {origin} cannot read the answer of GET /books: {why}."
        why = why_unreadable(preflight(client, origin, "GET", "/books"), origin)
        assert not why, f"The preflight for GET /books, from {origin}, is not granted: {why}."


def test_pages_may_send_their_cookie(client: Client, values: Values) -> None:
    """An answer to a page of the shop says that it may send its cookie, and so does a preflight."""
    asking = page_on(SHOP, Cookie=f"session={values.token()}")
    assert_allows_cookies(client.get("/orders", headers=asking))
    assert_allows_cookies(client.post("/orders", json=new_order(values), headers=asking))
    assert_allows_cookies(preflight(client, SHOP, "GET", "/orders"))


def test_a_preflight_allows_what_pages_need(client: Client, values: Values) -> None:
    """A preflight for GET, POST or PATCH and the two headers is granted, without a cookie."""
    for method, path, headers in (
        ("GET", "/orders", ()),
        ("GET", "/books", ("Content-Type",)),
        ("GET", f"/books/{values.isbn()}/stock", ("Idempotency-Key",)),
        ("POST", "/orders", ("Content-Type",)),
        ("POST", "/orders", ("Content-Type", "Idempotency-Key")),
        ("PATCH", "/orders/1", ("Content-Type",)),
        ("PATCH", "/orders/1", ("Content-Type", "Idempotency-Key")),
    ):
        assert_granted(client, SHOP, method, path, *headers)


def test_pages_may_read_headers(client: Client, values: Values) -> None:
    """Access-Control-Expose-Headers names X-Total-Count and Location where an answer has them."""
    asking = page_on(SHOP, Cookie=f"session={values.token()}")
    for method, path, header in (
        ("GET", "/books", "X-Total-Count"),
        ("GET", "/orders", "X-Total-Count"),
        ("POST", "/orders", "Location"),
    ):
        body = new_order(values) if method == "POST" else None
        answer = client.request(method, path, json=body, headers=asking)
        assert header in answer.headers, f"{method} {path} no longer has the header {header}."
        assert_exposed(answer, header)


def test_previews_may_do_the_same(client: Client, values: Values) -> None:
    """A preview, at https://pr-<number>.bookshop.example, may do what a page of the shop may."""
    shop = good_permission(client, SHOP)
    shop_asks = preflight(client, SHOP, "PATCH", "/orders/1", "Idempotency-Key")
    for digits in (1, 2, 3, 5):
        number = values.integer(10 ** (digits - 1), 10**digits - 1)
        origin = f"https://pr-{number}.bookshop.example"
        named = {"Access-Control-Allow-Origin": origin}
        answer = client.get("/books", headers=page_on(origin))
        assert permission(answer) == shop | named
        answer = preflight(client, origin, "PATCH", "/orders/1", "Idempotency-Key")
        assert answer.status_code == shop_asks.status_code
        assert permission(answer) == permission(shop_asks) | named
        for listing in ("access-control-allow-methods", "access-control-allow-headers"):
            assert lowered(answer, listing) == lowered(shop_asks, listing)


def test_the_back_office_is_not_for_pages(client: Client) -> None:
    """A preflight for DELETE, for PUT, or with X-Staff-Key is not granted, not even to the shop."""
    assert_granted(client, SHOP, "GET", "/orders")
    for method, path, headers in (
        ("DELETE", "/orders/1", ()),
        ("DELETE", "/orders/1", ("Content-Type",)),
        ("PUT", "/orders/1", ()),
        ("GET", "/orders", ("X-Staff-Key",)),
        ("POST", "/orders", ("Content-Type", "X-Staff-Key")),
    ):
        answer = preflight(client, SHOP, method, path, *headers)
        asked = f"{method} {path} with {' and '.join(headers) or 'no special header'}"
        assert why_refused(answer, SHOP, method, *headers), (
            f"The preflight for {asked} is granted. Only GET, POST and PATCH, Content-Type and "
            "Idempotency-Key are for pages."
        )


def test_other_origins_may_read_nothing(client: Client, values: Values) -> None:
    """A page on any other origin is answered as ever, without Access-Control-Allow-Origin."""
    good_permission(client, SHOP)
    books = client.get("/books").json()
    for origin in (
        f"https://{values.word()}.example",
        "http://bookshop.example",
        "http://till.bookshop.example",
        "https://bookshop.example:8443",
        "null",
    ):
        answer = client.get("/books", headers=page_on(origin))
        assert_unreadable(answer, origin)
        assert answer.status_code == 200
        assert answer.json() == books
        assert_unreadable(client.get(f"/{values.word()}", headers=page_on(origin)), origin)
        for method in ("GET", "PATCH"):
            assert_unreadable(preflight(client, origin, method, "/orders"), origin)


def test_look_alikes_may_read_nothing(client: Client, values: Values) -> None:
    """An origin that only looks like one of the shop's is given no permission."""
    good_permission(client, SHOP)
    number, word = values.integer(1, 999), values.word()
    for origin in (
        "https://evil-bookshop.example",
        f"https://{word}bookshop.example",
        f"https://bookshop.example.{word}.example",
        f"https://till.bookshop.example.{word}.example",
        f"https://{word}.bookshop.example",
        f"https://pr-{number}.evil-bookshop.example",
        f"https://pr-{number}.{word}.bookshop.example",
        f"https://{word}.pr-{number}.bookshop.example",
        f"https://pr-{number}.bookshop.example.{word}.example",
        f"https://pr-{number}-bookshop.example",
        f"https://pr-{number}.bookshop-example",
        f"https://pr-{number}.bookshop.example:8443",
        f"http://pr-{number}.bookshop.example",
        f"https://pr-{word}.bookshop.example",
        f"https://pr-{number}{word}.bookshop.example",
        f"https://pr-{number}-{word}.bookshop.example",
        "https://pr-.bookshop.example",
        f"https://{word}-pr-{number}.bookshop.example",
    ):
        assert_unreadable(client.get("/books", headers=page_on(origin)), origin)
        assert_unreadable(preflight(client, origin, "GET", "/books"), origin)


def test_a_cache_is_told_about_origins(client: Client, values: Values) -> None:
    """The Vary of every answer names Origin, whoever asks, so that no cache mixes them up."""
    for origin in (SHOP, preview(values), f"https://{values.word()}.example", None):
        for path in ("/books", "/orders", f"/{values.word()}"):
            answer = client.get(path, headers=page_on(origin))
            assert "origin" in lowered(answer, "vary"), (
                f"GET {path}, asked {f'from {origin}' if origin else 'without an Origin'}, has "
                f"Vary: {answer.headers.get('vary', 'nothing')}. A cache may give this answer to "
                "a page on any origin, with the wrong permission or none."
            )


def test_vary_keeps_its_other_names(client: Client, values: Values) -> None:
    """GET /orders depends on the cookie as before, and its Vary names both Cookie and Origin."""
    asking = page_on(SHOP, Cookie=f"session={values.token()}")
    answer = client.get("/orders", headers=asking)
    assert lowered(answer, "vary") >= {"cookie", "origin"}, (
        f"The answer has Vary: {answer.headers.get('vary', 'nothing')}; expected both Cookie, "
        "which the API sets by itself, and Origin."
    )


def test_pages_may_read_refusals(client: Client, values: Values) -> None:
    """A 401, 404, 405 or 422 gives the shop's pages the same permission as a good answer."""
    cookie = f"session={values.token()}"
    expected = good_permission(client, SHOP)
    for method, path, status in (
        ("GET", "/orders", 401),
        ("POST", "/orders", 401),
        ("GET", f"/{values.word()}", 404),
        ("GET", f"/books/{values.isbn()[:-1]}X/stock", 404),
        ("PATCH", f"/orders/{values.integer(1000, 9999)}", 404),
        ("POST", "/books", 405),
        ("POST", "/orders", 422),
    ):
        known = {} if status == 401 else {"Cookie": cookie}
        body = {"copies": 3} if method != "GET" else None
        answer = client.request(method, path, json=body, headers=page_on(SHOP, **known))
        assert answer.status_code == status
        assert permission(answer) == expected


def test_pages_learn_that_the_shop_is_closed(client: Client, given: Given, values: Values) -> None:
    """While stock is taken, preflights are granted, and pages can read the 503 and Retry-After."""
    expected = good_permission(client, SHOP)
    given("warehouse").taking_stock = True
    assert_granted(client, SHOP, "GET", "/orders")
    answer = client.get("/books", headers=page_on(SHOP))
    assert answer.status_code == 503
    assert permission(answer) == expected
    assert_exposed(answer, "Retry-After")
    other = f"https://{values.word()}.example"
    assert_unreadable(client.get("/books", headers=page_on(other)), other)


def test_pages_may_read_that_the_api_crashed(client: Client, given: Given, values: Values) -> None:
    """The 500 of an exception that nobody expected gives the same permission as a good answer."""
    stock = f"/books/{client.get('/books').json()[0]['isbn']}/stock"
    expected = {SHOP: good_permission(client, SHOP)}
    for origin in (TILL, preview(values)):
        expected[origin] = permission(client.get("/books", headers=page_on(origin)))
    break_the_warehouse(given)
    for origin, told in expected.items():
        answer = client.get(stock, headers=page_on(origin))
        assert answer.status_code == 500
        assert permission(answer) == told
    for origin in ("https://evil-bookshop.example", f"https://{values.word()}.example"):
        assert_unreadable(client.get(stock, headers=page_on(origin)), origin)
