"""The names that both services know at RabbitMQ. Given: use them, do not edit them."""

import os

from faststream.rabbit import ExchangeType, RabbitExchange, RabbitQueue

PREFIX = os.environ.get("BUS_PREFIX", "")
"""What all names begin with, so that several shops can share one RabbitMQ."""

EVENTS = RabbitExchange(f"{PREFIX}bookshop.events", type=ExchangeType.TOPIC)
"""Where events are published. It is there before the apps start."""

ORDER_PLACED = "order.placed"
"""The routing key of the event that tells of a new order."""

STOCK_QUEUE = f"{PREFIX}stock.orders"
"""The name of the stock service's queue, which that service declares and binds."""

DEAD_LETTERS = RabbitQueue(f"{PREFIX}stock.dead")
"""Where messages end that cannot be handled. It is there before the apps start."""
