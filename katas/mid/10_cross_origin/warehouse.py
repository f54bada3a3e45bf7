"""The warehouse: books, copies, and whether stock is being taken. Given: do not edit it."""

books = {
    "9780140449266": "The Count of Monte Cristo",
    "9780141439518": "Pride and Prejudice",
    "9780142437230": "Don Quixote",
}
taking_stock = False


def count_copies(isbn: str) -> int:
    """Count the copies of a book on the shelves."""
    return sum(map(ord, isbn)) % 40
