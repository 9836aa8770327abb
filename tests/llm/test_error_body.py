"""What servers say of their errors, in the shapes in which they were seen, and in any other."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.llm.client import Reply
from app.llm.error_body import NOTHING_SAID, ServerError, error_of
from app.llm.reading import Asked, error_in, read
from app.models.generation import CallOutcome, EndpointStyle
from tests.cpu_time import within

NO = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
OPENAI = {"message": NO, "type": "invalid_request_error", "param": "max_tokens", "code": "unsupported_parameter"}
GEMINI = {
    "code": 400,
    "message": "Penalty is not enabled for this model",
    "status": "INVALID_ARGUMENT",
    "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "X"}],
}
EXTRA = {"type": "extra_forbidden", "loc": ["body", "presence_penalty"], "msg": "Extra inputs are not permitted"}
EXTRA_SAID = "presence_penalty: Extra inputs are not permitted"
OF_OPENAI = ServerError(NO, "max_tokens", "unsupported_parameter", "invalid_request_error")
OF_GEMINI = ServerError("Penalty is not enabled for this model", "", "400", "INVALID_ARGUMENT", 400)
OF_EXTRA = ServerError(EXTRA_SAID, "presence_penalty", "", "extra_forbidden")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"error": OPENAI}, OF_OPENAI),
        (OPENAI, OF_OPENAI),
        ([{"error": OPENAI}], OF_OPENAI),
        ([{"error": GEMINI}], OF_GEMINI),
        ({"error": GEMINI}, OF_GEMINI),
        # xAI
        (
            {"code": "invalid-argument", "error": "Model x takes no stop."},
            ServerError("Model x takes no stop.", "", "invalid-argument"),
        ),
        (
            {"error": {"message": "No.", "type": "invalid", "param": None, "code": None}},
            ServerError("No.", "", "", "invalid"),
        ),
        # FastAPI
        ({"detail": "Not Found"}, ServerError("Not Found")),
        ({"detail": [EXTRA]}, OF_EXTRA),
        (
            {"detail": [EXTRA, {"loc": ["body", "stop", 0], "msg": "No."}]},
            ServerError(f"{EXTRA_SAID} stop: No.", "presence_penalty", "", "extra_forbidden"),
        ),
        # Mistral
        ({"object": "error", "message": {"detail": [EXTRA]}, "type": "invalid_request_error"}, OF_EXTRA),
        # vLLM
        (
            {"object": "error", "message": "No.", "type": "BadRequestError", "param": None, "code": 400},
            ServerError("No.", "", "400", "BadRequestError", 400),
        ),
        # Anthropic
        (
            {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
            ServerError("Overloaded", "", "", "overloaded_error"),
        ),
        # OpenRouter
        (
            {
                "error": {
                    "message": "Provider returned error",
                    "code": 400,
                    "metadata": {"raw": orjson.dumps({"error": OPENAI}).decode()},
                }
            },
            ServerError(NO, "max_tokens", "unsupported_parameter", "invalid_request_error", 400),
        ),
        ({"error": orjson.dumps({"message": "Inner."}).decode()}, ServerError("Inner.")),
        # Ollama, TGI
        ({"error": "model 'x' not found"}, ServerError("model 'x' not found")),
        (
            {"error": "Input validation error", "error_type": "validation"},
            ServerError("Input validation error", "", "", "validation"),
        ),
        # Cloudflare, Azure's gateway, a problem as of RFC 9457, Spring, OAuth
        ({"success": False, "errors": [{"code": 7003, "message": "No route"}]}, ServerError("No route", "", "7003")),
        ({"statusCode": 401, "message": "Access denied."}, ServerError("Access denied.", status=401)),
        (
            {"title": "Bad Request", "detail": "No such field.", "status": 400},
            ServerError("No such field.", "", "", "400", 400),
        ),
        ({"error": "Not Found", "message": "No route.", "status": 404}, ServerError("No route.", "", "", "404", 404)),
        ({"error": "invalid_client", "error_description": "Wrong key."}, ServerError("Wrong key.")),
        # Words and pages
        ("upstream connect error\n or  disconnect", ServerError("upstream connect error or disconnect")),
        ("<html><head><title>502 Bad&nbsp;Gateway</title></head></html>", ServerError("502 Bad Gateway")),
        ("<!doctype html><h1>Blocked by <b>us</b></h1>", ServerError("Blocked by us")),
        ("<html>502</html>", NOTHING_SAID),
        ('data: {"error": {"message": "No."}}\n\n', ServerError("No.")),
        ('{"error": broken', ServerError('{"error": broken')),
        # Nothing
        ({}, NOTHING_SAID),
        ([], NOTHING_SAID),
        ([[]], NOTHING_SAID),
        (None, NOTHING_SAID),
        (5, NOTHING_SAID),
        ("", NOTHING_SAID),
        ({"error": None}, NOTHING_SAID),
        ({"error": {"message": 5}}, NOTHING_SAID),
        ({"error": {"code": True}}, NOTHING_SAID),
        ({"detail": [{"loc": 5, "msg": None}]}, NOTHING_SAID),
    ],
)
def test_the_sentence_is_found_in_every_shape(body, error):
    assert error_of(body) == error


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b'[{"error": {"code": 400, "message": "No."}}]', "No."),
        (b'\xef\xbb\xbf{"error": {"message": "No."}}', "No."),
        (b"Not Found", "Not Found"),
        (b"caf\xe9", "caf\ufffd"),
        (b"\x00\x01\x02", ""),
        (b"null", ""),
        (b"", ""),
        (b'"No."', "No."),
        (b"<html><title>" + b"x" * 400 + b"</title>", "x" * 300),
        (b"x" * 10**6, "x" * 300),
    ],
)
def test_the_bytes_of_an_error_are_read(raw, sentence):
    assert error_in(raw).message == sentence
    said = f" It says: {sentence}" if sentence else ""
    assert (
        read(Reply(400, raw), Asked(EndpointStyle.CHAT)).sentence
        == f"The endpoint did not take the request (HTTP 400).{said}"
    )


@pytest.mark.parametrize("body", [[{"error": GEMINI}], {"error": [GEMINI]}, {"error": GEMINI}])
def test_an_error_within_a_list_within_a_200_is_that_error(body):
    reading = read(Reply(200, orjson.dumps(body)), Asked(EndpointStyle.CHAT))
    assert reading.outcome is CallOutcome.BAD_REQUEST
    assert reading.sentence == f"The endpoint did not take the request (HTTP 400). It says: {GEMINI['message']}"


def test_what_is_said_in_place_of_a_completion_is_passed_on():
    reading = read(Reply(200, b'{"code": 1113, "msg": "Pay first."}'), Asked(EndpointStyle.CHAT))
    assert reading.outcome is CallOutcome.EMPTY
    assert reading.sentence == "The endpoint answered without any completion. It says: Pay first."


KEYS = ["error", "errors", "message", "detail", "msg", "loc", "param", "code", "type", "status", "metadata", "raw"]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["{", "[[[", "<h1>"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=15,
)


@given(JSON)
def test_no_body_raises_and_none_is_long(body):
    error = error_of(body)
    assert len(error.message) <= 300 >= max(len(error.param), len(error.code), len(error.type))
    assert "\n" not in error.message
    assert error.status is None or 400 <= error.status < 600


@pytest.mark.parametrize(
    "text", ["<title>" * 10**5, "<title>" + "<" * 10**6, '{"error":' * 10**5, "[" * 10**6, "data: " * 10**6]
)
def test_a_hostile_body_costs_no_time(text):
    with within(1):
        error_in(text.encode())
