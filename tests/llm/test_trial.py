"""A model tried: what it says, what it refuses and is then not sent, and whether it answers in JSON."""

import orjson
import pytest
from sqlalchemy import select
from sqlalchemy.orm import undefer

from app.llm.dialect import Dialect, dialect_in
from app.llm.endpoint import EndpointForm, add_endpoint
from app.llm.reach import REFUSALS, Reach
from app.llm.reading import USABLE
from app.llm.secrets import Vault
from app.llm.trial import try_endpoint
from app.models.generation import Call, CallOutcome, Endpoint
from app.models.projects import Project
from tests.factories import events, project
from tests.llm.practice.asking import serving
from tests.llm.scripted import saying_json, scripted

VAULT = Vault(b"0" * 43 + b"=", reaches_private=True)
PUBLIC_ONLY = Vault(b"0" * 43 + b"=")


def endpoint(session, **changes):
    values = {"name": "Ours", "model": "m", "api_key": "sk-0123-secret"} | changes
    return add_endpoint(session, VAULT, project(session).id, EndpointForm(**values), actor_id=7)


def stored_in(database, url, **changes):
    with database.writing() as session:
        made = endpoint(session, base_url=url, **changes)
    return made.project_id, made.id


def dialect_of(database, endpoint_id):
    with database.reading() as session:
        return dialect_in(session.get_one(Endpoint, endpoint_id).dialect)


def answering(text, **usage):
    counts = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12} | usage
    message = {"choices": [{"message": {"content": text}, "finish_reason": "stop"}], "usage": counts}
    return saying_json("200 OK", message)


def refusing(server_of, *refusals, answer=None):
    """Refuse the first request for each reason that applies to it, else answer."""

    def script(connection):
        asked = orjson.loads(server_of().requests[-1][1])
        for name, error in refusals:
            if name in asked:
                return saying_json("400 Bad Request", error)(connection)
        return (answer or answering("ready"))(connection)

    return script


def calls_in(database):
    with database.reading() as session:
        return session.scalars(select(Call).options(undefer(Call.reasoning)).order_by(Call.id)).all()


def test_a_trial_says_that_it_works_and_is_in_the_ledger(database):
    with serving() as url:
        trial = try_endpoint(database, VAULT, *stored_in(database, url))
    assert trial.works
    assert trial.sentence.startswith("It works: tamis-practice answered “")
    calls = calls_in(database)
    assert {call.outcome for call in calls} <= USABLE
    assert {(call.purpose, call.run_id) for call in calls} == {("try", None)}


def test_a_trial_with_a_rejected_key_says_so_without_the_key(database):
    with scripted(saying_json("401 Unauthorized", {"error": {"message": "Wrong key."}})) as server:
        trial = try_endpoint(database, VAULT, *stored_in(database, server.url))
    assert (trial.works, len(server.requests)) == (False, 1)
    assert trial.sentence == "The endpoint rejected the API key (HTTP 401). It says: Wrong key."
    assert calls_in(database)[0].outcome is CallOutcome.KEY_REJECTED


def test_a_trial_of_an_address_out_of_reach_says_who_can_allow_it(database):
    with scripted(saying_json("200 OK", {})) as server:
        trial = try_endpoint(database, PUBLIC_ONLY, *stored_in(database, server.url))
    assert (trial.works, server.requests) == (False, [])
    assert trial.sentence == REFUSALS[Reach.PRIVATE]
    (call,) = calls_in(database)
    assert (call.outcome, call.sentence, call.cost) == (CallOutcome.OUT_OF_REACH, trial.sentence, 0)


@pytest.mark.parametrize("limit", ["cost_limit", "monthly_cost_limit"])
def test_a_trial_is_held_by_the_limits_of_its_project(database, limit):
    with scripted(saying_json("200 OK", {})) as server:
        with database.writing() as session:
            made = endpoint(session, base_url=server.url, price_in="1", price_out="1")
            setattr(session.get_one(Project, made.project_id), limit, 1_000)
        trial = try_endpoint(database, VAULT, made.project_id, made.id)
    assert not trial.works
    assert trial.sentence.startswith("This call could pass the limit of money of this project")
    assert server.requests == []
    assert calls_in(database) == []


