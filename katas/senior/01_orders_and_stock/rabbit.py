"""RabbitMQ in memory, as far as this kata needs it. Given: the suite uses it, you do not.

It stands where the network would begin, below FastStream and aio-pika, and does what the real one
does: exchanges route, queues wait for acknowledgements, what is rejected goes where the queue's
arguments say (`x-dead-letter-exchange`, `x-message-ttl`, `x-delivery-limit`), and what was not
acknowledged when a channel is closed is delivered once more.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from copy import copy
from dataclasses import dataclass, field, replace
from itertools import count
from types import SimpleNamespace
from typing import Any

from aio_pika import IncomingMessage, Message
from aiormq.abc import DeliveredMessage
from aiormq.exceptions import ChannelNotFoundEntity, ChannelPreconditionFailed, PublishError
from pamqp import commands
from pamqp.header import ContentHeader

Callback = Callable[[IncomingMessage], Awaitable[object]]


@dataclass
class Stored:
    """A message in a queue, and how often it came back."""

    body: bytes
    properties: commands.Basic.Properties
    exchange: str
    routing_key: str
    returns: int = 0


@dataclass
class Consumer:
    """Somebody who takes messages from a queue, on the event loop of his own."""

    tag: str
    channel: "Channel"
    callback: Callback
    no_ack: bool


@dataclass
class Waiting:
    """A queue's content."""

    name: str
    arguments: dict[str, Any]
    ready: deque[Stored] = field(default_factory=deque)
    consumers: list[Consumer] = field(default_factory=list)


class Rabbit:
    """A server: what all connections share."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.exchanges: dict[str, str] = {"": "direct"}
        self.bindings: set[tuple[str, str, str]] = set()
        self.queues: dict[str, Waiting] = {}
        self.numbers = count(1)

    async def connect(self, *_args: Any, **_kwargs: Any) -> "Connection":
        """Connect to it; takes, and ignores, what `aio_pika.connect_robust` takes."""
        return Connection(self)

    def route(self, message: Stored) -> bool:
        """Put a message into all queues that it belongs to; whether there is one."""
        with self.lock:
            if message.exchange == "":
                names = {message.routing_key} & self.queues.keys()
            else:
                kind = self.exchanges[message.exchange]
                names = {
                    queue
                    for exchange, key, queue in self.bindings
                    if exchange == message.exchange and fits(kind, key, message.routing_key)
                }
            for name in names:
                queue = self.queues[name]
                own = replace(message, returns=0)
                queue.ready.append(own)
                lifetimes = (queue.arguments.get("x-message-ttl"), message.properties.expiration)
                given = [int(lifetime) for lifetime in lifetimes if lifetime is not None]
                if given:
                    timer = threading.Timer(min(given) / 1000, self.expire, (queue, own))
                    timer.daemon = True
                    timer.start()
                self.deliver(queue)
            return bool(names)

    def deliver(self, queue: Waiting) -> None:
        """Hand out what is ready, in turn, to consumers that may have more."""
        while queue.ready:
            free = [one for one in queue.consumers if one.no_ack or one.channel.has_room()]
            if not free:
                return
            consumer = free[0]
            queue.consumers.remove(consumer)
            queue.consumers.append(consumer)
            consumer.channel.hand_out(queue, queue.ready.popleft(), consumer)

    def give_back(self, queue: Waiting, message: Stored) -> None:
        """Put a message back to where it was, unless it came back too often."""
        message.returns += 1
        limit = queue.arguments.get("x-delivery-limit")
        if limit is not None and message.returns > limit:
            self.bury(queue, message, "delivery_limit")
        else:
            queue.ready.appendleft(message)
            self.deliver(queue)

    def expire(self, queue: Waiting, message: Stored) -> None:
        """Take a message out of a queue when its time is over, if it is still there."""
        with self.lock:
            if any(one is message for one in queue.ready):
                queue.ready.remove(message)
                self.bury(queue, message, "expired")

    def bury(self, queue: Waiting, message: Stored, reason: str) -> None:
        """Send a message to the queue's dead-letter exchange; without one it is gone."""
        exchange = queue.arguments.get("x-dead-letter-exchange")
        if exchange is None or exchange not in self.exchanges:
            return
        properties = copy(message.properties)
        headers: dict[str, Any] = dict(properties.headers or {})
        deaths: list[dict[str, Any]] = [dict(death) for death in headers.get("x-death", [])]
        same = [one for one in deaths if (one["queue"], one["reason"]) == (queue.name, reason)]
        if same:
            same[0]["count"] += 1
        else:
            death = {"queue": queue.name, "reason": reason, "exchange": message.exchange}
            deaths.insert(0, death | {"routing-keys": [message.routing_key], "count": 1})
        headers["x-death"] = deaths
        properties.headers = headers
        properties.expiration = None
        key = queue.arguments.get("x-dead-letter-routing-key", message.routing_key)
        self.route(Stored(message.body, properties, exchange, key))


