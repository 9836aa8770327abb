"""Seed tasks: imported whole or not at all, changed with a trace."""

import json
from pathlib import Path

import pytest

from app.errors import Conflict, ImportRefused, InvalidInput, NotFound
from app.seeds import (
    SeedForm,
    add_seed_task,
    count_seed_tasks,
    edit_seed_task,
    import_jsonl,
    read_jsonl,
    retire_seed_task,
    seed_limits,
    seed_task_in,
    seed_tasks_of,
)
from app.settings import FileLimits
from tests.cpu_time import within
from tests.factories import events, person, project

PUBLISHED = Path(__file__).parents[1].parent / "shared" / "data" / "seed_tasks.jsonl"


def line(name="odd_even", **changes):
    task = {
        "id": "seed_task_0",
        "name": name,
        "instruction": f"Do what {name} says.",
        "instances": [{"input": "8", "output": "even"}],
        "is_classification": True,
    }
    return json.dumps(task | changes, ensure_ascii=False).encode()


def form(name="odd_even", instruction="Is the number odd or even?", instances=(("8", "even"),)):
    return SeedForm(name=name, instruction=instruction, instances=instances, is_classification=True)


def problems(session, raw):
    """What an import is refused for, in a new project that stays empty."""
    project_id = project(session).id
    with pytest.raises(ImportRefused) as refused:
        import_jsonl(session, project_id, raw, None)
    assert count_seed_tasks(session, project_id) == (0, 0, 0)
    return refused.value.problems


def test_the_published_shape_is_imported_in_the_order_of_the_file(session):
    recipes = project(session)
    two = [{"input": "", "output": "a"}, {"input": "x", "output": "b"}]
    raw = line("first") + b"\n\n" + line("second", is_classification=False, instances=two, domain="cooking") + b"\r\n"
    assert import_jsonl(session, recipes.id, raw, actor_id=7) == 2
    first, second = seed_tasks_of(session, recipes.id)
    assert (first.name, first.is_classification) == ("first", True)
    assert [(each.input, each.output) for each in second.instances] == [("", "a"), ("x", "b")]
    (event,) = events(session, "seed_tasks.imported")
    assert (event.actor_id, event.project_id, event.after) == (7, recipes.id, {"seed_tasks": 2})


@pytest.mark.skipif(not PUBLISHED.exists(), reason=f"THE PUBLISHED SEED TASKS NOT IMPORTED: no {PUBLISHED}")
def test_the_175_published_seed_tasks_are_imported(session):
    recipes = project(session)
    assert import_jsonl(session, recipes.id, PUBLISHED.read_bytes(), None) == 175
    classification = sum(json.loads(line)["is_classification"] for line in PUBLISHED.read_bytes().splitlines())
    assert count_seed_tasks(session, recipes.id) == (175, classification, 0)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"{", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b'{"name": "\\ud800"}', "is not JSON"),
        (b"[]", "must be a JSON object"),
        (line(colour="red"), "unknown key “colour”"),
        (line(name=None), "“name” must be a text"),
        (line(name=" "), "Name is empty"),
        (line(name="x" * 121), "Name is 121 characters long; at most 120"),
        (line(name="a\nb"), "Name must fit on one line"),
        (line(instruction=5), "“instruction” must be a text"),
        (line(instruction="a\x00b"), "Instruction holds a control character (U+0000)"),
        (line(instruction="x" * 100_001), "Instruction is 100,001 characters long; at most 100,000"),
        (line(instances={}), "“instances” must be a list"),
        (line(instances=[]), "1 to 20 examples"),
        (line(instances=[{"input": "", "output": "a"}] * 21), "1 to 20 examples"),
        (line(instances=["a"]), "“instances” must hold objects"),
        (line(instances=[{"output": "a"}]), "“input” must be a text"),
        (line(instances=[{"input": "", "output": " "}]), "Output is empty"),
        (line(instances=[{"input": "x" * 100_001, "output": "a"}]), "Input is 100,001 characters long"),
        (line(is_classification=1), "“is_classification” must be true or false"),
    ],
)
def test_a_line_that_breaks_a_rule_is_named_with_its_field_and_nothing_is_imported(session, raw, words):
    (problem,) = problems(session, line("good") + b"\n\n" + raw + b"\n" + line("also_good"))
    assert problem.startswith("Line 3: ")
    assert words in problem


