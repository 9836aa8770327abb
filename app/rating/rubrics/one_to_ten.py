"""A score from 1 to 10, the scale on which GPT-4 judged answers (Peng et al., 2023)."""

from app.rating.rubric import Question, Rubric
from app.rating.scale import numbers

one_to_ten = Rubric(
    name="one_to_ten",
    version=1,
    label="A score from 1 to 10",
    source="Instruction Tuning with GPT-4, scores",
    questions=(
        Question(
            name="score",
            label="How good is the output, from 1 to 10?",
            help=(
                "10: nothing could be better. 7: good, something is missing. 4: partly wrong. 1: useless. Think of how "
                "much you would have to change. The key 0 gives 10."
            ),
            scale=numbers(1, 10),
        ),
    ),
)
