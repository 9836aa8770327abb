"""The three questions of the quality study in Self-Instruct (Wang et al., 2023, Table 2)."""

from app.rating.rubric import Question, Rubric
from app.rating.scale import choices_of

quality_study = Rubric(
    name="quality_study",
    version=1,
    label="Three yes-or-no questions",
    source="Self-Instruct, Table 2",
    questions=(
        Question(
            name="valid_task",
            label="Does the instruction make sense as a task?",
            help=(
                "Yes if a careful person could do it with nothing but text. No if it is garbled, impossible, or needs "
                "something that isn’t there, such as a photo. "
                "The paper asks: does the instruction describe a valid task?"
            ),
            about="instruction",
            scale=choices_of(("yes", "Yes"), ("no", "No"), pool=0),
            valid="yes",
        ),
        Question(
            name="input_appropriate",
            label="Does the input fit the instruction?",
            help=(
                "Yes if the input is what the instruction needs, or if none is needed and none is there. No if it is "
                "missing, or about something else. The paper asks: is the input appropriate for the instruction?"
            ),
            about="input",
            scale=choices_of(("yes", "Yes"), ("no", "No"), pool=1),
            valid="yes",
        ),
        Question(
            name="output_correct",
            label="Is the output right and good enough?",
            help=(
                "Yes if it does what was asked and is correct. No if it is wrong, incomplete or beside the point. The "
                "paper asks: is the output a correct and acceptable response to the instruction and input?"
            ),
            about="output",
            scale=choices_of(("yes", "Yes"), ("no", "No"), pool=2),
            valid="yes",
        ),
    ),
)
