"""Answers packed by gzip, for those who call over bad networks."""
import gzip

from flask import Response, request

WORTH_BYTES = 1024
"""Of less, a packet of the network carries all of it anyhow."""

LEVEL = 6
FEEDS = frozenset({"application/atom+xml", "application/rss+xml"})


def packed(response: Response) -> Response:
    """The response packed, if the caller takes that and it is worth it. To be registered with `after_request`."""
    if (response.is_json or response.mimetype in FEEDS) and not response.is_streamed:
        response.vary.add("Accept-Encoding")
        if len(response.data) > WORTH_BYTES and request.accept_encodings["gzip"] > 0:
            response.data = gzip.compress(response.data, LEVEL, mtime=0)
            response.content_encoding = "gzip"
    return response
