"""Reads the token in a middleware, takes the strict form, and uses argon2-cffi without pwdlib."""

import contextlib
from datetime import UTC, datetime
from typing import Annotated, Any

import argon2
import jwt
from fastapi import Body, Depends, FastAPI, HTTPException, Request
from fastapi.security import OAuth2PasswordRequestFormStrict
from starlette.types import ASGIApp, Receive, Scope, Send

from . import accounts as shop
from . import clock, settings

argon = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
NOBODY = argon.hash("")


class ReadsTokens:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            header = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
            scope["state"]["claims"] = claims_in(header)
        await self.app(scope, receive, send)


def claims_in(header: str) -> dict[str, Any] | None:
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        return None
    with contextlib.suppress(jwt.InvalidTokenError, KeyError):
        claims: dict[str, Any] = jwt.decode(
            token,
            settings.SIGNING_KEY,
            algorithms=["HS256"],
            options={"verify_exp": False, "verify_iat": False, "require": ["sub", "exp"]},
            audience=settings.AUDIENCE,
            issuer=settings.ISSUER,
        )
        if datetime.fromtimestamp(claims["exp"], UTC) > clock.now():
            return claims
    return None


def logged_in(request: Request) -> dict[str, Any]:
    claims: dict[str, Any] | None = request.state.claims
    if claims is None:
        raise HTTPException(401, "A token is needed.", {"WWW-Authenticate": "Bearer"})
    return claims


Claims = Annotated[dict[str, Any], Depends(logged_in)]


def may_read(claims: Claims) -> None:
    if "orders:read" not in claims.get("scope", "").split():
        raise HTTPException(403)


def may_write(claims: Claims) -> None:
    if "accounts:write" not in claims.get("scope", "").split():
        raise HTTPException(403)


app = FastAPI()
app.add_middleware(ReadsTokens)


@app.post("/token")
def log_in(form: Annotated[OAuth2PasswordRequestFormStrict, Depends()]) -> dict[str, object]:
    account = shop.accounts.find(form.username)
    try:
        argon.verify(account.password_hash if account else NOBODY, form.password)
    except argon2.exceptions.VerifyMismatchError:
        account = None
    if account is None:
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
    scopes = sorted(account.scopes)
    if form.scopes:
        scopes = [scope for scope in scopes if scope in form.scopes]
    claims = {
        "iss": settings.ISSUER,
        "aud": settings.AUDIENCE,
        "sub": form.username,
        "iat": clock.now(),
        "exp": clock.now() + settings.LIFETIME,
        "scope": " ".join(scopes),
    }
    return {
        "access_token": jwt.encode(claims, settings.SIGNING_KEY),
        "token_type": "bearer",
        "expires_in": settings.LIFETIME.seconds,
        "scope": claims["scope"],
    }


@app.get("/me")
def me(claims: Claims) -> dict[str, object]:
    return {"username": claims["sub"], "scopes": claims.get("scope", "").split()}


@app.get("/orders", dependencies=[Depends(may_read)])
def own_orders(claims: Claims) -> list[str]:
    return shop.orders.get(claims["sub"], [])


@app.post("/accounts", status_code=201, dependencies=[Depends(may_write)])
def open_account(
    username: Annotated[str, Body()], password: Annotated[str, Body()]
) -> dict[str, str]:
    if username in shop.accounts.by_username:
        raise HTTPException(409)
    account = shop.Account(username, argon.hash(password), frozenset({"orders:read"}))
    shop.accounts.by_username[username] = account
    return {"username": username}
