"""Files that are made while they are sent."""

from collections.abc import Generator

import anyio
from fastapi.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send


class Download(StreamingResponse):
    """Sends ``pieces`` as they come. What they hold, such as a connection to the database, is given back at once when
    whoever receives them hangs up, not at some collection of garbage: else some dozens who do take all there are.
    """

    def __init__(
        self, pieces: Generator[bytes, None, None] | Generator[str, None, None], media_type: str, name: str
    ) -> None:
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        super().__init__(pieces, media_type=media_type, headers=headers)
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, then close what was sent from, however that ended."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            with anyio.CancelScope(shield=True):
                await run_in_threadpool(self._pieces.close)
