"""Several answers put in order, as InstructGPT's labelers did (Ouyang et al., 2022)."""

from app.rating.rubric import Question, Rubric
from app.rating.scale import ranking

ranked_answers = Rubric(
    name="ranked_answers",
    version=1,
    label="Several answers, ranked",
    source="InstructGPT, rankings of 4 to 9 outputs",
    questions=(
        Question(
            name="order",
            label="In which order are they good, best first?",
            help="Press the key of the best answer, then of the next, to the worst. A key pressed again takes it out.",
            scale=ranking(9),
        ),
    ),
)
