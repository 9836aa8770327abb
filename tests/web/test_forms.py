"""Every form works without JavaScript, and with it shows a refusal inside itself."""

import pytest

from app.models.generation import RunState
from app.models.people import LinkPurpose, Person
from app.people.accounts import set_password
from app.people.links import new_link
from tests.web.html import parse
from tests.web.routes import UNSAFE, form_of, prepare, send
from tests.web.world import HTMX, Browser, end_run

# These answer with the page itself: what they show is seen once and not stored.
SHOWN_AT_ONCE = {"people.invite": "the link", "models.try": "the answer", "prompts.preview": "the prompt"}
SHOWN_AT_ONCE |= {"runs.estimate": "the estimate", "sign_in.send": "that it is on its way"}
SHOWN_AT_ONCE |= {"studies.estimate": "the outlook", "rubrics.preview": "the questions"}
SHOWN_AT_ONCE |= dict.fromkeys(
    ("people.mail", "people.crowd", "people.link", "account.link", "instance.link"), "a link"
)
# With htmx the next example is swapped in.
SWAPPED = {"rate.save", "rate.edit", "rate.undo", "studies.save", "studies.undo"}
OF_RATERS = {"rate.undo", "studies.save", "studies.undo"}
WRONG = {
    "sign_in.password": ({"password": "wrong"}, "E-mail or password is wrong."),
    "account.rename": ({"name": ""}, "Still empty: name. Fill it in and try again."),
    "account.password": ({"password": "short"}, "The password needs at least 10 characters."),
    "projects.create": ({"name": "a\nb"}, "Name must fit on one line."),
    "projects.edit": ({"approval_ratings": "26"}, "Ratings needed must be a whole number from 0 to 25."),
    "seeds.add": ({"output": ""}, "A seed task needs 1 to 20 examples."),
    "seeds.edit": ({"instruction": ""}, "Still empty: instruction. Fill it in and try again."),
    "models.add": ({"base_url": "http://["}, "Base URL must start with http:// or https://"),
    "models.edit": ({"base_url": "http://x/v1", "api_key": ""}, "The address has changed: enter the API key again"),
    "prompts.save": ({"text": "{{ list }} {{ lost }}"}, "Line 1: “lost” is no placeholder here."),
    "runs.start": ({"target_kept": "", "target_calls": ""}, "Say when to stop: kept examples, calls, or money."),
    "runs.dry_run": ({"parameter.temperature": "9"}, "Temperature: Input should be less than or equal to 2."),
    "prompts.dry_run": ({"text": "{{ list }} {{ lost }}"}, "Line 1: “lost” is no placeholder here."),
    "runs.change": ({"concurrency": "257"}, "Calls at the same time must be a whole number from 1 to 256."),
    "candidates.edit": ({"version": 1}, "Somebody else changed this example in the meantime. Look at their text"),
    "candidates.decide": ({"verdict": "maybe", "version": 2}, "Choose approved, rejected or withdrawn."),
    "rate.save": ({"output_correct": ""}, "Answer “Is the output right and good enough?” first."),
    "rate.edit": ({"output": " "}, "Output is empty. Write something there."),
    "studies.start": ({"size": "0"}, "Size must be a whole number from 1 to 100,000."),
    "studies.save": ({"output_correct": ""}, "Answer “Is the output right and good enough?” first."),
    "studies.decide": ({"answer": ""}, "Choose an answer to decide for."),
    "rubrics.save": ({"0.label": ""}, "A rubric has 1 to 12 questions; this one has 0."),
    "releases.freeze": ({"name": ""}, "Still empty: name. Fill it in and try again."),
    "people.invite": ({"uses": "0"}, "Number of people must be a whole number from 1 to 1,000."),
    "sign_in.send": ({"email": "jo"}, "E-mail must look like name@example.org."),
    "sign_in.choose": ({"password": "short"}, "The password needs at least 10 characters."),
    "own.answer": ({"years": "many"}, "Choose one of the answers, or none."),
    "people.mail": ({"emails": "jo"}, "E-mail must look like name@example.org."),
    "people.crowd": ({"parameter": "a b"}, "The parameter is a name of letters"),
    "people.change": ({"role": "removed"}, "A project needs an owner. Make somebody else an owner first."),
    "join.redeem": ({"name": ""}, "Your name is empty. Write something there."),
}


@pytest.fixture
def ready(persons, place, database):
    """The place, with Olga's password and a stopped run; Cem rated, so his browser takes the rating back."""
    with database.writing() as session:
        olga = session.get_one(Person, persons["Olga"])
        set_password(session, olga, email="ben@example.org", password="a long password", present="", keep_token=None)
        # A new password ends the links that were there.
        place.ids["link_token"], place.ids["reset_token"] = (new_link(session, olga, each) for each in LinkPurpose)
        olga.runs_instance = True
        end_run(session, place["run_id"], RunState.FAILED)
    return place


