"""What are some ways to implement OAuth2 or JWT authentication in FastAPI?"""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import argon2
import httpx2
import jwt
import pytest

from checker.suite import Client, Given, Values

READ, WRITE = "orders:read", "accounts:write"
DOORS = {"GET /me": 200, "GET /orders": 200, "POST /accounts": 201}
"""What a token can open, and how each answers when it opens."""


class Login(NamedTuple):
    """Somebody who can log in."""

    username: str
    password: str
    scopes: frozenset[str]


class Shop:
    """The given modules, and what any server of the shop can do with them."""

    def __init__(self, given: Given, values: Values) -> None:
        self.accounts = given("accounts")
        self.clock = given("clock")
        self.settings = given("settings")
        self.values = values

    def somebody(self, *scopes: str) -> Login:
        """Somebody who may do this, and has no account yet."""
        username = f"{self.values.word()}-{self.values.token(4)}"
        return Login(username, self.values.token(), frozenset(scopes))

    def add(self, login: Login) -> Login:
        """Give somebody an account."""
        made = self.accounts.hasher.hash(login.password)
        self.accounts.accounts.add(self.accounts.Account(login.username, made, login.scopes))
        return login

    def member(self, *scopes: str) -> Login:
        """Somebody who has an account."""
        return self.add(self.somebody(*scopes))

    def claims(self, login: Login) -> dict[str, Any]:
        """What a good token says."""
        now = int(self.clock.now().timestamp())
        return {
            "iss": self.settings.ISSUER,
            "aud": self.settings.AUDIENCE,
            "sub": login.username,
            "iat": now,
            "exp": now + int(self.settings.LIFETIME.total_seconds()),
            "scope": " ".join(self.values.shuffled(sorted(login.scopes))),
        }

    def sign(self, claims: dict[str, Any], algorithm: str = "HS256", key: str = "") -> str:
        """A token as another server of the shop makes it."""
        return jwt.encode(claims, key or self.settings.SIGNING_KEY, algorithm)


@pytest.fixture
def shop(given: Given, values: Values) -> Shop:
    """The shop, with accounts of the suite's own."""
    return Shop(given, values)


def send_login(client: Client, login: Login, scope: str | None = None) -> httpx2.Response:
    """Send the form with which somebody logs in."""
    form = {"grant_type": "password", "username": login.username, "password": login.password}
    return client.post("/token", data=form if scope is None else form | {"scope": scope})


def log_in(client: Client, login: Login, scope: str | None = None) -> dict[str, Any]:
    """Log in with the right password, and give the answer."""
    answer = send_login(client, login, scope)
    assert answer.status_code == 200
    granted: dict[str, Any] = answer.json()
    token = granted["access_token"]
    assert isinstance(token, str), f"`access_token` should be a text. It is {token!r}."
    return granted


def knock(client: Client, shop: Shop, door: str, headers: dict[str, str]) -> httpx2.Response:
    """Send a request that is all right but for its token."""
    method, path = door.split()
    new = shop.somebody()
    body = {"username": new.username, "password": new.password} if method == "POST" else None
    return client.request(method, path, json=body, headers=headers)