def fits(kind: str, pattern: str, key: str) -> bool:
    """Whether a binding's pattern takes a routing key."""
    if kind == "fanout":
        return True
    if kind != "topic":
        return pattern == key
    return words_fit(pattern.split("."), key.split("."))


def words_fit(pattern: list[str], words: list[str]) -> bool:
    """Whether words fit a topic: a star is one word, a hash is any number of them."""
    if not pattern:
        return not words
    if pattern[0] == "#":
        return any(words_fit(pattern[1:], words[skipped:]) for skipped in range(len(words) + 1))
    return bool(words) and pattern[0] in ("*", words[0]) and words_fit(pattern[1:], words[1:])


class Connection:
    """A connection, with as much of aio-pika's interface as FastStream uses."""

    def __init__(self, rabbit: Rabbit) -> None:
        self.rabbit = rabbit
        self.close_callbacks: set[Any] = set()
        self.reconnect_callbacks: set[Any] = set()
        self.connected = asyncio.Event()
        self.connected.set()
        self.is_closed = False
        self.channels: list[Channel] = []

    async def channel(self, **options: Any) -> "Channel":
        """Open a channel."""
        opened = Channel(self.rabbit, on_return_raises=options.get("on_return_raises", False))
        self.channels.append(opened)
        return opened

    async def close(self, _error: object = None) -> None:
        """Close it with all its channels."""
        self.is_closed = True
        self.connected.clear()
        for channel in self.channels:
            await channel.close()


class Channel:
    """A channel: it declares, and it knows what was handed out and is not acknowledged yet."""

    def __init__(self, rabbit: Rabbit, *, on_return_raises: bool) -> None:
        self.rabbit = rabbit
        self.on_return_raises = on_return_raises
        self.loop = asyncio.get_running_loop()
        self.is_closed = False
        self.prefetch = 0
        self.unacknowledged: dict[int, tuple[Waiting, Stored]] = {}
        self.default_exchange = Exchange(self, "")
        self.connection = SimpleNamespace(basic_nack=True)
        self.tasks: set[asyncio.Future[object]] = set()

    async def set_qos(self, prefetch_count: int = 0, **_options: Any) -> None:
        """Limit how many messages are handed out and not acknowledged."""
        self.prefetch = prefetch_count

    async def declare_exchange(
        self,
        name: str,
        type: str = "direct",  # noqa: A002 - aio-pika's name for it
        *,
        passive: bool = False,
        **_options: Any,
    ) -> "Exchange":
        """Have an exchange, or look whether it is there."""
        with self.rabbit.lock:
            if passive and name not in self.rabbit.exchanges:
                raise ChannelNotFoundEntity(f"NOT_FOUND - no exchange '{name}'")
            if not passive and self.rabbit.exchanges.setdefault(name, str(type)) != type:
                raise ChannelPreconditionFailed(f"inequivalent arg 'type' for exchange '{name}'")
        return Exchange(self, name)

    async def declare_queue(
        self,
        name: str,
        *,
        passive: bool = False,
        arguments: dict[str, Any] | None = None,
        **_options: Any,
    ) -> "Queue":
        """Have a queue, or look whether it is there."""
        wanted = {"x-queue-type": "classic"} | (arguments or {})
        with self.rabbit.lock:
            found = self.rabbit.queues.get(name)
            if found is None and passive and not name.startswith("amq.rabbitmq.reply-to"):
                raise ChannelNotFoundEntity(f"NOT_FOUND - no queue '{name}'")
            if found is None:
                found = Waiting(name, wanted)
                if not passive:
                    self.rabbit.queues[name] = found
            elif not passive and found.arguments != wanted:
                raise ChannelPreconditionFailed(f"inequivalent arguments for queue '{name}'")
            return Queue(self, found)

    async def close(self, _error: object = None) -> None:
        """End its consumers, and give back what was not acknowledged."""
        with self.rabbit.lock:
            self.is_closed = True
            for queue in self.rabbit.queues.values():
                queue.consumers = [one for one in queue.consumers if one.channel is not self]
            left, self.unacknowledged = self.unacknowledged, {}
            for queue, message in reversed(left.values()):
                self.rabbit.give_back(queue, message)

    def has_room(self) -> bool:
        """Whether a consumer of this channel may have one more."""
        return not self.prefetch or len(self.unacknowledged) < self.prefetch

    def hand_out(self, queue: Waiting, message: Stored, consumer: Consumer) -> None:
        """Deliver one message, on the event loop of who consumes it."""
        tag = next(self.rabbit.numbers)
        if not consumer.no_ack:
            self.unacknowledged[tag] = (queue, message)
        delivery = commands.Basic.Deliver(
            consumer.tag, tag, bool(message.returns), message.exchange, message.routing_key
        )
        delivered = self.incoming(delivery, message, no_ack=consumer.no_ack)

        def start() -> None:
            task = asyncio.ensure_future(consumer.callback(delivered))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

        if self.loop.is_closed():
            return
        if message.returns:  # so that what comes back for ever does not take all the time there is
            self.loop.call_soon_threadsafe(self.loop.call_later, 0.002, start)
        else:
            self.loop.call_soon_threadsafe(start)

    def incoming(self, delivery: Any, message: Stored, *, no_ack: bool) -> IncomingMessage:
        """A message as aio-pika gives it."""
        properties = copy(message.properties)
        if message.returns:
            properties.headers = (properties.headers or {}) | {"x-delivery-count": message.returns}
        header = ContentHeader(0, len(message.body), properties)
        channel: Any = self
        return IncomingMessage(DeliveredMessage(delivery, header, message.body, channel), no_ack)

    async def basic_ack(self, delivery_tag: int, **_options: Any) -> None:
        """Be done with a message."""
        with self.rabbit.lock:
            if settled := self.unacknowledged.pop(delivery_tag, None):
                self.rabbit.deliver(settled[0])

    async def basic_nack(self, delivery_tag: int, requeue: bool = True, **_options: Any) -> None:
        """Refuse a message: it comes back, or it is dead."""
        with self.rabbit.lock:
            if settled := self.unacknowledged.pop(delivery_tag, None):
                if requeue:
                    self.rabbit.give_back(*settled)
                else:
                    self.rabbit.bury(*settled, "rejected")
                self.rabbit.deliver(settled[0])

    async def basic_reject(self, delivery_tag: int, requeue: bool = False) -> None:
        """Refuse a message: it comes back, or it is dead."""
        await self.basic_nack(delivery_tag, requeue)


