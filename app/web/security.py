"""What protects every answer and every change: headers, and the check of where a request comes from."""

from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# In bytes. Answers lead on to addresses that were asked for, and servers in front take no longer ones, either.
LONGEST_ADDRESS = 8_000
_TOO_LONG = "This address is too long. Search for fewer words, or go back."
_FROM_ELSEWHERE = "This request came from another site and was refused. Open the page here and try again."
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


class Guard:
    """Middleware that refuses unsafe requests from other sites, and addresses that are too long, and adds the security
    headers to every answer.

    Browsers say in Sec-Fetch-Site where a request comes from, and older ones in Origin; a request with neither comes
    from no browser and so carries no cookie that it shouldn't. ``base_url`` is the address behind a proxy, if any;
    ``refuse`` makes the page of a refusal, from its status and its sentence.
    """

    def __init__(self, app: ASGIApp, base_url: str, refuse: Callable[[Request, int, str], Response]) -> None:
        self.app, self._refuse = app, refuse
        self._known_as = urlsplit(base_url).netloc

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if not scope["path"].startswith("/static/"):
                    headers.setdefault("cache-control", "no-store")
            await send(message)

        answer: ASGIApp = self.app
        if len(scope["raw_path"]) + len(scope["query_string"]) > LONGEST_ADDRESS:
            answer = self._refuse(Request(scope), 414, _TOO_LONG)
        elif scope["method"] not in _SAFE_METHODS and not self._is_from_here(Headers(scope=scope)):
            answer = self._refuse(Request(scope), 403, _FROM_ELSEWHERE)
        if scope["method"] == "HEAD":
            await answer({**scope, "method": "GET"}, receive, _without_body(send_guarded))
        else:
            await answer(scope, receive, send_guarded)

    def _is_from_here(self, headers: Headers) -> bool:
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site in {"same-origin", "none"}
        origin = headers.get("origin")
        if origin is None:
            return True
        try:
            host = urlsplit(origin).netloc
        except ValueError:
            return False
        return host in {headers.get("host"), self._known_as or None}


def _without_body(send: Send) -> Send:
    """Return what sends the head of an answer to GET and leaves the rest out."""
    is_over = False

    async def send_head(message: Message) -> None:
        nonlocal is_over
        if message["type"] == "http.response.start":
            await send(message)
        elif not is_over:
            is_over = True
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    return send_head
