"""The practice model as a judge and as a translator."""

import pytest

from app.generation.pipeline import Demonstration
from app.generation.pipelines import judge, teacher, translate
from app.generation.wording import SHIPPED
from app.llm.practice.judging import write_judgement
from app.llm.practice.reader import Judging, Request, Translation, read_prompt
from app.llm.practice.writer import write
from app.llm.prompt import Completion
from tests.llm.practice.asking import draws

TASK = "Convert 12 kilometres to metres."
RIGHT, WRONG = "12000 metres", "12 metres"
TEN, POINTS = judge.pipeline.Parameters(), judge.pipeline.Parameters(scale="points")


def asked(parameters, *answers, given=""):
    example = Demonstration(
        TASK, tuple((given, each) for each in answers), False, alternative_ids=tuple((n,) for n in range(len(answers)))
    )
    return read_prompt(judge.pipeline.ask([example], parameters, SHIPPED).text), example


def test_what_is_to_be_judged_is_known_by_its_parts():
    assert asked(TEN, RIGHT, "Line one\n\nLine two", given="in")[0] == Judging(
        TASK, "in", (RIGHT, "Line one\n\nLine two"), adds_points=False
    )
    assert asked(POINTS, RIGHT)[0] == Judging(TASK, "", (RIGHT,), adds_points=True)


@pytest.mark.parametrize(("parameters", "least"), [(TEN, 8), (POINTS, 4)])
def test_a_right_answer_scores_high_wherever_it_stands(parameters, least):
    read = 0
    for seed in range(60):
        answers = (RIGHT, WRONG) if parameters is TEN else (RIGHT,)
        prompt, example = asked(parameters, *answers)
        text = write_judgement(prompt, draws(seed)).content
        scores = judge.pipeline.read(Completion(text), [example], parameters)
        if scores:
            read += 1
            assert scores[0].score >= least
            assert all(each.score < least for each in scores[1:])
    # Now and then it leaves a score out or leaves the scale.
    assert 45 <= read < 60


def test_the_same_wrong_answer_scores_much_the_same():
    prompt, example = asked(TEN, WRONG, "A dozen")
    found = [
        judge.pipeline.read(Completion(write_judgement(prompt, draws(seed)).content), [example], TEN)
        for seed in range(40)
    ]
    first = {scores[0].score for scores in found if scores}
    assert max(first) - min(first) <= 2


def test_a_translation_marks_the_task_and_keeps_its_input():
    parameters = translate.pipeline.Parameters(into="French")
    example = Demonstration(TASK, (("3\n1", ""),), False)
    prompt = read_prompt(translate.pipeline.ask([example], parameters, SHIPPED).text)
    assert prompt == Translation(TASK, "3\n1", "French")
    lost = 0
    for seed in range(60):
        completion = Completion(write(prompt, draws(seed)).content)
        (proposal,) = translate.pipeline.read(completion, [example], parameters)
        assert proposal.draft.instruction == f"In French, please: {TASK}"
        lost += proposal.draft.problem is not None
    assert 0 < lost < 10


@pytest.mark.parametrize("given", ["", "table, spoon"])
def test_a_teacher_is_asked_for_an_output(given):
    parameters = teacher.pipeline.Parameters()
    prompt = teacher.pipeline.ask([Demonstration(TASK, ((given, "old"),), False)], parameters, SHIPPED).text
    assert read_prompt(prompt) == Request(TASK, given)
    assert "old" not in prompt
