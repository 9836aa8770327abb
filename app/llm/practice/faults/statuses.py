"""Any status but 200: the server says that it won't."""

from email.utils import formatdate
from time import time

from starlette.responses import HTMLResponse, Response

from app.llm.practice.fault import Answer, Fault, as_json
from app.llm.practice.protocol import Body, error_body

# A name that no name server ever knows.
ELSEWHERE = "http://elsewhere.invalid/v1/chat/completions"
RETRY_AFTER_SECONDS = 1
PAGE = "<!doctype html><html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"


def _refuse(status: int, message: str, retry_after: str | None = None) -> Answer:
    def answer(name: str, _: Body) -> Response:
        kind = "rate_limit_exceeded" if status == 429 else "server_error" if status >= 500 else "invalid_request_error"
        practice = {"practice": {"choices": [], "fault": name}}
        response = as_json({**error_body(message, kind, code=name), **practice}, status)
        if retry_after is not None:
            response.headers["retry-after"] = retry_after
        return response

    return answer


def _slow_down(retry_after: str | None = None) -> Answer:
    return _refuse(429, "Too many requests at once. Please slow down.", retry_after)


def _slow_down_until(name: str, payload: Body) -> Response:
    return _slow_down(formatdate(time() + 2 * RETRY_AFTER_SECONDS, usegmt=True))(name, payload)


def _page(status: int, title: str) -> Answer:
    return lambda _name, _payload: HTMLResponse(PAGE.format(title), status)


def _move(status: int) -> Answer:
    return lambda _name, _payload: Response(b"", status, {"location": ELSEWHERE})


LIMITS: tuple[Fault, ...] = (
    Fault("rate_limit", _slow_down()),
    Fault("rate_limit_with_delay", _slow_down(str(RETRY_AFTER_SECONDS))),
    Fault("rate_limit_until_date", _slow_down_until),
    Fault("rate_limit_no_delay", _slow_down("0")),
    Fault("rate_limit_half_a_second", _slow_down("0.5")),
    Fault("rate_limit_negative_delay", _slow_down("-5")),
    Fault("rate_limit_past_date", _slow_down("Thu, 01 Jan 1970 00:00:00 GMT")),
    Fault("rate_limit_nonsense_delay", _slow_down("soon")),
    Fault("rate_limit_huge_delay", _slow_down("31536000"), passes=False),
    Fault("rate_limit_page", _page(429, "Too Many Requests")),
    Fault("insufficient_quota", _refuse(429, "You exceeded your current quota."), passes=False),
)

STATUSES: tuple[Fault, ...] = (
    Fault("bad_request", _refuse(400, "The request could not be understood."), passes=False),
    Fault("wrong_key", _refuse(401, "The API key is not known here."), passes=False),
    Fault("no_credit", _refuse(402, "The account has no credit left."), passes=False),
    Fault("forbidden", _refuse(403, "The API key may not use this model."), passes=False),
    Fault("unknown_model", _refuse(404, "There is no such model."), passes=False),
    Fault("request_timeout", _refuse(408, "The request took too long to arrive.")),
    Fault("conflict", _refuse(409, "Another request stands in the way.")),
    Fault("too_large", _refuse(413, "The prompt is too long for this model."), passes=False),
    Fault("unprocessable", _refuse(422, "The field temperature does not fit."), passes=False),
    Fault("too_early", _refuse(425, "The model is being loaded.")),
    Fault("server_error", _refuse(500, "The server had an error while it processed the request.")),
    Fault("bad_gateway", _page(502, "502 Bad Gateway")),
    Fault("unavailable", _refuse(503, "The server is being restarted.")),
    Fault("unavailable_with_delay", _refuse(503, "The server is being restarted.", str(RETRY_AFTER_SECONDS))),
    Fault("gateway_timeout", _page(504, "504 Gateway Time-out")),
    Fault("overloaded", _refuse(529, "The server is overloaded.")),
    Fault("moved_permanently", _move(301), passes=False),
    Fault("found_elsewhere", _move(302), passes=False),
    Fault("temporary_redirect", _move(307), passes=False),
    Fault("permanent_redirect", _move(308), passes=False),
)
