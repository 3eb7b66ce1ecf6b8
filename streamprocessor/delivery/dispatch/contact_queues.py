"""What waits for one endpoint: a queue a contact, in order; a queue whose first delivery waits holds up no other."""

from __future__ import annotations

import heapq
from collections import deque

from streamprocessor.delivery.deliveries import Delivery


class ContactQueues:
    """Deliveries by contact: the first of a queue is ready at its due_ms, or under way; the others wait for it."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[Delivery]] = {}
        self._ready: list[tuple[int, int, str]] = []
        self._count = 0

    def __len__(self) -> int:
        """How many there are, those under way included."""
        return self._count

    def add(self, delivery: Delivery) -> None:
        """Put the delivery at the end of its contact's queue."""
        self._count += 1
        queue = self._queues.setdefault(delivery.contact_id, deque())
        queue.append(delivery)
        if len(queue) == 1:
            self._make_ready(delivery)

    def next_due_ms(self) -> int | None:
        """When the next one may be taken; None: all that are there are under way, or wait for one that is."""
        self._drop_forgotten()
        return self._ready[0][0] if self._ready else None

    def oldest_queued_ms(self) -> int | None:
        """When the delivery was queued that is there for longest; None: there is none."""
        return min((queue[0].queued_ms for queue in self._queues.values()), default=None)

    def take(self, now_ms: int) -> Delivery | None:
        """The delivery that has been due for longest: it is under way from now on. None: none is due."""
        due_ms = self.next_due_ms()
        if due_ms is None or due_ms > now_ms:
            return None
        _, _, contact_id = heapq.heappop(self._ready)
        return self._queues[contact_id][0]

    def finish(self, delivery: Delivery) -> None:
        """The delivery, which was under way, is done with; the contact's next one may be taken."""
        queue = self._queues.get(delivery.contact_id)
        if queue is None or queue[0].number != delivery.number:  # the contact was forgotten meanwhile
            return
        queue.popleft()
        self._count -= 1
        if queue:
            self._make_ready(queue[0])
        else:
            del self._queues[delivery.contact_id]

    def put_back(self, delivery: Delivery) -> None:
        """The delivery, which was under way, is to be tried again when it says so, before others of its contact."""
        queue = self._queues.get(delivery.contact_id)
        if queue is None or queue[0].number != delivery.number:
            return
        queue[0] = delivery
        self._make_ready(delivery)

    def forget(self, contact_id: str) -> None:
        """Drop all of a contact's."""
        self._count -= len(self._queues.pop(contact_id, ()))

    def _make_ready(self, delivery: Delivery) -> None:
        heapq.heappush(self._ready, (delivery.due_ms, delivery.number, delivery.contact_id))

    def _drop_forgotten(self) -> None:
        while self._ready:
            _, number, contact_id = self._ready[0]
            queue = self._queues.get(contact_id)
            if queue is not None and queue[0].number == number:
                return
            heapq.heappop(self._ready)
