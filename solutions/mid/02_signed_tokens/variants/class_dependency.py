"""Guards async handlers in routers with a class, and teaches PyJWT the shop's clock."""

from typing import Annotated, Any

import jwt
from fastapi import APIRouter, Depends, FastAPI, Form, HTTPException
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from .accounts import Account, UsernameTakenError, accounts, hasher, orders
from .clock import now
from .settings import AUDIENCE, ISSUER, LIFETIME, SIGNING_KEY


class LoginForm(BaseModel):
    username: str
    password: str
    scope: str = ""


class NewAccount(BaseModel):
    username: str
    password: str


class ShopTokens(jwt.PyJWT):
    """Tokens that end by the shop's clock."""

    def _validate_exp(self, payload: dict[str, Any], now: float, leeway: float) -> None:
        super()._validate_exp(payload, the_time(), leeway)


def the_time() -> int:
    return int(now().timestamp())


tokens = ShopTokens({"require": ["iss", "aud", "sub", "exp"], "verify_iat": False})
bearer = HTTPBearer(auto_error=False)
CHALLENGE = {"WWW-Authenticate": 'Bearer error="invalid_token"'}


class Caller:
    """Whoever the token is for, when it has all of these scopes."""

    def __init__(self, *needed: str) -> None:
        self.needed = needed

    async def __call__(
        self, sent: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
    ) -> dict[str, Any]:
        if sent is None:
            raise HTTPException(401, "Log in first.", {"WWW-Authenticate": "Bearer"})
        try:
            claims = tokens.decode(
                sent.credentials, SIGNING_KEY, ["HS256"], audience=[AUDIENCE], issuer=[ISSUER]
            )
        except jwt.PyJWTError as error:
            raise HTTPException(401, "Log in again.", CHALLENGE) from error
        if not set(self.needed) <= set(claims.get("scope", "").split(" ")):
            raise HTTPException(403, "Not for you.")
        return claims


login = APIRouter()
members = APIRouter(dependencies=[Depends(Caller())])


@login.post("/token")
async def log_in(form: Annotated[LoginForm, Form()]) -> dict[str, Any]:
    account = accounts.find(form.username)
    if account is None:
        await run_in_threadpool(hasher.hash, form.password)
        raise HTTPException(401, "Try again.", {"WWW-Authenticate": "Bearer"})
    right, _ = await run_in_threadpool(
        hasher.verify_and_update, form.password, account.password_hash
    )
    if not right:
        raise HTTPException(401, "Try again.", {"WWW-Authenticate": "Bearer"})
    scope = " ".join(account.scopes.intersection(form.scope.split() or account.scopes))
    claims = {
        "iss": ISSUER,
        "aud": [AUDIENCE],
        "sub": account.username,
        "iat": the_time(),
        "exp": the_time() + LIFETIME.total_seconds(),
        "scope": scope,
    }
    return {
        "access_token": tokens.encode(claims, SIGNING_KEY, "HS256"),
        "token_type": "bearer",
        "expires_in": LIFETIME.total_seconds(),
        "scope": scope,
    }


@members.get("/me")
async def me(claims: Annotated[dict[str, Any], Depends(Caller())]) -> dict[str, Any]:
    return {"username": claims["sub"], "scopes": claims.get("scope", "").split()}


@members.get("/orders")
async def own_orders(
    claims: Annotated[dict[str, Any], Depends(Caller("orders:read"))],
) -> list[str]:
    return list(orders.get(claims["sub"], ()))


@members.post("/accounts", status_code=201, dependencies=[Depends(Caller("accounts:write"))])
async def open_account(new: NewAccount) -> dict[str, str]:
    made = await run_in_threadpool(hasher.hash, new.password)
    try:
        accounts.add(Account(new.username, made, frozenset({"orders:read"})))
    except UsernameTakenError as error:
        raise HTTPException(409, "Taken.") from error
    return {"username": new.username}


app = FastAPI()
app.include_router(login)
app.include_router(members)