class Exchange:
    """An exchange, as seen from a channel."""

    def __init__(self, channel: Channel, name: str) -> None:
        self.channel = channel
        self.name = name

    async def publish(
        self, message: Message, routing_key: str, *, mandatory: bool = True, **_options: Any
    ) -> Any:
        """Publish a message; what comes back is the confirmation."""
        stored = Stored(message.body, message.properties, self.name, routing_key)
        if self.channel.rabbit.route(stored) or not mandatory:
            return commands.Basic.Ack(0)
        delivery = commands.Basic.Return(312, "NO_ROUTE", self.name, routing_key)
        header = ContentHeader(0, len(stored.body), stored.properties)
        channel: Any = self.channel
        returned = DeliveredMessage(delivery, header, stored.body, channel)
        if self.channel.on_return_raises:
            raise PublishError(returned, delivery)
        return returned

    async def delete(self) -> None:
        """Delete it."""
        with self.channel.rabbit.lock:
            self.channel.rabbit.exchanges.pop(self.name, None)


class Queue:
    """A queue, as seen from a channel."""

    def __init__(self, channel: Channel, waiting: Waiting) -> None:
        self.channel = channel
        self.waiting = waiting
        self.name = waiting.name
        self.declaration_result = SimpleNamespace(message_count=len(waiting.ready))

    async def bind(self, exchange: Exchange, routing_key: str = "", **_options: Any) -> None:
        """Have what is published with a fitting key."""
        with self.channel.rabbit.lock:
            self.channel.rabbit.bindings.add((exchange.name, routing_key, self.name))

    async def consume(self, callback: Callback, no_ack: bool = False, **_options: Any) -> str:
        """Have every message delivered from now on."""
        with self.channel.rabbit.lock:
            tag = f"consumer-{next(self.channel.rabbit.numbers)}"
            self.waiting.consumers.append(Consumer(tag, self.channel, callback, no_ack))
            self.channel.rabbit.deliver(self.waiting)
        return tag

    async def cancel(self, tag: str) -> None:
        """Have no more messages delivered."""
        with self.channel.rabbit.lock:
            self.waiting.consumers = [one for one in self.waiting.consumers if one.tag != tag]

    async def get(self, *, no_ack: bool = False, **_options: Any) -> IncomingMessage | None:
        """Take one message, if there is one."""
        with self.channel.rabbit.lock:
            if not self.waiting.ready:
                return None
            message = self.waiting.ready.popleft()
            tag = next(self.channel.rabbit.numbers)
            if not no_ack:
                self.channel.unacknowledged[tag] = (self.waiting, message)
        delivery = commands.Basic.GetOk(tag, False, message.exchange, message.routing_key, 0)
        return self.channel.incoming(delivery, message, no_ack=no_ack)

    async def delete(self, **_options: Any) -> None:
        """Delete it."""
        with self.channel.rabbit.lock:
            self.channel.rabbit.queues.pop(self.name, None)
            self.channel.rabbit.bindings = {
                one for one in self.channel.rabbit.bindings if one[2] != self.name
            }
