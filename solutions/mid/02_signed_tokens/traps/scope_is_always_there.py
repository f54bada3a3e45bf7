"""Reads the claim `scope` as if it were always there, and refuses a good token without it.

Fails: test_a_token_opens_what_its_scopes_say
"""

import secrets
from dataclasses import dataclass
from typing import Annotated, Literal

import jwt
from fastapi import Depends, FastAPI, HTTPException, Response, Security, status
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm, SecurityScopes
from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from . import clock, settings
from .accounts import Account, UsernameTakenError, accounts, hasher, orders

ALGORITHM = "HS256"
UNKNOWN_USER_HASH = hasher.hash(secrets.token_urlsafe())
"""Verified when there is no such account, so that this takes as long as a wrong password."""


class Token(BaseModel):
    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - no password, its type
    expires_in: int
    scope: str


class Claims(BaseModel):
    """What a token says, once its signature, issuer and audience are verified."""

    sub: str
    exp: AwareDatetime
    scope: str


class Me(BaseModel):
    username: str
    scopes: list[str]


class NewAccount(BaseModel):
    username: str
    password: Annotated[str, Field(repr=False)]


class OpenedAccount(BaseModel):
    username: str


@dataclass(frozen=True)
class Caller:
    """Whom a good token speaks for, and what it opens."""

    username: str
    scopes: frozenset[str]


oauth2 = OAuth2PasswordBearer(
    tokenUrl="token",
    scopes={"orders:read": "See one's own orders.", "accounts:write": "Open accounts."},
)


def unauthorized(detail: str) -> HTTPException:
    return HTTPException(status.HTTP_401_UNAUTHORIZED, detail, {"WWW-Authenticate": "Bearer"})


def make_token(username: str, scope: str) -> str:
    now = clock.now()
    claims = {
        "iss": settings.ISSUER,
        "aud": settings.AUDIENCE,
        "sub": username,
        "iat": now,
        "exp": now + settings.LIFETIME,
        "scope": scope,
    }
    return jwt.encode(claims, settings.SIGNING_KEY, ALGORITHM)


def read_token(token: str) -> Claims:
    """Read a token that is good.

    Raises:
        HTTPException: 401, it is not.
    """
    try:
        payload = jwt.decode(
            token,
            settings.SIGNING_KEY,
            algorithms=[ALGORITHM],
            issuer=settings.ISSUER,
            audience=settings.AUDIENCE,
            # PyJWT would look at the machine's clock; the shop has one of its own.
            options={"verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
        claims = Claims.model_validate(payload)
    except (jwt.InvalidTokenError, ValidationError):
        raise unauthorized("This token is not valid.") from None
    if claims.exp <= clock.now():
        raise unauthorized("This token has ended.")
    return claims


def get_caller(required: SecurityScopes, token: Annotated[str, Depends(oauth2)]) -> Caller:
    claims = read_token(token)
    caller = Caller(claims.sub, frozenset(claims.scope.split()))
    missing = set(required.scopes) - caller.scopes
    if missing:
        raise HTTPException(
            status.HTTP_403_FORBIDDEN, f"This token lacks the scope {' '.join(sorted(missing))}."
        )
    return caller


AnyCaller = Annotated[Caller, Security(get_caller)]
OrderReader = Annotated[Caller, Security(get_caller, scopes=["orders:read"])]
AccountWriter = Annotated[Caller, Security(get_caller, scopes=["accounts:write"])]

app = FastAPI(title="Bookshop")


@app.post("/token")
def log_in(form: Annotated[OAuth2PasswordRequestForm, Depends()], response: Response) -> Token:
    account = accounts.find(form.username)
    known_hash = account.password_hash if account else UNKNOWN_USER_HASH
    matches = hasher.verify(form.password, known_hash)
    if account is None or not matches:
        raise unauthorized("The username or the password is wrong.")
    granted = account.scopes & set(form.scopes) if form.scopes else account.scopes
    scope = " ".join(sorted(granted))
    response.headers["Cache-Control"] = "no-store"
    return Token(
        access_token=make_token(account.username, scope),
        expires_in=int(settings.LIFETIME.total_seconds()),
        scope=scope,
    )


@app.get("/me")
def read_me(caller: AnyCaller) -> Me:
    return Me(username=caller.username, scopes=sorted(caller.scopes))


@app.get("/orders")
def list_orders(caller: OrderReader) -> list[str]:
    return orders.get(caller.username, [])


@app.post("/accounts", status_code=status.HTTP_201_CREATED)
def open_account(new: NewAccount, _caller: AccountWriter) -> OpenedAccount:
    account = Account(new.username, hasher.hash(new.password), frozenset({"orders:read"}))
    try:
        accounts.add(account)
    except UsernameTakenError:
        raise HTTPException(status.HTTP_409_CONFLICT, "This username is taken.") from None
    return OpenedAccount(username=account.username)