def bearer(token: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {token}"}


def check_opens(client: Client, shop: Shop, token: str, kind: str) -> None:
    """Check that a token opens every door."""
    for door, status in DOORS.items():
        answer = knock(client, shop, door, bearer(token))
        assert answer.status_code == status, f"The token is {kind}, so it is good."


def check_challenge(door: str, answer: httpx2.Response) -> None:
    """Check that a 401 says how to log in."""
    challenge = answer.headers.get("www-authenticate", "")
    is_bearer = challenge.lower().startswith("bearer")
    assert is_bearer, (
        f"The 401 of {door} has WWW-Authenticate: {challenge or 'nothing'}; expected Bearer."
    )


def check_refused(client: Client, shop: Shop, token: str, kind: str) -> None:
    """Check that a token opens no door."""
    for door in DOORS:
        answer = knock(client, shop, door, bearer(token))
        assert answer.status_code == 401, f"The token is {kind}, and should be refused."
        check_challenge(door, answer)


def read(token: str, key: str) -> dict[str, Any]:
    """What a token says, once its signature is verified."""
    try:
        return jwt.decode(
            token,
            key,
            algorithms=["HS256"],
            options={
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
                "verify_aud": False,
            },
        )
    except jwt.InvalidTokenError as error:
        problem = f"HS256 and `settings.SIGNING_KEY` do not verify the token: {error}. {token!r}"
        raise AssertionError(problem) from None


def encoded(part: dict[str, Any]) -> str:
    """The header or the claims, as they stand in a token."""
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def test_a_login_form_gets_a_token(client: Client, shop: Shop) -> None:
    """POST /token answers a form with a bearer token; it is 422 for half a form, and for JSON."""
    for login in (shop.member(READ), shop.member(WRITE)):
        granted = log_in(client, login)
        assert granted["token_type"] == "bearer"
        assert granted["expires_in"] == int(shop.settings.LIFETIME.total_seconds())
        assert granted["scope"] == " ".join(login.scopes)
    form = {"grant_type": "password", "username": login.username, "password": login.password}
    for missing in ("username", "password"):
        answer = client.post("/token", data={k: v for k, v in form.items() if k != missing})
        assert answer.status_code == 422, f"The form has no {missing}."
    answer = client.post("/token", json=form)
    assert answer.status_code == 422, "OAuth2 sends a form, and this was JSON."


def test_me_says_who_the_token_is_for(client: Client, shop: Shop) -> None:
    """GET /me answers with the username and the scopes that the token says."""
    for login in (shop.member(READ), shop.member(READ, WRITE), shop.member()):
        claims = shop.claims(login)
        made_elsewhere = shop.sign(claims | {"iat": claims["iat"] - 5, "exp": claims["exp"] - 5})
        for token in (log_in(client, login)["access_token"], made_elsewhere):
            answer = client.get("/me", headers=bearer(token))
            assert answer.status_code == 200
            me = answer.json()
            assert me["username"] == login.username
            is_list = isinstance(me["scopes"], list)
            assert is_list, f"`scopes` should be a list. It is {me['scopes']!r}."
            assert sorted(me["scopes"]) == sorted(login.scopes)


def test_without_a_token_there_is_a_challenge(client: Client, shop: Shop) -> None:
    """No token, or something else in its place, is a 401 that asks for a bearer token."""
    login = shop.member(READ, WRITE)
    check_opens(client, shop, shop.sign(shop.claims(login)), "signed by another server")
    pair = base64.b64encode(f"{login.username}:{login.password}".encode()).decode()
    for headers in (
        {},
        {"Authorization": f"Basic {pair}"},
        bearer(""),
        bearer(shop.values.token()),
        bearer(login.username),
    ):
        for door in DOORS:
            answer = knock(client, shop, door, headers)
            assert answer.status_code == 401
            check_challenge(door, answer)


def test_the_token_says_what_was_promised(client: Client, shop: Shop) -> None:
    """The token is a JWT signed with HS256; it has the claims of the contract, and no secret."""
    start = datetime(shop.values.integer(2031, 2060), 3, 1, 9, 30, tzinfo=UTC)
    shop.clock.source = lambda: start
    login = shop.member(READ, WRITE)
    claims = read(log_in(client, login)["access_token"], shop.settings.SIGNING_KEY)
    expected = shop.claims(login)
    said = {name: claims[name] for name in expected if name in claims}
    if said.get("aud") == [expected["aud"]]:
        said["aud"] = expected["aud"]
    for scopes in (said, expected):
        if isinstance(scopes.get("scope"), str):
            scopes["scope"] = " ".join(sorted(scopes["scope"].split()))
    assert said == expected
    kept = shop.accounts.accounts.find(login.username).password_hash
    for name, secret in (("password", login.password), ("password's hash", kept)):
        tells = secret in json.dumps(claims)
        assert not tells, f"Whoever holds the token can read the {name} in it: {claims}"


def test_a_token_opens_what_its_scopes_say(client: Client, shop: Shop) -> None:
    """A token opens what one of its scopes is for, and everything else is a 403."""
    login = shop.member(READ, WRITE)
    isbns = [shop.values.isbn() for _ in range(3)]
    shop.accounts.orders[login.username] = isbns
    claims = shop.claims(login)
    for scope, opens in (
        (f"{READ} {WRITE}", [READ, WRITE]),
        (f"{WRITE} {READ}", [READ, WRITE]),
        (READ, [READ]),
        (WRITE, [WRITE]),
        (f"past-{READ} {WRITE}s", []),
        ("", []),
    ):
        headers = bearer(shop.sign(claims | {"scope": scope}))
        answer = client.get("/me", headers=headers)
        assert answer.status_code == 200
        answer = client.get("/orders", headers=headers)
        assert answer.status_code == (200 if READ in opens else 403), (
            f"The token has the scopes {scope!r}; GET /orders is for {READ}."
        )
        if READ in opens:
            assert answer.json() == isbns
        new = shop.somebody()
        body = {"username": new.username, "password": new.password}
        answer = client.post("/accounts", json=body, headers=headers)
        assert answer.status_code == (201 if WRITE in opens else 403), (
            f"The token has the scopes {scope!r}; POST /accounts is for {WRITE}."
        )
        is_stored = shop.accounts.accounts.find(new.username) is not None
        assert is_stored == (WRITE in opens), (
            f"POST /accounts answered {answer.status_code}, and the account is "
            f"{'stored' if is_stored else 'not stored'}."
        )
    rest = {name: value for name, value in claims.items() if name != "scope"}
    answer = client.get("/me", headers=bearer(shop.sign(rest)))
    assert answer.status_code == 200, "A token without the claim `scope` is good."
    assert answer.json()["scopes"] == []


def test_a_login_grants_what_the_account_has(client: Client, shop: Shop) -> None:
    """A login gets the scopes that it asks for and the account has; all, when it asks for none."""
    both, reader = shop.member(READ, WRITE), shop.member(READ)
    for login, asked, granted in (
        (both, None, {READ, WRITE}),
        (both, READ, {READ}),
        (both, f"{WRITE} {READ}", {READ, WRITE}),
        (reader, None, {READ}),
        (reader, f"{READ} {WRITE}", {READ}),
        (reader, WRITE, set()),
        (both, f"{WRITE} {shop.values.word()}:{shop.values.word()}", {WRITE}),
    ):
        answer = log_in(client, login, asked)
        got = answer["scope"].split()
        has = " and ".join(sorted(login.scopes))
        assert sorted(got) == sorted(granted), (
            f"The account has {has}; the login asked for {asked or 'no scope'}."
        )
        me = client.get("/me", headers=bearer(answer["access_token"]))
        assert me.status_code == 200
        assert sorted(me.json()["scopes"]) == sorted(granted), (
            "The token should have the scopes that the login's answer names."
        )


def test_a_password_is_stored_as_argon2(client: Client, shop: Shop) -> None:
    """POST /accounts stores an argon2 hash; the new password logs in, and a name is given once."""
    headers = bearer(shop.sign(shop.claims(shop.member(WRITE))))
    new = shop.somebody(READ)
    body = {"username": new.username, "password": new.password}
    answer = client.post("/accounts", json=body, headers=headers)
    assert answer.status_code == 201
    assert answer.json()["username"] == new.username
    account = shop.accounts.accounts.find(new.username)
    assert account is not None, f"There is no account {new.username!r} in `accounts`."
    is_argon2 = str(account.password_hash).startswith("$argon2")
    assert is_argon2, (
        f"The password {new.password!r} is kept as {account.password_hash!r}; "
        "an argon2 hash begins with $argon2."
    )
    for name, secret in (("password", new.password), ("password's hash", account.password_hash)):
        tells = secret in answer.text
        assert not tells, f"The answer of POST /accounts has the {name} in it."
    answer = client.post("/accounts", json=body | {"password": "other"}, headers=headers)
    assert answer.status_code == 409
    assert log_in(client, new)["scope"] == READ
    wrong = send_login(client, new._replace(password=shop.values.token()))
    assert wrong.status_code == 401


def test_a_failed_login_does_not_say_why(client: Client, shop: Shop) -> None:
    """A wrong password and an unknown username get the same 401."""
    login = shop.somebody(READ)
    unknown = send_login(client, login)
    assert unknown.status_code == 401
    check_challenge("POST /token", unknown)
    shop.add(login._replace(password=shop.values.token()))
    wrong = send_login(client, login)
    assert wrong.status_code == 401
    assert wrong.json() == unknown.json(), (
        "A wrong password (left) and an unknown username (right) can be told apart."
    )
    challenges = [answer.headers.get("www-authenticate") for answer in (wrong, unknown)]
    assert challenges[0] == challenges[1], (
        "A wrong password (left) and an unknown username (right) can be told apart by "
        "WWW-Authenticate."
    )


def test_a_failed_login_costs_the_same(
    client: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unknown username takes as many hashings as a wrong password: no clock tells them apart."""
    worked: list[str] = []
    for name in ("hash", "verify"):
        original = getattr(argon2.PasswordHasher, name)

        def counted(*args: Any, _name: str = name, _original: Any = original, **more: Any) -> Any:
            worked.append(_name)
            return _original(*args, **more)

        monkeypatch.setattr(argon2.PasswordHasher, name, counted)
    stranger, member = shop.somebody(), shop.member(READ)
    mistaken = member._replace(password=shop.values.token())
    costs = {}
    for login in (stranger, mistaken, stranger, mistaken):  # the first two may still prepare
        worked.clear()
        answer = send_login(client, login)
        assert answer.status_code == 401
        costs[login] = len(worked)
    assert costs[mistaken], "The wrong password was not verified with argon2 at all."
    assert costs[stranger] == costs[mistaken], (
        f"A wrong password costs {costs[mistaken]} hashing(s), an unknown username "
        f"{costs[stranger]}: whoever measures the time learns which customers there are."
    )


def test_a_token_ends(client: Client, shop: Shop) -> None:
    """A token is good until the shop's clock shows its `exp`, and not from then on."""
    lifetime = shop.settings.LIFETIME
    for year in (shop.values.integer(2001, 2020), shop.values.integer(2031, 2060)):
        start = datetime(year, shop.values.integer(1, 12), 1, 12, tzinfo=UTC)
        shop.clock.source = lambda time=start: time
        token = log_in(client, shop.member(READ, WRITE))["access_token"]
        for passed in (timedelta(0), lifetime - timedelta(seconds=1)):
            now = start + passed
            shop.clock.source = lambda time=now: time
            check_opens(client, shop, token, f"{passed} old by the shop's clock, which says {now}")
        end = start + lifetime
        shop.clock.source = lambda time=end: time
        check_refused(client, shop, token, f"{lifetime} old by the shop's clock, which is its end")


def test_a_changed_token_is_refused(client: Client, shop: Shop) -> None:
    """A token that was changed, or signed with another key, is refused."""
    claims = shop.claims(shop.member(READ, WRITE))
    token = shop.sign(claims)
    check_opens(client, shop, token, "signed by another server")
    header, payload, signature = token.split(".")
    staff = encoded(claims | {"sub": shop.member(READ, WRITE).username})
    other = "B" if signature[0] == "A" else "A"
    strange = shop.sign(claims, key=shop.values.token(86))
    for kind, wrong in (
        ("changed to another username", f"{header}.{staff}.{signature}"),
        ("signed with another key", strange),
        ("changed in its signature", f"{header}.{payload}.{other}{signature[1:]}"),
        ("without its signature", f"{header}.{payload}."),
        ("cut off before its signature", f"{header}.{payload}"),
    ):
        check_refused(client, shop, wrong, kind)


def test_an_unsigned_token_is_refused(client: Client, shop: Shop) -> None:
    """A token whose header says that it is not signed (`alg: none`) is refused."""
    claims = shop.claims(shop.member(READ, WRITE))
    check_opens(client, shop, shop.sign(claims), "signed by another server")
    signature = shop.sign(claims).rpartition(".")[2]
    for name, ending in (("none", ""), ("NONE", ""), ("none", signature)):
        token = f"{encoded({'alg': name, 'typ': 'JWT'})}.{encoded(claims)}.{ending}"
        check_refused(client, shop, token, f"not signed, as its header says (alg: {name})")


def test_another_algorithm_is_refused(client: Client, shop: Shop) -> None:
    """A token is only good with the one algorithm of the shop, whatever its header says."""
    claims = shop.claims(shop.member(READ, WRITE))
    check_opens(client, shop, shop.sign(claims), "signed by another server")
    for algorithm in ("HS384", "HS512"):
        check_refused(client, shop, shop.sign(claims, algorithm), f"signed with {algorithm}")


def test_a_token_of_or_for_others_is_refused(client: Client, shop: Shop) -> None:
    """A token is only good from the shop's issuer and for this API, though the key is the same."""
    claims = shop.claims(shop.member(READ, WRITE))
    check_opens(client, shop, shop.sign(claims), "from the shop and for this API")
    word = shop.values.word()
    for claim, of_whom in (("iss", "from another issuer"), ("aud", "for another audience")):
        for stranger in (f"{claims[claim]}.{word}", claims[claim][:-1]):
            wrong = shop.sign(claims | {claim: stranger})
            check_refused(client, shop, wrong, f"{of_whom}, {stranger}")


def test_a_token_without_a_claim_is_refused(client: Client, shop: Shop) -> None:
    """A token that does not say who made it, for whom, about whom or until when is refused."""
    claims = shop.claims(shop.member(READ, WRITE))
    check_opens(client, shop, shop.sign(claims), "complete")
    for claim in ("iss", "aud", "sub", "exp"):
        rest = {name: value for name, value in claims.items() if name != claim}
        check_refused(client, shop, shop.sign(rest), f"signed, but has no `{claim}`")
