"""Which of two answers is better, blind, as Alpaca was compared with its teacher (Taori et al., 2023)."""

from app.rating.rubric import Question, Rubric
from app.rating.scale import pairwise

pairwise_comparison = Rubric(
    name="pairwise_comparison",
    version=1,
    label="The better one of two answers",
    source="Stanford Alpaca, blind pairwise comparison",
    questions=(
        Question(
            name="better",
            label="Which answer is better?",
            help=(
                "Read both to the end. Nobody is told who wrote which, and the sides are drawn by lot. Choose Tie "
                "where you would take either."
            ),
            scale=pairwise(),
        ),
    ),
)
