from ..monolith import (
    Book,
    NewOrder,
    NewReview,
    Order,
    RatedBook,
    Receipt,
    Refusal,
    Review,
    Stock,
)

__all__ = [
    "Book",
    "NewOrder",
    "NewReview",
    "Order",
    "RatedBook",
    "Receipt",
    "Refusal",
    "Review",
    "Stock",
]
