"""Where raters differ, by question. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.rating.rubric import Question
from app.studies.reports.said import Decided, Said, differ_on


def disagreements_on(
    question: Question, said: Mapping[int, Sequence[Said]], decided: Mapping[tuple[int, str], Decided]
) -> dict[str, Any]:
    """Return the items on which raters answered a question differently, with who said what and what was decided.

    ``said`` is that of ``by_item``.
    """
    labels = {choice.value: choice.label for choice in question.choices}
    items = []
    for item_id, those in said.items():
        if not differ_on(question.name, those):
            continue
        decision = decided.get((item_id, question.name))
        items.append(
            {
                "item": item_id,
                "candidate": those[0].candidate_id,
                "position": those[0].position,
                "answers": [
                    {"annotator": each.annotator, "answer": each.answers[question.name]}
                    | {"label": labels.get(each.answers[question.name], each.answers[question.name])}
                    for each in those
                    if question.name in each.answers
                ],
                "decision": None
                if decision is None
                else {"answer": decision.answer, "by": decision.by, "reason": decision.reason}
                | {"label": labels.get(decision.answer, decision.answer)},
            }
        )
    return {"question": question.name, "label": question.label, "items": items}
