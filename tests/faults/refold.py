"""Candidates worked out once more from the answers that the ledger accepted.

This is the one place of the check that uses the application: the pipelines' own reading, which is pure. How answers
are stored, taken in, screened and counted is not used; that is what is held against it.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from app.examples import Example
from app.generation.pipeline import Demonstration, Makes
from app.generation.pipelines import pipeline_named
from app.generation.pipelines.back_generation import texts_in
from app.generation.wording import SHIPPED
from app.llm.prompt import Completion
from tests.faults.books import PROPOSING, USABLE, Books, Row


def differences(books: Books) -> Iterator[str]:
    """Say where the candidates are not what the accepted answers make."""
    for call in books.tables["calls"]:
        if call["outcome"] in USABLE:
            yield from _misread(call)
    for run in books.tables["runs"]:
        yield from _Refolded(books, run).differences()


def _misread(call: Row) -> Iterator[str]:
    """What is plain in the bytes of an answer is what was read from them."""
    try:
        content = json.loads(bytes(call["raw"]))["choices"][0]["message"]["content"]
    except (ValueError, TypeError, KeyError, LookupError):
        return  # packed in another way; what is read from such bytes has its own tests
    is_plain = isinstance(content, str) and content.isascii() and "\0" not in content
    if is_plain and content != call["text"]:
        yield f"call {call['id']} says {call['text']!r}, its bytes {content!r}"


_NOTHING = Demonstration("", (("", ""),), is_classification=False)


class _Refolded:
    def __init__(self, books: Books, run: Row) -> None:
        self.books, self.run, self.pipeline = books, run, pipeline_named(run["pipeline"])
        self.parameters = self.pipeline.Parameters.model_validate(run["parameters"])
        self.calls = {key[1:]: calls[-1] for key, calls in books.accepted.items() if key[0] == run["id"]}
        self.shown = [row["call_id"] for row in books.tables["demonstrations"]]
        self.candidates: dict[tuple[int, int], list[Row]] = {}
        for row in books.tables["candidates"]:
            if row["run_id"] == run["id"]:
                self.candidates.setdefault((row["round"], row["position"]), []).append(row)
        self.seeds = [
            Demonstration(seed["instruction"], (("", ""),), bool(seed["is_classification"]))
            for seed in books.tables["seed_tasks"]
            if seed["project_id"] == run["project_id"]
        ]

    def differences(self) -> Iterator[str]:
        """Say where what the run made is not what its answers say."""
        ways = {
            Makes.EXAMPLES: self._of_examples,
            Makes.ALTERNATIVES: self._of_alternatives,
            Makes.SCORES: self._of_scores,
        }
        yield from ways[self.pipeline.makes]()

    def _of_alternatives(self) -> Iterator[str]:
        """One answer for each round that was answered and taken in."""
        found = [(row["call_id"], row["output"]) for row in self._made("alternatives")]
        wanted = []
        for round_, call in self._answered_rounds():
            (proposal,) = self.pipeline.read(_completion(call), self._demonstrations(round_, call), self.parameters)
            wanted.append((call["id"], proposal.draft.output))
        if sorted(found) != sorted(wanted):
            yield f"run {self.run['id']} holds {sorted(found)!r}, its answers {sorted(wanted)!r}"

    def _of_scores(self) -> Iterator[str]:
        """What was judged of a round is what its answer says, for each place once."""
        calls = dict(self._answered_rounds())
        judged: dict[int, list[tuple[int, int]]] = {}
        for row in self._made("judgements"):
            judged.setdefault(row["round"], []).append((row["place"], row["score"]))
            if row["call_id"] != calls.get(row["round"], {}).get("id"):
                yield f"run {self.run['id']} round {row['round']} names call {row['call_id']}"
        for round_, scores in judged.items():
            shown = [replace(_NOTHING, instances=(("", ""),) * (max(scores)[0] + 1))]
            read = self.pipeline.read(_completion(calls[round_]), shown, self.parameters) if round_ in calls else []
            if {(each.place, each.score) for each in read} != set(scores):
                yield f"run {self.run['id']} round {round_} holds {sorted(scores)}, its answer {read}"

    def _answered_rounds(self) -> Iterator[tuple[int, Row]]:
        for round_ in range(self.run["rounds_folded"]):
            if (call := self.calls.get((round_, PROPOSING, self.pipeline.purpose))) is not None:
                yield round_, call

    def _made(self, table: str) -> list[Row]:
        return [row for row in self.books.tables[table] if row["run_id"] == self.run["id"]]

    def _of_examples(self) -> Iterator[str]:
        for round_ in range(self.run["rounds_folded"]):
            yield from self._of_round(round_)
        for (round_, position), rows in self.candidates.items():
            if round_ >= self.run["rounds_folded"]:
                yield f"{self._place(round_, position)} was never taken in"
            yield from self._of_instances(round_, position, sorted(rows, key=lambda row: row["instance"]))

    def _of_round(self, round_: int) -> Iterator[str]:
        call = self.calls.get((round_, PROPOSING, self.pipeline.purpose))
        drafts = {}
        if call is not None:
            read = self.pipeline.read(_completion(call), self._demonstrations(round_, call), self.parameters)
            drafts = {each.position: each.draft for each in read}
        stored = {position for at, position in self.candidates if at == round_}
        if stored != set(drafts):
            yield f"run {self.run['id']} round {round_} has {sorted(stored)}, its answer {sorted(drafts)}"
        for position in stored & set(drafts):
            row, draft = self.candidates[round_, position][0], drafts[position]
            if row["version"] == 1 and row["instruction"] != draft.instruction:
                yield f"{self._place(round_, position)} says {row['instruction']!r}, its answer {draft.instruction!r}"
            if call is not None and row["call_id"] != call["id"]:
                yield f"{self._place(round_, position)} names call {row['call_id']}, its answer is call {call['id']}"

    def _of_instances(self, round_: int, position: int, rows: list[Row]) -> Iterator[str]:
        first = rows[0]
        answers = {
            purpose: _completion(call)
            for (at, place, purpose), call in self.calls.items()
            if (at, place) == (round_, position)
        }
        accepted = Example(first["instruction"], first["input"])
        question = self.pipeline.next_question(accepted, answers, self.seeds, self.parameters, SHIPPED)
        if first["outcome"] == "unfinished":
            if question is None:
                yield f"{self._place(round_, position)} is unfinished though all is answered"
        elif first["instance_call_id"] is not None and question is not None:
            yield f"{self._place(round_, position)} has instances, but no answer about its {question.purpose}"
        elif first["instance_call_id"] is not None and first["version"] == 1:
            drafts, _ = self.pipeline.finish(accepted, answers, self.parameters)
            wanted = [(draft.instance, draft.input, draft.output) for draft in drafts]
            found = [(row["instance"], row["input"], row["output"]) for row in rows]
            if found != wanted:
                yield f"{self._place(round_, position)} holds {found!r}, its answers {wanted!r}"

    def _demonstrations(self, round_: int, call: Row) -> list[Demonstration]:
        """As many as were shown; what they say is only read back where a text was given."""
        if self.pipeline.over_chosen:
            return [self._chosen(round_)]
        shown = [_NOTHING] * self.shown.count(call["id"])
        pasted: Any = self.run["parameters"].get("texts")
        given = [replace(_NOTHING, instances=(("", texts_in(pasted)[round_]),))] if pasted else []
        return shown + given

    def _chosen(self, round_: int) -> Demonstration:
        """The example that a round was about. Nobody edits what it asks in a campaign."""
        (chosen,) = (row for row in self._made("chosen_examples") if row["position"] == round_)
        (row,) = (row for row in self.books.tables["candidates"] if row["id"] == chosen["candidate_id"])
        return Demonstration(row["instruction"], ((row["input"], row["output"]),), is_classification=False)

    def _place(self, round_: int, position: int) -> str:
        return f"run {self.run['id']} round {round_} position {position}"


def _completion(call: Row) -> Completion:
    return Completion(call["text"], "length" if call["outcome"] == "cut_off" else "stop")