def _prepare(database, persons, route, place):
    with database.writing() as session:
        prepare(session, route, place, persons["Olga"], persons["Olga"])


def _browser(app, persons, route):
    if route.name in {"sign_in.password", "join.redeem"}:
        return Browser(app)
    return Browser(app, persons["Cem" if route.name in OF_RATERS else "Olga"])


@pytest.mark.parametrize("route", UNSAFE, ids=lambda route: route.name)
def test_a_form_leads_to_a_page_without_javascript(app, persons, ready, database, route):
    _prepare(database, persons, route, ready)
    browser = _browser(app, persons, route)
    form = {"present": "a long password"} if route.name == "account.password" else {}
    if form:
        answer = browser.submit(route.name, form_of(route.name, ready) | form)
    else:
        answer = send(browser, route, ready.of(route), ready)
    if route.name not in SHOWN_AT_ONCE:
        answer = browser.follow(answer)
    assert answer.status_code == 200
    page = parse(answer.text)
    assert len(list(page.all("h1"))) == 1
    if "tamis_notice" in answer.headers.get("set-cookie", ""):
        assert any(each["role"] == "status" and each.text for each in page.all("p"))
        assert "tamis_notice" not in browser.cookies


@pytest.mark.parametrize("route", UNSAFE, ids=lambda route: route.name)
def test_a_form_is_answered_with_a_part_or_an_address_with_javascript(app, persons, ready, database, route):
    _prepare(database, persons, route, ready)
    browser = _browser(app, persons, route)
    form = {"present": "a long password"} if route.name == "account.password" else {}
    if form:
        answer = browser.submit(route.name, form_of(route.name, ready) | form, htmx=True)
    else:
        answer = send(browser, route, ready.of(route), ready, **HTMX)
    assert answer.status_code == 200
    if route.name in SWAPPED:
        assert "<html" not in answer.text
        assert 'class="rate-head"' in answer.text
    elif route.name == "prompts.preview":
        assert answer.text.startswith('<section id="prompt-preview"')
    elif route.name == "rubrics.preview":
        assert 'id="rubric-preview"' in answer.text
    elif route.name in {"runs.estimate", "studies.estimate"}:
        assert answer.text.startswith('<dl class="outlook"')
    elif route.name in SHOWN_AT_ONCE:
        assert "<h1>" in answer.text
    else:
        assert answer.headers["hx-redirect"].startswith("/")
        assert answer.text == ""


@pytest.mark.parametrize("name", WRONG)
def test_a_refusal_says_what_to_do(app, persons, ready, name):
    change, sentence = WRONG[name]
    (route,) = [route for route in UNSAFE if route.name == name]
    browser = _browser(app, persons, route)
    plain = browser.submit(name, form_of(name, ready) | change, **ready.of(route))
    inside = browser.submit(name, form_of(name, ready) | change, htmx=True, **ready.of(route))
    assert plain.status_code == inside.status_code
    assert plain.status_code in {409, 422}
    assert sentence in plain.text
    assert len(list(parse(plain.text).all("h1"))) == 1
    assert inside.text.strip().startswith(f"<p>{sentence}")
    assert "<html" not in inside.text


@pytest.mark.parametrize(
    ("name", "form", "sentence"),
    [
        ("seeds.add", {"name": "Say it 0"}, "There is a seed task named “Say it 0” already. Choose another name."),
        ("seeds.add", {"instruction": "SAY IT 1"}, "The seed task “Say it 1” has this very instruction already."),
        ("seeds.edit", {"name": "Say it 0"}, "There is a seed task named “Say it 0” already. Choose another name."),
        ("models.add", {"name": "Say it"}, "There is an endpoint named “Say it” already. Choose another name."),
        ("releases.freeze", {"name": "Say it"}, "There is a release named “Say it” already. Choose another name."),
    ],
)
@pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
def test_a_name_that_is_taken_is_said(olga, place, name, form, sentence):
    ids = {"seed_id": place["seed_id"]} if name == "seeds.edit" else {}
    answer = olga.submit(name, form_of(name, place) | form, project_id=place.id, **ids)
    assert answer.status_code == 409
    assert sentence in answer.text


def test_a_file_is_refused_with_every_problem_by_line(olga, place):
    lines = b'{"name": 1}\nnot json\n{"name":"x","instruction":"y","instances":[],"is_classification":false}\n'
    path = olga.path("seeds.import", project_id=place.id)
    answer = olga.post(path, files={"file": ("seeds.jsonl", lines)}, headers=HTMX)
    assert answer.status_code == 422
    assert "Nothing was imported: the file has 3 problems." in answer.text
    assert [each.text.split(":")[0] for each in parse(answer.text).all("li")] == ["Line 1", "Line 2", "Line 3"]


def test_what_a_form_shows_again_goes_away_after_one_page(olga):
    answer = olga.submit("account.rename", {"name": "Olga the Second"})
    assert "Your name is changed." in olga.follow(answer).text
    assert "Your name is changed." not in olga.visit("account.show").text
