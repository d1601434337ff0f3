"""What every answer tells a browser not to do, and the one exception: the base map of an installation that has one."""
from urllib.parse import urlsplit

OWN_IMAGES = "img-src 'self' data: blob:"

SECURITY_HEADERS = {
    "Content-Security-Policy":
        f"default-src 'none'; script-src 'self'; style-src 'self'; {OWN_IMAGES}; connect-src 'self'; "
        "font-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def with_tiles(url: str) -> str:
    """The policy of a page that may also show the pictures of a base map; `url` is the setting, of one host."""
    parts = urlsplit(url)
    return SECURITY_HEADERS["Content-Security-Policy"].replace(OWN_IMAGES, f"{OWN_IMAGES} {parts.scheme}://{parts.netloc}")
