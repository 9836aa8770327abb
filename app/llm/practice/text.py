"""A completion under construction: its text and what was planted where."""

from dataclasses import dataclass, field, replace

from app.llm.practice.proposals import Proposal


@dataclass
class Text:
    """The pieces written so far, and for each proposal the characters it covers."""

    content: str = ""
    planted: list[tuple[int, int, Proposal]] = field(default_factory=list)

    def add(self, piece: str, proposal: Proposal | None = None) -> None:
        """Append a piece, which belongs to the proposal if one is given."""
        start = len(self.content)
        self.content += piece
        if proposal is not None:
            self.planted.append((start, len(self.content), proposal))

    def blame_previous(self, mistake: str, detail: str) -> None:
        """Mark the latest proposal when what follows it spoils it too; a mistake of its own is kept."""
        if self.planted and self.planted[-1][2].mistake is None:
            start, end, proposal = self.planted[-1]
            self.planted[-1] = (start, end, replace(proposal, mistake=mistake, detail=detail))

    def after(self, before: str) -> "Text":
        """Return the same with something before it."""
        moved = [(start + len(before), end + len(before), proposal) for start, end, proposal in self.planted]
        return Text(before + self.content, moved)

    def truth(self, end: int) -> list[dict[str, object]]:
        """Return what was planted before `end`, one entry an item; `cut` tells that the item lost its end."""
        return [
            {
                "item": index,
                "instruction": proposal.instruction,
                "mistake": proposal.mistake,
                "detail": proposal.detail,
                "cut": stop > end,
            }
            for index, (start, stop, proposal) in enumerate(self.planted)
            if start < end
        ]