def test_a_trial_of_a_model_that_is_not_there_names_those_that_are(database):
    body = {"error": {"message": "No such model."}, "data": [{"id": "a"}, {"id": "b"}]}

    def answer(connection):
        status = "404 Not Found" if server.requests[-1][0].startswith("POST") else "200 OK"
        saying_json(status, body)(connection)

    with scripted(answer) as server:
        trial = try_endpoint(database, VAULT, *stored_in(database, server.url))
    assert not trial.works
    assert trial.sentence.endswith("It says: No such model. Models that it has: a, b.")


# What providers' servers say, by the parameter that they refuse.
REFUSED = {
    "max_tokens": {
        "error": {
            "message": "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead.",
            "type": "invalid_request_error",
            "param": "max_tokens",
            "code": "unsupported_parameter",
        }
    },
    "temperature": {
        "error": {
            "message": "Unsupported value: 'temperature' does not support 0.7 with this model. "
            "Only the default (1) value is supported.",
            "param": "temperature",
        }
    },
    "top_p": {"error": {"message": "top_p is not supported by this model", "param": None}},
    "presence_penalty": [{"error": {"code": 400, "message": "presencePenalty is not supported", "status": "X"}}],
    "frequency_penalty": {"code": "invalid-argument", "error": "Model does not support parameter frequencyPenalty."},
    "stop": {"error": "Argument not supported on this model: stop"},
    "response_format": {"detail": [{"loc": ["body", "response_format"], "msg": "Extra inputs are not permitted"}]},
}


def test_each_refused_parameter_is_left_out_or_renamed_and_the_model_works(database):
    with scripted(refusing(lambda: server, *REFUSED.items())) as server:
        ids = stored_in(database, server.url)
        trial = try_endpoint(database, VAULT, *ids)
    assert trial.works
    assert trial.learned[:6] == (
        "It calls the longest completion max_completion_tokens.",
        "It takes no temperature; its own is used.",
        "It takes no top-p; its own is used.",
        "It takes no presence penalty; its own is used.",
        "It takes no frequency penalty; its own is used.",
        "It takes no stop sequences; the text is cut by Tamis.",
    )
    learned = dialect_of(database, ids[1])
    assert learned.length_name == "max_completion_tokens"
    assert learned.left_out == {"temperature", "top_p", "presence_penalty", "frequency_penalty", "stop"}
    (last,) = [call for call in calls_in(database) if call.outcome is CallOutcome.ANSWERED][:1]
    assert last.parameters == {"max_completion_tokens": 64}
    assert last.left_out == ["temperature", "top_p", "frequency_penalty", "presence_penalty", "stop"]
    with database.reading() as session:
        assert events(session, "endpoint.learned")


def test_a_second_trial_is_refused_nothing(database):
    with scripted(refusing(lambda: server, *REFUSED.items())) as server:
        ids = stored_in(database, server.url)
        try_endpoint(database, VAULT, *ids)
        before = len(server.requests)
        trial = try_endpoint(database, VAULT, *ids)
    assert trial.works
    with database.reading() as session:
        later = session.scalars(select(Call).order_by(Call.id).offset(before)).all()
    assert CallOutcome.BAD_REQUEST not in {call.outcome for call in later}


