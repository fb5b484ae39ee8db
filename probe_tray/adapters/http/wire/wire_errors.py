"""What may go wrong with a connection, in the program's own terms: with httpcore or without it.

What it came from is its cause. Who asks turns it into a failure of the service; see ``exchange.py``.
"""


class WireError(Exception):
    """A connection, or what came over it, has failed."""


class WireTimeoutError(WireError):
    """One step took too long."""


class WireNetworkError(WireError):
    """The connection does not come about, or is lost."""


class GarbledAnswerError(WireError):
    """What came is no answer, or ended in the middle of it."""


class UnsendableError(WireError):
    """Something in the request must not be sent. Nothing of it was."""


class ProxyRefusalError(WireError):
    """The proxy does not make the connection. Its text begins with the status (RFC 9110), or is httpcore's of SOCKS."""
