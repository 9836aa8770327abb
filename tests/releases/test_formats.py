"""What each format writes, read back with other readers than the ones that wrote it."""

import json
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidInput, NotFound
from app.examples import Example
from app.layouts import WITH_INPUT, WITHOUT_INPUT
from app.releases import formats
from app.releases.format import choose
from app.releases.formats import FORMATS, format_named
from app.releases.record import canonical
from tests.releases.texts import outputs, texts

APPLE = Example("Name a fruit.", "", "An apple.")
SUM = Example("Add the numbers.", "1, 2, 3", "6")
TRICKY = Example("a\u2028b\u0085c {input} {0} % \\", 'x\u2029"y"\t{instruction}', "one\n\ntwo\u2028 你好 🦊")
EXAMPLES = [APPLE, SUM, TRICKY]

each = pytest.mark.parametrize("chosen", FORMATS, ids=lambda chosen: chosen.name)
by_line = pytest.mark.parametrize(
    "chosen", [chosen for chosen in FORMATS if chosen.suffix == ".jsonl"], ids=lambda chosen: chosen.name
)


examples = st.lists(st.builds(Example, texts.filter(bool), texts, outputs), max_size=5)
MARKERS = ["", "<|endoftext|>", "\n", " END"]


def lines_of(written):
    return [
        canonical({"id": number, "instruction": one.instruction, "input": one.input, "output": one.output})
        for number, one in enumerate(written)
    ]


def file_of(name, written, **chosen):
    return b"".join(format_named(name).write(lines_of(written), chosen)).decode()


def plain(name, written):
    """The file without what only Tamis reads."""
    return file_of(name, written, places="no")


class TestContract:
    def test_every_file_is_in_the_tuple(self):
        files = {path.stem for path in Path(formats.__file__).parent.glob("*.py")} - {"__init__"}
        assert {chosen.name for chosen in FORMATS} == files
        assert len(FORMATS) == len(files)

    @each
    def test_it_is_found_by_the_name_of_its_file_and_explained(self, chosen):
        assert getattr(import_module(f"app.releases.formats.{chosen.name}"), chosen.name) is chosen
        assert format_named(chosen.name) is chosen
        assert chosen.label
        assert chosen.description.endswith(".")
        assert chosen.suffix.startswith(".json")
        assert chosen.media_type.startswith("application/json")

    @each
    def test_the_same_release_gives_the_same_bytes(self, chosen):
        assert list(chosen.write(lines_of(EXAMPLES))) == list(chosen.write(iter(lines_of(EXAMPLES))))

    @each
    def test_it_writes_while_it_reads(self, chosen):
        read = []

        def records():
            for line in lines_of(EXAMPLES):
                read.append(line)
                yield line

        next(chosen.write(records()))
        assert len(read) == 1

    def test_an_unknown_name_is_not_found_with_the_known_ones(self):
        with pytest.raises(NotFound, match=r"no format “csv”.*full, alpaca, chat, completion"):
            format_named("csv")


@by_line
@given(examples)
def test_every_reader_finds_one_record_per_line(chosen, written):
    text = file_of(chosen.name, written)
    assert len(text.splitlines()) == text.count("\n") == len(written)
    assert all(isinstance(json.loads(line), dict) for line in text.splitlines())


class TestFull:
    @given(examples)
    def test_texts_come_back_as_they_were(self, written):
        read = [json.loads(line) for line in file_of("full", written).splitlines()]
        assert [Example(one["instruction"], one["input"], one["output"]) for one in read] == written

    def test_lines_are_written_as_they_were_frozen(self):
        lines = lines_of(EXAMPLES)
        assert b"".join(format_named("full").write(lines)) == b"".join(line + b"\n" for line in lines)


class TestAlpaca:
    @given(examples)
    def test_it_is_one_list_of_exactly_three_keys(self, written):
        read = json.loads(file_of("alpaca", written))
        assert [list(one) for one in read] == [["instruction", "input", "output"]] * len(written)
        assert [Example(**one) for one in read] == written

    def test_a_file_loads_from_disk_as_alpaca_data_does(self, tmp_path):
        path = tmp_path / "alpaca_data.json"
        path.write_text(file_of("alpaca", [APPLE, SUM]), encoding="utf-8")
        with path.open(encoding="utf-8") as file:
            assert json.load(file) == [
                {"instruction": "Name a fruit.", "input": "", "output": "An apple."},
                {"instruction": "Add the numbers.", "input": "1, 2, 3", "output": "6"},
            ]

    def test_nothing_is_an_empty_list(self):
        assert json.loads(file_of("alpaca", [])) == []