def test_room_is_made_for_a_model_that_thinks_until_its_limit(database):
    def script(connection):
        limit = orjson.loads(server.requests[-1][1])["max_tokens"]
        thought = {"prompt_tokens": 9, "completion_tokens": min(limit, 900), "total_tokens": 9 + min(limit, 900)}
        if limit <= 900:
            choice = {"message": {"content": ""}, "finish_reason": "length"}
        else:
            choice = {"message": {"content": "ready", "reasoning_content": "Hm."}, "finish_reason": "stop"}
        saying_json("200 OK", {"choices": [choice], "usage": thought})(connection)

    with scripted(script) as server:
        ids = stored_in(database, server.url)
        trial = try_endpoint(database, VAULT, *ids)
    assert trial.works
    assert trial.learned[0] == "It thinks before it answers: each answer has room for 1,024 tokens more."
    assert dialect_of(database, ids[1]).room == 1024
    first, second = calls_in(database)[:2]
    assert (first.outcome, second.outcome) == (CallOutcome.USED_UP, CallOutcome.ANSWERED)
    assert (second.text, second.reasoning) == ("ready", "Hm.")


def test_a_server_that_writes_more_than_it_was_allowed_is_told_of(database):
    with scripted(answering("ready", completion_tokens=4_000, total_tokens=4_009)) as server:
        trial = try_endpoint(database, VAULT, *stored_in(database, server.url))
    assert not trial.works
    assert "counts 4,000 tokens of output where 64 were allowed" in trial.sentence


@pytest.mark.parametrize("structure", ["schema", "tool", "object", "words"])
def test_the_strictest_way_of_asking_for_json_that_is_heeded_is_found(database, structure):
    def script(connection):
        asked = orjson.loads(server.requests[-1][1])
        ways = {
            "schema": asked.get("response_format", {}).get("type") == "json_schema",
            "tool": "tools" in asked,
            "object": asked.get("response_format", {}).get("type") == "json_object",
            "words": "JSON only" in asked["messages"][0]["content"] and not {"tools", "response_format"} & asked.keys(),
        }
        if ways[structure] and structure == "tool":
            call = {"function": {"name": "answer", "arguments": '{"word": "ready"}'}}
            choice = {"message": {"content": None, "tool_calls": [call]}, "finish_reason": "tool_calls"}
            return saying_json("200 OK", {"choices": [choice]})(connection)
        return answering('{"word": "ready"}' if ways[structure] else "Ready!")(connection)

    with scripted(script) as server:
        ids = stored_in(database, server.url)
        trial = try_endpoint(database, VAULT, *ids)
    assert trial.works
    assert trial.learned[-1] == "It answers in JSON where it is asked to."
    assert dialect_of(database, ids[1]) == Dialect(structure=structure, knows_json=True)


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
def test_a_server_that_is_busy_when_asked_for_json_says_nothing_of_its_model(database, status):
    def script(connection):
        is_json = b"response_format" in server.requests[-1][1]
        (saying_json(status, {}) if is_json else answering("ready"))(connection)

    with scripted(script) as server:
        ids = stored_in(database, server.url)
        trial = try_endpoint(database, VAULT, *ids)
    assert (trial.works, trial.learned) == (True, ())
    assert dialect_of(database, ids[1]) == Dialect()
    assert len(server.requests) == 2


def test_json_that_is_fenced_is_json(database):
    with scripted(answering('```json\n{"word": "ready"}\n```')) as server:
        ids = stored_in(database, server.url)
        try_endpoint(database, VAULT, *ids)
    assert dialect_of(database, ids[1]) == Dialect(knows_json=True)


def test_a_model_that_answers_in_json_no_more_is_no_more_asked_for_it(database):
    with scripted(answering("Ready!")) as server:
        ids = stored_in(database, server.url, knows_json=True)
        try_endpoint(database, VAULT, *ids)
    assert not dialect_of(database, ids[1]).knows_json


def test_a_model_that_never_answers_in_json_works_all_the_same(database):
    with scripted(answering("Ready!")) as server:
        ids = stored_in(database, server.url)
        trial = try_endpoint(database, VAULT, *ids)
    assert (trial.works, trial.learned) == (True, ())
    assert dialect_of(database, ids[1]) == Dialect(structure="words")
