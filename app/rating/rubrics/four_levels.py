"""The four levels that Self-Instruct rates answers on (Wang et al., 2023, human evaluation)."""

from app.rating.rubric import Question, Rubric
from app.rating.scale import levels_of

four_levels = Rubric(
    name="four_levels",
    version=1,
    label="Four levels, A to D",
    source="Self-Instruct, human evaluation",
    questions=(
        Question(
            name="level",
            label="How good is the output?",
            help=(
                "A: right and satisfying. B: acceptable, with small flaws. C: does what was asked, but with serious "
                "mistakes. D: beside the point or unusable."
            ),
            scale=levels_of(
                ("a", "A · right and satisfying"),
                ("b", "B · small flaws"),
                ("c", "C · serious mistakes"),
                ("d", "D · unusable"),
            ),
            valid="a",
            also_valid=("b",),
        ),
    ),
)
