"""Whatever is sent, the answer is a page with a sentence: never a fault."""

import pytest
from sqlalchemy import event, exc

from app.web.access import ACCESS
from tests.web.routes import SAFE, UNSAFE, files_of, form_of
from tests.web.world import BOTH, Browser, end_run

ODD_IDS = ["9" * 30, str(2**63), "-1", "x", "1.5", "0", "%00", "²"]
# As a browser can send them: with this charset a form may hold half of a character pair.
SURROGATE = "+2AA-"
# Chosen from a list, ticked or read by nobody, not typed: what isn't among the choices is told in other words.
NOT_TYPED = {
    "next",
    "filter",
    "action",
    "endpoint",
    "pipeline",
    "origin",
    "candidate",
    "answering",
    "with_own",
    "judge",
    "alternative",
    "0.required",
}


TAKES_ZERO = {("rate.back", "0"), ("studies.back", "0")}
# What is typed there is looked at while it is typed, or compared with a name and not stored.
SAYS_SO_IN_PLACE = {"rubrics.preview", "projects.delete"}


def _multipart(fields: list[tuple[str, str]]) -> dict[str, object]:
    parts = [f'--cut\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields]
    body = "".join(parts) + "--cut--\r\n"
    return {"content": body.encode(), "headers": {"content-type": "multipart/form-data; boundary=cut; charset=utf-7"}}


def _names(sentence: str, field: str) -> bool:
    """Whether a sentence names a field, by its name or by words of its label."""
    words = {"email": "E-mail", "api_key": "API key", "base_url": "Base URL", "present": "Current password"}
    words |= {
        "flex_percent": "Flex price",
        "price_in": "Price in",
        "price_out": "Price out",
        "concurrency": "Calls at the same time",
    }
    words |= {"price_cached": "Price cached", "tokens_per_minute": "Tokens per minute", "monthly_cost_limit": "Money"}
    words |= {"uses": "Number of people", "approval_ratings": "Ratings needed", "verdict": "Choose", "role": "Choose"}
    words |= {"style": "Choose", "valid_task": "Answer", "input_appropriate": "Answer", "output_correct": "Answer"}
    words |= {"target_kept": "Kept examples", "target_calls": "Calls", "cost_limit": "Money", "threshold": "How alike"}
    words |= {"overlap": "People", "question": "Choose", "years": "For how long", "consent": "May these answers"}
    words |= {"amount": "What they cost", "tags": "A tag", "emails": "E-mail", "asked": "Examples for each"}
    last = field.rsplit(".", maxsplit=1)[-1]
    return any(each.lower() in sentence.lower() for each in (words.get(last, last), last, last.replace("_", " ")))


def _pairs(form):
    """Every field with each of its values."""
    return [
        (name, str(each)) for name, value in form.items() for each in (value if isinstance(value, list) else [value])
    ]


@BOTH
@pytest.mark.parametrize("poison", ["NUL", "surrogate", "digits", "long"])
def test_no_field_of_any_form_makes_a_fault(app, olga, cem, place, poison):
    value = {"NUL": "a\x00b", "surrogate": SURROGATE, "digits": "9" * 5_000, "long": "é" * 100_001}[poison]
    wrong, tried = [], 0
    with app.state.database.writing() as session:
        end_run(session, place["run_id"])
    for route in (each for each in UNSAFE if not ACCESS[each.name].runs_instance):
        for field in form_of(route.name, place):
            form = form_of(route.name, place) | {field: value}
            browser = {"join.redeem": Browser(app), "studies.save": cem}.get(route.name, olga)
            path = browser.path(route.name, **place.of(route))
            if poison == "surrogate":
                answer = browser.post(path, **_multipart(_pairs(form)))
            else:
                answer = browser.post(path, data=form)
            tried += 1
            if answer.status_code >= 500:
                wrong.append((route.name, field, answer.status_code))
            if poison in {"NUL", "surrogate"} and field not in NOT_TYPED and route.name not in SAYS_SO_IN_PLACE:
                if answer.status_code != (429 if "Too many" in answer.text else 422):
                    wrong.append((route.name, field, answer.status_code))
                elif answer.status_code == 422 and not _names(answer.text, field):
                    wrong.append((route.name, field, answer.text[-400:]))
    assert tried > 70
    assert not wrong, "\n".join(map(str, wrong))


@BOTH
@pytest.mark.parametrize("odd", ODD_IDS)
def test_no_number_in_a_path_makes_a_fault(olga, place, odd):
    wrong = []
    for route in (*SAFE, *UNSAFE):
        for name in place.of(route):
            if not name.endswith("_id") or (route.name, odd) in TAKES_ZERO or ACCESS[route.name].runs_instance:
                continue
            parameters = {each: "{odd}" if each == name else value for each, value in place.of(route).items()}
            path = olga.path(route.name, **{key: str(each) for key, each in parameters.items()}).replace(
                "%7Bodd%7D", odd
            )
            path = path.replace("{odd}", odd)
            method = "GET" if route in SAFE else "POST"
            answer = olga.request(method, path, data=form_of(route.name, place), files=files_of(route.name) or None)
            if answer.status_code not in {404, 405}:
                wrong.append((route.name, name, answer.status_code))
    assert not wrong, "\n".join(map(str, wrong))


@BOTH
@pytest.mark.parametrize("odd", ["9" * 30, "-1", "x", "\x00", "9" * 5_000, "%", "_", "\\", "' OR 1=1 --"])
def test_no_query_makes_a_fault(olga, place, odd):
    fields = {
        "candidates.list": ["outcome", "rejected_by", "pipeline", "run", "rated", "decided", "flagged", "q", "before"],
        "seeds.list": ["q", "after", "retired"],
        "rate.next": ["after"],
        "runs.new": ["pipeline"],
    }
    for name, queries in fields.items():
        for query in queries:
            answer = olga.get(olga.path(name, project_id=place.id), params={query: odd})
            expected = {"before": 422, "after": 422, "retired": 422, "run": 404}
            expected["pipeline"] = 404 if name == "runs.new" else 200
            assert answer.status_code in {200, expected.get(query, 200)}, (name, query)


def test_a_form_without_its_fields_is_answered_with_their_names(olga, place):
    for route in UNSAFE:
        if route.name.startswith("sign_out") or route.name == "sign_in.link":
            continue
        answer = olga.post(olga.path(route.name, **place.of(route)))
        assert answer.status_code < 500, route.name
    answer = olga.submit("seeds.add", {"name": "x"}, project_id=place.id)
    assert answer.status_code == 422
    assert "instruction" in answer.text


@pytest.mark.parametrize(
    "content_type", ["application/json", "multipart/form-data", "text/plain", "multipart/form-data; boundary=x"]
)
def test_a_body_of_another_kind_is_refused(olga, place, content_type):
    path = olga.path("runs.start", project_id=place.id)
    answer = olga.post(path, content=b'{"name": []}', headers={"content-type": content_type})
    assert 400 <= answer.status_code < 500
    assert "<h1>" in answer.text


def test_a_page_that_is_not_there_leads_home(nobody, olga):
    for browser in (nobody, olga):
        answer = browser.get("/nowhere")
        assert answer.status_code == 404
        assert "There is no page at this address." in answer.text
        assert 'href="/"' in answer.text
    assert olga.put("/account").status_code == 405


def test_who_is_not_signed_in_comes_back_to_where_they_wanted_to_go(nobody, place):
    path = nobody.path("candidates.list", project_id=place.id)
    answer = nobody.get(f"{path}?outcome=kept&q=%26")
    assert answer.headers["location"] == f"/sign-in?next={path}%3Foutcome%3Dkept%26q%3D%2526"
    page = nobody.follow(answer)
    assert f'value="{path}?outcome=kept&amp;q=%26"' in page.text


def test_a_fault_tells_nothing_and_keeps_the_headers(app, olga, place, caplog):
    app.state.database.engine.dispose()
    app.state.vault = None  # what nobody foresaw
    form = form_of("models.add", place) | {"api_key": "sk-deep-secret"}
    answer = olga.submit("models.add", form, project_id=place.id)
    assert answer.status_code == 500
    assert "Something went wrong inside Tamis" in answer.text
    assert "Traceback" not in answer.text
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert f"fault at {olga.path('models.add', project_id=place.id)}" in caplog.text
    assert "sk-deep-secret" not in caplog.text


def test_a_full_disk_is_told_to_who_saves_and_not_to_who_reads(app, olga, place, caplog):
    @event.listens_for(app.state.database.engine, "begin")
    def leave_no_room(connection):
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # as many as there are

    form = form_of("seeds.add", place) | {"instruction": "Sort. " * 10_000}
    answer = olga.submit("seeds.add", form, project_id=place.id)
    assert answer.status_code == 503
    assert "The disk of the database is full, so nothing can be saved. Make room there" in answer.text
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "database or disk is full" in caplog.text
    assert "Traceback" not in caplog.text
    assert olga.get(olga.path("seeds.list", project_id=place.id)).status_code == 200
    event.remove(app.state.database.engine, "begin", leave_no_room)


def test_a_database_that_is_away_is_told_as_such(app, olga, place, monkeypatch):
    def leave(*_, **__):
        raise exc.OperationalError("SELECT 1", {}, Exception("the server closed the connection"))

    monkeypatch.setattr(app.state.database, "_sessions", leave)
    answer = olga.get(olga.path("seeds.list", project_id=place.id))
    assert answer.status_code == 503
    assert "The database doesn’t answer." in answer.text
