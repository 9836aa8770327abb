"""Answers as JSON: asked for by a schema and in words, and read however they are wrapped or broken."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.generation.layout import Layout, settle_layout
from app.generation.pipeline import Demonstration, Makes
from app.generation.pipelines import PIPELINES, pipeline_named
from app.generation.pipelines.self_instruct.reading import read_instances, read_instructions, says_yes
from app.generation.structured import items_of, json_of
from app.generation.wording import Wording
from app.llm.prompt import Completion

TASKS = [
    {"instruction": "Name three rivers.", "input": "", "output": "Nile, Loire, Elbe."},
    {"instruction": "Add both.", "input": "1 and 2", "output": "  3\n"},
]
SHOWN = [Demonstration("Name a fruit.", (("", "A pear."),), is_classification=False, candidate_id=7) for _ in range(3)]
WHOLE = json.dumps({"tasks": TASKS})


def wrappings(text):
    return {
        "plain": text,
        "fenced": f"```json\n{text}\n```",
        "fenced, with words around": f"Sure! Here are the tasks:\n\n```json\n{text}\n```\n\nDo you want more?",
        "after a remark": f"Here are 2 new tasks:\n{text}",
        "after other words": f"I thought about it.\n\n{text}\n\nThat is all.",
        "padded": f"\n\n  \n{text}",
        "a list alone": json.dumps(TASKS),
        "one after the other": "\n".join(map(json.dumps, TASKS)),
        "another name": json.dumps({"items": TASKS}),
        "capitals": json.dumps({"Tasks": [{key.capitalize(): value for key, value in task.items()} for task in TASKS]}),
        "pretty": json.dumps({"tasks": TASKS}, indent=2),
    }


# Within other words JSON is looked for only where it was asked for.
ASKED = [(name, "json") for name in wrappings(WHOLE)]
UNASKED = [(name, "published") for name in wrappings(WHOLE) if name != "after other words"]


@pytest.mark.parametrize(("name", "layout"), ASKED + UNASKED)
def test_tasks_are_found_however_they_are_wrapped(name, layout):
    pipeline = pipeline_named("alpaca")
    read = pipeline.read(Completion(wrappings(WHOLE)[name]), SHOWN, pipeline.Parameters(layout=layout))
    drafts = [(each.draft.instruction, each.draft.input, each.draft.output, each.draft.problem) for each in read]
    assert drafts == [(*task.values(), None) for task in TASKS]


def test_json_within_a_published_layout_is_text():
    text = (
        ' Sort the list.\n4. Input:\n[3, 1, 2]\n4. Output:\n{"sorted": [1, 2, 3]}\n\n###\n5. Instruction: Name a sea.'
    )
    text += '\n5. Input:\n<noinput>\n5. Output:\n["The Baltic"]'
    pipeline = pipeline_named("alpaca")
    read = pipeline.read(Completion(text), SHOWN, pipeline.Parameters(layout="published"))
    assert [(each.draft.instruction, each.draft.input, each.draft.output) for each in read] == [
        ("Sort the list.", "[3, 1, 2]", '{"sorted": [1, 2, 3]}'),
        ("Name a sea.", "", '["The Baltic"]'),
    ]
    listed = read_instructions(Completion(" Sort this list:\n[3, 1, 2]\n10. Name a sea."))
    assert [each.draft.instruction for each in listed] == ["Sort this list: [3, 1, 2]", "Name a sea."]
    pairs = read_instances(
        "Sort.", Completion("Example 1\nInput:\n[2, 1]\nOutput:\n[1, 2]"), is_classification=False, limit=5
    )
    assert [(each.input, each.output) for each in pairs] == [("[2, 1]", "[1, 2]")]


def test_of_what_was_cut_off_the_whole_items_are_taken():
    cut = WHOLE[: WHOLE.index("Add both") + 4]
    pipeline = pipeline_named("alpaca")
    read = pipeline.read(Completion(cut, "length"), SHOWN, pipeline.Parameters())
    assert [each.draft.instruction for each in read] == ["Name three rivers."]
    assert json_of(Completion('{"tasks": [{"instruction": "Na', "length"), is_asked=True) is None


@given(st.text(max_size=300))
def test_any_text_is_read_without_a_fault(text):
    for pipeline in PIPELINES:
        shown = SHOWN[:1] if pipeline.makes is not Makes.EXAMPLES or pipeline.over_chosen else SHOWN
        parameters = pipeline.Parameters().model_copy(update={"layout": "json"})
        pipeline.read(Completion(text), shown, parameters)
        pipeline.read(Completion("{" + text), shown, parameters)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["tasks", "instruction", "examples", "scores", "output", "label", "x"]),
                inner,
                max_size=3,
            )
        ),
        max_leaves=9,
    )
)
def test_json_of_any_shape_is_read_without_a_fault(value):
    completion = Completion(json.dumps(value))
    items_of(json_of(completion, is_asked=True), "tasks")
    for pipeline in PIPELINES:
        shown = SHOWN[:1] if pipeline.makes is not Makes.EXAMPLES or pipeline.over_chosen else SHOWN
        pipeline.read(completion, shown, pipeline.Parameters().model_copy(update={"layout": "json"}))
    assert read_instructions(completion)
    for is_classification in (True, False):
        assert read_instances("Do it.", completion, is_classification=is_classification, limit=5)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Write a poem.\n10) Bake bread.\n11) Sing.", ["Write a poem.", "Bake bread.", "Sing."]),
        ("9) Write a poem.\n10) Bake bread.", ["Write a poem.", "Bake bread."]),
        ("9．Write a poem.\n10．Bake bread.", ["Write a poem.", "Bake bread."]),
        ("- Write a poem.\n- Bake bread.", ["Write a poem.", "Bake bread."]),
        ("9. **Write a poem.**\n10. **Bake bread:** a list of steps", ["Write a poem.", "Bake bread: a list of steps"]),
        ("**9.** Write a poem.\n**10.** Bake bread.", ["Write a poem.", "Bake bread."]),
        ("Here are more tasks:\n\n9. Write a poem.\n10. Bake bread.", ["Write a poem.", "Bake bread."]),
        ('{"instructions": ["Write a poem.", "Bake bread."]}', ["Write a poem.", "Bake bread."]),
        ('```json\n[{"instruction": "Write a poem."}, "Bake bread."]\n```', ["Write a poem.", "Bake bread."]),
        ("\ufeff9. Write a poem.\n10. Bake bread.", ["Write a poem.", "Bake bread."]),
        # What belongs to one task stays with it.
        ("Pick one:\n1) pear\n2) fig", ["Pick one: 1) pear 2) fig"]),
        ("Pick one: - pear", ["Pick one: - pear"]),
    ],
)  # fmt: skip
def test_lists_of_instructions_are_read_however_they_are_numbered(text, found):
    assert [each.draft.instruction for each in read_instructions(Completion(text))] == found


@pytest.mark.parametrize(
    ("text", "answer"),
    [('{"is_classification": true}', True), ('{"is_classification": false}', False), ('{"answer": "Yes"}', True),
     ('```json\n{"is_classification": true}\n```', True), ("Yes", True), ("No", False), ("{}", False)],
)  # fmt: skip
def test_the_kind_of_a_task_is_read_in_either_layout(text, answer):
    assert says_yes(Completion(text)) is answer


def test_instances_are_read_from_json():
    pairs = {"examples": [{"input": "1 and 2", "output": "3"}, {"input": "", "output": ""}]}
    first, second = read_instances("Add.", Completion(json.dumps(pairs)), is_classification=False, limit=5)
    assert (first.input, first.output, first.problem) == ("1 and 2", "3", None)
    assert second.problem == "There is no output in it."
    labels = {"examples": [{"label": "Spam", "input": "You won!"}]}
    (draft,) = read_instances("Spam?", Completion(json.dumps(labels)), is_classification=True, limit=5)
    assert (draft.input, draft.output) == ("You won!", "Spam")


def test_one_output_is_taken_out_of_its_object_as_it_was_written():
    pipeline = pipeline_named("teacher")
    wanted = pipeline.Parameters(layout="json")
    code = "    return a + b\n    # end"
    (proposal,) = pipeline.read(Completion(json.dumps({"output": code})), SHOWN[:1], wanted)
    assert proposal.draft.output == code
    # An output that is JSON itself is an output where none was asked for.
    (proposal,) = pipeline.read(Completion('{"output": 1}'), SHOWN[:1], pipeline.Parameters(layout="published"))
    assert proposal.draft.output == '{"output": 1}'


@pytest.mark.parametrize(
    ("text", "scores"),
    [('{"scores": [7, 9]}', [(0, 7), (1, 9)]), ('{"scores": [7]}', []), ('{"scores": [7, 11]}', []),
     ('{"scores": [7, true]}', []), ("Answer 1: 7\nAnswer 2: 9", [(0, 7), (1, 9)])],
)  # fmt: skip
def test_scores_are_read_strictly(text, scores):
    pipeline = pipeline_named("judge")
    both = Demonstration("Name a river.", (("", "Nile."), ("", "A river.")), False, candidate_id=7)
    read = pipeline.read(Completion(text), [both], pipeline.Parameters(layout="json"))
    assert [(each.place, each.score) for each in read] == scores


@pytest.mark.parametrize("pipeline", PIPELINES, ids=lambda each: each.name)
def test_json_is_asked_for_by_schema_and_words_without_stops_and_penalties(pipeline):
    given = {"translate": {"into": "French"}, "back_generation": {"texts": "The tide."}}.get(pipeline.name, {})
    shown = SHOWN[:1] if pipeline.over_chosen or pipeline.name == "evolve" else SHOWN
    published, asked = (
        pipeline.ask(shown, pipeline.Parameters(layout=layout, **given), Wording()) for layout in ("published", "json")
    )
    assert published.schema is None
    assert asked.schema["type"] == "object"
    assert set(asked.schema["required"]) == set(asked.schema["properties"])
    assert all(f"“{key}”" in asked.text for key in asked.schema["properties"])
    assert asked.text.endswith("Write nothing but the JSON.")
    assert (asked.sampling.stop, asked.sampling.presence_penalty, asked.sampling.frequency_penalty) == ((), 0, 0)
    assert asked.sampling.max_tokens > published.sampling.max_tokens
    # The list isn't left open where something follows it.
    assert not asked.text.startswith(published.text)


def test_the_layout_is_settled_when_a_run_begins():
    for asked, knows, settled in (
        ("auto", True, "json"),
        ("auto", False, "published"),
        ("json", False, "json"),
        ("published", True, "published"),
    ):
        assert settle_layout(Layout(layout=asked), knows_json=knows).layout == settled
