"""Around every request: headers that forbid what no page needs, and an end to bodies that are too long."""

from __future__ import annotations

import re
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS: Final = {  # "no-referrer" would have browsers send `Origin: null` with our own forms
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
LONGEST_FORM: Final = 256 * 1024
"""Bytes of a form: a note has up to 10 kB."""
LONGEST_SELECTING: Final = LONGEST_FORM + 1024 * 1024
"""Bytes of a form with a selection: thousands of record ids."""
SELECTING: Final = re.compile(r"/answers|/canvas/[^/]+/effects")
"""Where selections arrive."""


class TooLongError(Exception):
    """A body is longer than any of ours."""


class Shield:
    """The middleware."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._headers = HEADERS | ({"Strict-Transport-Security": "max-age=31536000"} if secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer back."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        length, longest = headers.get("content-length", "0"), _longest(scope["path"])
        if not length.isdigit() or int(length) > longest:
            await self._refuse(scope, receive, send)
            return
        body = _Bounded(receive, longest)
        guarded = self._guarded(scope, send)

        async def unless_too_long(message: Message) -> None:
            if not body.too_long:  # else whoever read the form has made another error of it
                await guarded(message)

        try:
            await self._app(scope, body, unless_too_long)
        except TooLongError:
            assert body.too_long, "nobody else raises it"
        if body.too_long:
            await self._refuse(scope, receive, send)

    def _guarded(self, scope: Scope, send: Send) -> Send:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
                fixed = scope["path"].startswith("/static/") and b"v=" in scope["query_string"]
                kept = "public, max-age=31536000, immutable" if fixed else "no-store"
                headers["Cache-Control"] = kept
            await send(message)

        return guarded

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        from starlette.responses import PlainTextResponse

        bound = _longest(scope["path"]) // 1024
        text = f"what was sent is longer than {bound} kB, and no form of ours is\n"
        await PlainTextResponse(text, status_code=413)(scope, receive, self._guarded(scope, send))


def _longest(path: str) -> int:
    """Bytes of the longest form that is sent there."""
    return LONGEST_SELECTING if SELECTING.fullmatch(path) else LONGEST_FORM


class _Bounded:
    """What comes of a request, up to the length of the longest form: no more of it is read."""

    def __init__(self, receive: Receive, longest: int) -> None:
        self._receive, self._longest = receive, longest
        self._got = 0
        self.too_long = False

    async def __call__(self) -> Message:
        """The next part. Raises TooLongError."""
        message = await self._receive()
        if message["type"] == "http.request":
            self._got += len(message.get("body", b""))
            if self._got > self._longest:
                self.too_long = True
                raise TooLongError
        return message
