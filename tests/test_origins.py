"""Where examples came from says what novelty was asked there: its limit, and what counted as a word."""

import pytest

from app.errors import AppError, InvalidInput
from app.generation.chosen import read_choice
from app.imports.importing import Import
from app.jobs import start_job
from app.origins import EVERYTHING, Origin, choose_origin, novelty_terms, parameters_for
from tests.builders import add_person, add_project, add_run


@pytest.fixture
def project(session):
    return add_project(session)


@pytest.fixture
def ran(session, project, clock):
    """Make a run or an import that asked novelty to go by these words; None: it wasn't asked."""
    ada = add_person(session)

    def ran(tokenizer, limit=0.7, *, imported=False):
        clock.forward(minutes=1)
        thresholds = {"novelty": {"max_similarity": limit, "tokenizer": tokenizer}} if tokenizer else {}
        if imported:
            return start_job(session, project.id, Import(), {"thresholds": thresholds or None}, ada.id)
        run = add_run(session, project, ada)
        run.thresholds = thresholds
        session.flush()
        return run

    return ran


def words(session, project, written=""):
    return parameters_for(session, project.id, written)["tokenizer"]


def test_a_run_and_an_import_go_by_their_own_words(session, project, ran):
    run, job = ran("rouge"), ran("rouge", imported=True)
    ran("unicode")
    assert words(session, project, f"run-{run.id}") == "rouge"
    assert words(session, project, f"import-{job.id}") == "rouge"


@pytest.mark.parametrize("imported", [False, True])
def test_the_project_goes_by_its_newest(session, project, ran, imported):
    ran("unicode", imported=not imported)
    ran("rouge", imported=imported)
    assert words(session, project) == "rouge"


def test_what_was_not_screened_goes_by_the_project(session, project, ran):
    assert words(session, project) == "unicode"
    ran("rouge")
    job = ran(None, imported=True)
    assert words(session, project, f"import-{job.id}") == "rouge"
    assert words(session, project) == "rouge"


def test_limits_are_told_newest_first_where_they_were_asked(session, project, ran):
    run, job = ran("rouge", 0.6), ran("unicode", 0.5, imported=True)
    ran(None)
    assert [each.max_similarity for each in novelty_terms(session, project.id, EVERYTHING)] == [0.5, 0.6]
    assert [each.max_similarity for each in novelty_terms(session, project.id, Origin(run_id=run.id))] == [0.6]
    assert [each.max_similarity for each in novelty_terms(session, project.id, Origin(import_id=job.id))] == [0.5]


GARBLED = ["run-", "import-", "xyz-5", "run-x", "runs-5", "RUN-5", "run5", "run--5", "run- 5", " run-5", "run-5 "]
GARBLED += ["run-٣", "-", "-5", " ", "\t", "run-5,6", "run-" + "9" * 19, "run-5\x00", "everything"]


@pytest.mark.parametrize("written", GARBLED)
def test_a_garbled_origin_is_refused_and_never_everything(session, project, written):
    with pytest.raises(AppError, match="run"):
        choose_origin(session, project.id, written)
    with pytest.raises(InvalidInput) as refused:
        read_choice("", written, "")
    assert refused.value.field == "origin"


def test_only_an_empty_origin_is_everything(session, project, ran):
    assert choose_origin(session, project.id, "") == EVERYTHING
    assert choose_origin(session, project.id, f"run-{ran(None).id}").run_id
    assert choose_origin(session, project.id, f"import-{ran(None, imported=True).id}").import_id
    for missing in ("run-0", "run-987654321", "import-0"):
        with pytest.raises(AppError, match="no such"):
            choose_origin(session, project.id, missing)
    assert (read_choice("", "", "").run_id, read_choice("", "run-7", "").run_id) == (None, 7)
    assert read_choice("", "import-7", "").import_id == 7
