"""How fast a run may ask: its endpoint's limit, and what a server asks for."""

from itertools import pairwise

from app.llm.practice.server import create_practice_app
from app.models.generation import CallOutcome, RunState
from tests.generation.workshop import serving


class _Busy:
    """The practice model, which first asks everyone to come back in two seconds."""

    def __init__(self):
        self._app, self._asked = create_practice_app(seed=7), 0

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            self._asked += 1
            if self._asked == 1:
                headers = [(b"content-type", b"application/json"), (b"retry-after", b"2")]
                await send({"type": "http.response.start", "status": 429, "headers": headers})
                await send({"type": "http.response.body", "body": b"{}"})
                return
        await self._app(scope, receive, send)


def test_nothing_is_sent_before_the_time_that_a_server_asked_for(shop):
    with serving(_Busy()) as url:
        run = shop.carry_out(shop.queue(shop.endpoint(url, concurrency="2"), target_kept="40"))
    calls = shop.calls(run.id)
    first = next(call for call in calls if call.outcome is CallOutcome.RATE_LIMITED)
    delays = {call: (call.sent_at - first.answered_at).total_seconds() for call in calls}
    after = [call for call, delay in delays.items() if delay >= 1.9]
    early = [call for call, delay in delays.items() if 0 < delay < 1.9]
    assert run.state is RunState.DONE
    assert any((call.round, call.position, call.attempt) == (first.round, first.position, 2) for call in after)
    assert len(early) <= 1, "only what the other caller was about to send when that answer came"


def test_no_more_is_sent_in_a_minute_than_the_endpoint_allows(shop, practice_url):
    run_id = shop.queue(shop.endpoint(practice_url, requests_per_minute="5", concurrency="4"), target_kept="40")
    carried_out = shop.begin(run_id)
    shop.wait_until(lambda: len(shop.calls(run_id, usable=True)) == 5)
    carried_out.join(2.5)
    assert carried_out.is_alive()
    assert len(shop.calls(run_id)) == 5
    shop.cancel(run_id)
    carried_out.join()
    assert shop.run(run_id).state is RunState.CANCELLED
    sent = [call.sent_at for call in shop.calls(run_id)]
    assert all(earlier <= later for earlier, later in pairwise(sent))
