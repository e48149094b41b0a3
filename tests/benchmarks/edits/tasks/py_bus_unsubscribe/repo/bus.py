"""Passes events on to whoever wants them."""


class EventBus:
    """Handlers by the topic that they want."""

    def __init__(self):
        self._handlers = {}

    def subscribe(self, topic, handler):
        """Have a handler called with each event of a topic."""
        self._handlers.setdefault(topic, []).append(handler)

    def publish(self, topic, event):
        """Call the handlers of a topic, in the order in which they came, and return how many there were."""
        handlers = self._handlers.get(topic, [])
        for handler in handlers:
            handler(event)
        return len(handlers)

    def topics(self):
        """Return the topics that somebody wants, sorted."""
        return sorted(topic for topic, handlers in self._handlers.items() if handlers)