class TestOptions:
    def test_what_is_chosen_is_checked_by_name_and_value(self):
        completion = format_named("completion")
        assert choose(completion, {"end_marker": "<|endoftext|>", "places": "no"}) == {
            "end_marker": "<|endoftext|>",
            "places": "no",
        }
        for typed, sentence in [
            ({"marker": "x"}, "has no option “marker”. It has: end_marker, places."),
            ({"places": "maybe"}, "“places” must be one of: yes, no."),
            ({"end_marker": "x" * 61}, "at most 60"),
            ({"end_marker": "\x00"}, "U+0000"),
        ]:
            with pytest.raises(InvalidInput) as refusal:
                choose(completion, typed)
            assert sentence in refusal.value.sentence
        with pytest.raises(InvalidInput, match="has no option “end_marker”. It has none."):
            choose(format_named("alpaca"), {"end_marker": ""})

    @each
    def test_every_option_is_explained_and_usual_unless_chosen(self, chosen):
        usual = {option.name: option.default for option in chosen.options}
        assert choose(chosen, usual) == usual
        assert file_of(chosen.name, EXAMPLES) == file_of(chosen.name, EXAMPLES, **usual)
        for option in chosen.options:
            assert option.label
            assert option.help.endswith(".")


@pytest.mark.parametrize("name", ["alpaca", "chat", "completion"])
@pytest.mark.parametrize("blank", ["", " \n", "\u200b"])
def test_an_output_that_was_frozen_blank_is_never_learned_from(name, blank):
    """Releases from before such were held back have some; the file of everything holds what was frozen."""
    nothing = Example("Say nothing.", "", blank)
    assert file_of(name, [APPLE, nothing, SUM]) == file_of(name, [APPLE, SUM])
    assert len(file_of("full", [APPLE, nothing]).splitlines()) == 2


class TestChat:
    def test_the_user_asks_and_the_assistant_answers(self):
        first, second = (json.loads(line) for line in plain("chat", [APPLE, SUM]).splitlines())
        assert first == {
            "messages": [
                {"role": "user", "content": "Name a fruit."},
                {"role": "assistant", "content": "An apple."},
            ]
        }
        assert second["messages"][0]["content"] == "Add the numbers.\n\n1, 2, 3"

    @given(examples)
    def test_texts_come_back_as_they_were(self, written):
        for line, one in zip(plain("chat", written).splitlines(), written, strict=True):
            assert list(json.loads(line)) == ["messages"]
            user, assistant = json.loads(line)["messages"]
            assert user["content"] == (f"{one.instruction}\n\n{one.input}" if one.input else one.instruction)
            assert assistant["content"] == one.output

    @given(examples)
    def test_a_line_says_where_instruction_and_input_stand(self, written):
        for line, one in zip(file_of("chat", written).splitlines(), written, strict=True):
            found = json.loads(line)
            prompt = found["messages"][0]["content"]
            assert {name: prompt[slice(*place)] for name, place in found["tamis"].items()} == {
                "instruction": one.instruction,
                "input": one.input,
            }


class TestCompletion:
    @given(examples, st.sampled_from(MARKERS))
    def test_a_completion_begins_as_its_prompt_ends_and_ends_with_what_was_chosen(self, written, marker):
        lines = file_of("completion", written, places="no", end_marker=marker).splitlines()
        for line, one in zip(lines, written, strict=True):
            pair = json.loads(line)
            assert list(pair) == ["prompt", "completion"]
            space = " " if pair["prompt"].endswith(":") else ""
            assert pair["completion"] == f"{space}{one.output}{marker}"
            assert pair["prompt"].endswith(("Output:", "\n\n"))

    def test_nothing_ends_a_completion_unless_somebody_asks_for_it(self):
        (line,) = file_of("completion", [APPLE]).splitlines()
        assert json.loads(line)["completion"] == " An apple."

    @given(examples)
    def test_a_prompt_is_one_of_the_layouts_with_the_texts_put_in(self, written):
        for line, one in zip(file_of("completion", written).splitlines(), written, strict=True):
            layouts = WITH_INPUT if one.input else WITHOUT_INPUT
            filled = {f"{each.before}{one.instruction}{each.between}{one.input}{each.after}" for each in layouts}
            assert json.loads(line)["prompt"] in filled

    def test_an_example_has_its_layout_wherever_it_stands(self):
        alone = file_of("completion", [TRICKY])
        assert file_of("completion", [APPLE, TRICKY]).endswith(alone)
        assert file_of("completion", [TRICKY, APPLE]).startswith(alone)

    def test_layouts_stay_what_they_were_in_files_written_before(self):
        prompts = [json.loads(line)["prompt"] for line in file_of("completion", [APPLE, SUM]).splitlines()]
        assert prompts == PROMPTS_OF_THE_FIRST_VERSION

    def test_every_layout_is_used(self):
        many = [Example(f"Name {n} fruits.", given_, "x") for n in range(200) for given_ in ("", "Now.")]
        prompts = {
            json.loads(line)["prompt"].replace(one.instruction, "{instruction}").replace("Now.", "{input}")
            for line, one in zip(file_of("completion", many).splitlines(), many, strict=True)
        }
        assert prompts == {
            *(f"{each.before}{{instruction}}{each.between}{{input}}{each.after}" for each in WITH_INPUT),
            *(f"{each.before}{{instruction}}{each.after}" for each in WITHOUT_INPUT),
        }


PROMPTS_OF_THE_FIRST_VERSION = ["Name a fruit.\n\nOutput:", "Add the numbers.\nInput: 1, 2, 3\nOutput:"]
