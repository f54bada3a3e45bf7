"""Makes and checks the JWT with hmac and json alone, and registers plain functions."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI, Form, HTTPException, Request
from pydantic import BaseModel

from . import accounts, clock, settings

HEADER = {"alg": "HS256", "typ": "JWT"}


class Credentials(BaseModel):
    username: str
    password: str


def to_text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def to_bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def signature(signed: str) -> bytes:
    return hmac.digest(settings.SIGNING_KEY.encode(), signed.encode(), hashlib.sha256)


def write(claims: dict[str, Any]) -> str:
    signed = ".".join(to_text(json.dumps(part).encode()) for part in (HEADER, claims))
    return f"{signed}.{to_text(signature(signed))}"


def read(token: str) -> dict[str, Any]:
    signed, _, proof = token.rpartition(".")
    if not hmac.compare_digest(to_bytes(proof), signature(signed)):
        raise ValueError("the signature is another")
    header, claims = (json.loads(to_bytes(part)) for part in signed.split("."))
    if header["alg"] != HEADER["alg"]:
        raise ValueError("the algorithm is another")
    if (claims["iss"], claims["aud"]) != (settings.ISSUER, settings.AUDIENCE):
        raise ValueError("the token is not ours")
    if not clock.now() < datetime.fromtimestamp(claims["exp"], UTC):
        raise ValueError("the token has ended")
    return {"username": claims["sub"], "scopes": claims.get("scope", "").split()}


def caller(request: Request, *needed: str) -> dict[str, Any]:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        found = read(token if scheme.lower() == "bearer" else "")
    except (KeyError, ValueError) as error:
        raise HTTPException(401, str(error), {"WWW-Authenticate": 'Bearer realm="shop"'}) from error
    if not all(scope in found["scopes"] for scope in needed):
        raise HTTPException(403, f"needs {needed}")
    return found


DUMMY = accounts.hasher.hash("nobody's password")


def log_in(
    username: str = Form(), password: str = Form(), scope: str | None = Form(None)
) -> dict[str, Any]:
    account = accounts.accounts.find(username) or accounts.Account("", DUMMY, frozenset())
    if not accounts.hasher.verify(password, account.password_hash) or not account.username:
        raise HTTPException(401, "no", {"WWW-Authenticate": "Bearer"})
    granted = [one for one in account.scopes if not scope or one in scope.split()]
    now = int(clock.now().timestamp())
    seconds = settings.LIFETIME.seconds
    claims = {
        "jti": to_text(hashlib.sha256(f"{username}{now}".encode()).digest()),
        "iss": settings.ISSUER,
        "aud": settings.AUDIENCE,
        "sub": username,
        "iat": now,
        "exp": now + seconds,
        "scope": " ".join(granted),
    }
    return {
        "access_token": write(claims),
        "token_type": "bearer",
        "expires_in": seconds,
        "scope": claims["scope"],
    }


def me(request: Request) -> dict[str, Any]:
    return caller(request)


def own_orders(request: Request) -> list[str]:
    return accounts.orders.get(caller(request, "orders:read")["username"], [])


def open_account(new: Credentials, request: Request) -> dict[str, str]:
    caller(request, "accounts:write")
    if accounts.accounts.find(new.username):
        raise HTTPException(409)
    kept = accounts.hasher.hash(new.password)
    accounts.accounts.add(accounts.Account(new.username, kept, frozenset(["orders:read"])))
    return {"username": new.username}


app = FastAPI()
app.add_api_route("/token", log_in, methods=["POST"])
app.add_api_route("/me", me)
app.add_api_route("/orders", own_orders)
app.add_api_route("/accounts", open_account, methods=["POST"], status_code=201)
