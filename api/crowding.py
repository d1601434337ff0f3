"""How many requests are at work at one moment. Threads are there for more, since a stream holds one while it waits.

The web server lets 64 requests in besides the streams and answers nobody else until one is done; of these, so many work, for
more at once only wait for the processor and the database, and each of them longer.
"""
import threading
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

AT_WORK = 16


class Crowd:
    """Lets so many in at once; the others wait in the order of chance. What is streamed counts only until it begins."""

    def __init__(self, application: WSGIApplication, most: int = AT_WORK) -> None:
        self._application = application
        self._room = threading.BoundedSemaphore(most)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with self._room:
            return self._application(environ, start_response)