def test_every_broken_line_is_told_in_the_order_of_the_file(session):
    told = problems(session, b"\n".join([b"[]", line("a"), line("a"), b"{", line("b")]))
    assert [problem.split(":")[0] for problem in told] == ["Line 1", "Line 3", "Line 4"]


def test_at_most_twenty_problems_are_shown_and_all_are_counted(session):
    with pytest.raises(ImportRefused, match="the file has 1,000 problems") as refused:
        import_jsonl(session, project(session).id, b"[]\n" * 1_000, None)
    assert refused.value.problems[-1].startswith("Line 20:")


@pytest.mark.parametrize("raw", [b"", b"\n \n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(session, raw):
    with pytest.raises(ImportRefused, match="the file holds no seed task") as refused:
        import_jsonl(session, project(session).id, raw, None)
    assert refused.value.problems == []


def test_copies_in_the_file_are_named_by_line(session):
    told = problems(session, line("a", instruction="Écris.") + b"\n" + line("b", instruction="ÉCRIS."))
    assert told == ["Line 2: the instruction of “b” is in line 1 already."]


def test_a_name_that_a_file_gives_to_different_tasks_is_numbered(session):
    recipes, long = project(session), "x" * 120
    names = ["a", "a", "a_2", "a", long, long]
    raw = b"\n".join(line(name, instruction=f"Do {place}.") for place, name in enumerate(names))
    assert import_jsonl(session, recipes.id, raw, None) == 6
    given = [seed.name for seed in seed_tasks_of(session, recipes.id)]
    assert given == ["a", "a_3", "a_2", "a_4", long, "x" * 118 + "_2"]


def test_a_file_may_hold_so_much_and_no_more():
    raw = b"\n".join(line(str(n), instruction=f"Do {n}.") for n in range(4))
    assert len(read_jsonl(raw, FileLimits(records=4)).forms) == 4
    with pytest.raises(ImportRefused, match="more than 3 records. Import it in parts"):
        read_jsonl(raw, FileLimits(records=3))
    with pytest.raises(ImportRefused, match="larger than 8 MB"):
        read_jsonl(b" " * (8 << 20) + b"x", FileLimits(64))
    with pytest.raises(ImportRefused, match="larger than 1 MB"):
        read_jsonl(b" " * (1 << 20) + b"x", FileLimits(1))
    assert seed_limits(FileLimits(64)).told == "up to 8 MB, 10,000 records"


def test_ten_thousand_tasks_of_one_name_are_numbered_in_a_moment():
    raw = b"\n".join(line("a", instruction=f"Do {n}.") for n in range(9_000))
    with within(5):
        forms = read_jsonl(raw).forms
    assert len({form.name for _, form in forms}) == 9_000


def test_copies_of_the_project_s_are_named_retired_ones_too(session):
    recipes = project(session)
    retire_seed_task(session, add_seed_task(session, recipes.id, form(), None), 1)
    with pytest.raises(ImportRefused) as refused:
        import_jsonl(session, recipes.id, line("odd_even", instruction="is the number ODD or even?"), None)
    assert refused.value.problems == [
        "Line 1: the name “odd_even” is in the project already.",
        "Line 1: the instruction of “odd_even” is in the project already.",
    ]


def test_another_project_s_seed_tasks_are_no_copies(session):
    for name in ("Recipes", "Poems"):
        assert import_jsonl(session, project(session, name).id, line(), None) == 1


def test_a_byte_order_mark_is_no_part_of_the_first_line(session):
    assert import_jsonl(session, project(session).id, b"\xef\xbb\xbf" + line(), None) == 1


def test_a_line_separator_inside_a_text_ends_no_line(session):
    recipes = project(session)
    text = "one\u2028two\u2029three\x85four"
    import_jsonl(session, recipes.id, line(instruction=text), None)
    session.expire_all()
    assert seed_tasks_of(session, recipes.id)[0].instruction == text


def test_an_added_seed_task_is_recorded(session):
    recipes = project(session)
    seed = add_seed_task(session, recipes.id, form(), actor_id=7)
    (event,) = events(session, "seed_task.added")
    assert (event.subject_id, event.actor_id, event.after["name"]) == (seed.id, 7, "odd_even")


@pytest.mark.parametrize("instruction", ["Écris un poème.", "ÉCRIS UN POÈME.", "écris un poème.  "])
def test_the_same_instruction_is_not_added_twice_whatever_its_case(session, instruction):
    recipes = project(session)
    add_seed_task(session, recipes.id, form("poem", "Écris un poème."), None)
    with pytest.raises(Conflict, match="“poem” has this very instruction"):
        add_seed_task(session, recipes.id, form("other", instruction), None)


def test_a_name_is_not_given_twice(database):
    with database.writing() as session:
        recipes = project(session)
        add_seed_task(session, recipes.id, form(), None)
        other = add_seed_task(session, recipes.id, form("other", "Write a poem."), None)
    with pytest.raises(Conflict, match="named “odd_even” already"), database.writing() as session:
        add_seed_task(session, recipes.id, form(instruction="Another one?"), None)
    with pytest.raises(Conflict, match="named “odd_even” already"), database.writing() as session:
        edit_seed_task(session, seed_task_in(session, recipes.id, other.id), form("odd_even", "Write a poem."), 1)
    with database.reading() as session:
        assert [seed.name for seed in seed_tasks_of(session, recipes.id)] == ["odd_even", "other"]


def test_an_edit_replaces_the_texts(session):
    ada = person(session)
    recipes = project(session, owner=ada)
    seed = add_seed_task(session, recipes.id, form(), None)
    edit_seed_task(session, seed, form("parity", "Odd or even?", [("7", "odd"), ("8", "even")]), ada.id)
    session.expire_all()
    assert (seed.name, seed.instruction) == ("parity", "Odd or even?")
    assert [(each.position, each.input) for each in seed.instances] == [(0, "7"), (1, "8")]
    (event,) = events(session, "seed_task.edited")
    assert event.before == {"name": "odd_even", "instruction": "Is the number odd or even?"}
    assert event.after == {"name": "parity", "instruction": "Odd or even?"}
    assert event.actor_id == ada.id


def test_a_seed_task_is_retired_and_restored_once_each(session):
    recipes = project(session)
    seed = add_seed_task(session, recipes.id, form(), None)
    for _ in range(2):
        retire_seed_task(session, seed, actor_id=7)
    assert count_seed_tasks(session, recipes.id) == (0, 0, 1)
    assert list(seed_tasks_of(session, recipes.id)) == []
    for _ in range(2):
        retire_seed_task(session, seed, actor_id=7, retired=False)
    assert count_seed_tasks(session, recipes.id) == (1, 1, 0)
    assert len(events(session, "seed_task.retired")) == len(events(session, "seed_task.restored")) == 1


def test_a_page_follows_the_one_before_and_a_search_takes_signs_as_they_are(session):
    recipes = project(session)
    seeds = [add_seed_task(session, recipes.id, form(f"s{n}", f"{n}% of the {'Cat' * n}"), None) for n in range(4)]
    first = seed_tasks_of(session, recipes.id, limit=3)
    assert [*first, *seed_tasks_of(session, recipes.id, after=first[-1].id)] == seeds
    assert list(seed_tasks_of(session, recipes.id, search="2%")) == [seeds[2]]
    assert list(seed_tasks_of(session, recipes.id, search="catcatcat")) == [seeds[3]]


def test_a_seed_task_of_another_project_is_not_found(session):
    recipes, poems = project(session, "Recipes"), project(session, "Poems")
    seed = add_seed_task(session, recipes.id, form(), None)
    for seed_id in (seed.id, 10**6):
        with pytest.raises(NotFound):
            seed_task_in(session, poems.id, seed_id)


def test_a_form_without_an_output_is_refused():
    with pytest.raises(InvalidInput, match="Output is empty") as refused:
        form(instances=[("8", " ")])
    assert refused.value.field == "Output"
