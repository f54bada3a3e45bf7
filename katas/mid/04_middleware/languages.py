"""The languages of the shop. Given: use it, do not edit it."""

TEXTS = {
    "en": {
        "greeting": "Welcome to the bookshop.",
        "in stock": "In stock",
        "sold out": "Sold out",
    },
    "de": {
        "greeting": "Willkommen in der Buchhandlung.",
        "in stock": "Vorrätig",
        "sold out": "Vergriffen",
    },
    "fr": {
        "greeting": "Bienvenue à la librairie.",
        "in stock": "En stock",
        "sold out": "Épuisé",
    },
}
"""Every text of the shop, by locale. A locale is `en`, `de` or `fr`."""

DEFAULT = "en"


def choose(accept_language: str | None) -> str:
    """Choose the locale that a reader likes best of those that the shop has.

    Args:
        accept_language: the header as it came, as `fr-CH, fr;q=0.9, de;q=0.7`; None for no header.
    """
    liked = []
    for part in (accept_language or "").split(","):
        tag, _, weight = part.partition(";")
        locale = tag.strip().lower().partition("-")[0]
        if locale in TEXTS:
            liked.append((_weight(weight), locale))
    best, locale = max(liked, default=(0.0, DEFAULT), key=lambda one: one[0])
    return locale if best > 0 else DEFAULT


def say(text: str, locale: str) -> str:
    """Say a text, as `greeting`, in the language of a locale."""
    return TEXTS[locale][text]


def _weight(text: str) -> float:
    """The weight in `q=0.7`; 1 when there is none, 0 when it is no number."""
    name, _, number = text.partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return float(number)
    except ValueError:
        return 0.0
