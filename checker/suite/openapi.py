"""Reads OpenAPI documents for suites (https://spec.openapis.org/oas/v3.1.0)."""

from __future__ import annotations

from typing import Any


def operation(document: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    """One operation of the document.

    Raises:
        AssertionError: the document does not describe it; the message says what it has.
    """
    paths = document.get("paths", {})
    found = paths.get(path, {}).get(method.lower())
    if found is None:
        described = [f"{m.upper()} {p}" for p, methods in paths.items() for m in methods]
        has = ", ".join(described[:8]) or "no operation at all"
        raise AssertionError(
            f"The OpenAPI document does not describe {method.upper()} {path}. It has {has}."
        )
    return dict(found)


def resolve(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Follow a schema's ``$ref``, also where it is the only member of ``allOf``.

    Raises:
        AssertionError: it refers to something that the document does not have.
    """
    while True:
        if len(schema.get("allOf", [])) == 1:
            schema = schema["allOf"][0]
        elif "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            found = document.get("components", {}).get("schemas", {}).get(name)
            if found is None:
                raise AssertionError(
                    f"The OpenAPI document refers to {schema['$ref']!r}, which it does not have."
                )
            schema = found
        else:
            return schema


def types_in(document: dict[str, Any], schema: dict[str, Any]) -> set[str]:
    """The JSON types that a schema allows, ``null`` aside; ``anything`` where it says none."""
    resolved = resolve(document, schema)
    options = resolved.get("anyOf") or resolved.get("oneOf") or [resolved]
    types: set[str] = set()
    for option in options:
        named = resolve(document, option).get("type", "anything")
        types |= set(named) if isinstance(named, list) else {named}
    return types - {"null"}


def parameters(document: dict[str, Any], method: str, path: str) -> dict[str, dict[str, Any]]:
    """The parameters of an operation, by name.

    Raises:
        AssertionError: as for `operation`.
    """
    listed = operation(document, method, path).get("parameters", [])
    return {parameter["name"]: parameter for parameter in listed}


def answer_schema(document: dict[str, Any], method: str, path: str, status: int) -> dict[str, Any]:
    """The JSON schema of an answer, resolved.

    Raises:
        AssertionError: the document does not describe the operation, or no JSON answer with that
            status.
    """
    answers = operation(document, method, path).get("responses", {})
    asked = f"{status} of {method.upper()} {path}"
    if str(status) not in answers:
        raise AssertionError(
            f"The OpenAPI document does not describe the answer {asked}. "
            f"It has {', '.join(answers) or 'no answers'}."
        )
    content = answers[str(status)].get("content", {})
    if "application/json" not in content:
        raise AssertionError(f"The OpenAPI document describes the answer {asked} without JSON.")
    return resolve(document, content["application/json"]["schema"])


def body_schema(document: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    """The JSON schema of a request's body, resolved.

    Raises:
        AssertionError: the document does not describe the operation, or no JSON body of it.
    """
    content = operation(document, method, path).get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        raise AssertionError(
            f"The OpenAPI document describes no JSON body of {method.upper()} {path}."
        )
    return resolve(document, content["application/json"]["schema"])
