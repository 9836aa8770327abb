"""The rating page as somebody at the keyboard uses it."""

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

ALL_YES = ("1", "q", "a")
PAUSE_MS = 350
_TELL = """
document.addEventListener("keydown", () => (window.pressedAt = performance.now()), true);
document.addEventListener("change", () => (window.changedAt = performance.now()), true);
const number = () => document.querySelector(".rate-card")?.dataset.candidate;
let shown = number();
new MutationObserver(() => {
  if (number() === shown) return; // what lies around the example changes once the answer is stored
  shown = number();
  requestAnimationFrame(() => (window.arrivedAt = performance.now()));
}).observe(document.getElementById("rate"), { childList: true });
"""


@dataclass
class Desk:
    page: Page

    @property
    def card(self) -> Locator:
        return self.page.locator(".rate-card")

    @property
    def number(self) -> int:
        """The number of the example that is shown."""
        return int(self.card.get_attribute("data-candidate") or 0)

    @property
    def error(self) -> Locator:
        return self.page.locator("#answers-error")

    @property
    def progress(self) -> Locator:
        return self.page.locator(".rate-progress [role=status]")

    def press(self, *keys: str) -> None:
        self.page.wait_for_load_state()  # before, nobody listens to keys
        for key in keys:
            self.page.keyboard.press(key)

    def answer(self, *keys: str) -> None:
        """Press ``keys`` and wait for another example or the end of them, and until the answer is stored."""
        number = self.number
        self.press(*keys or ALL_YES)
        self.expect_gone(number)
        self.expect_saved()

    def expect_saved(self) -> None:
        """Wait until every answer has been stored."""
        expect(self.page.locator("#rate[data-unsaved]")).to_have_count(0)

    @property
    def status(self) -> Locator:
        """What the page says of answers that are not stored yet."""
        return self.page.locator("#rate-status")

    @property
    def refused(self) -> Locator:
        """What the page says of answers that will not be stored."""
        return self.page.locator("#rate-refused")

    def expect_shown(self, number: int) -> None:
        expect(self.page.locator(f'.rate-card[data-candidate="{number}"]')).to_be_visible()

    def expect_gone(self, number: int) -> None:
        expect(self.page.locator(f'.rate-card[data-candidate="{number}"]')).to_have_count(0)

    def expect_rated(self, count: int) -> None:
        expect(self.progress).to_have_text(re.compile(rf"^{count} rated\b"))

    def chosen(self, name: str) -> str | None:
        """The answer that is marked for a question, None where there is none."""
        marked = self.page.locator(f'input[name="{name}"]:checked')
        return marked.get_attribute("value") if marked.count() else None

    def time_keys(self, rounds: int) -> tuple[list[float], list[float]]:
        """Skip and answer so many examples each. Returns the milliseconds from a key until the next one is visible:
        after a skip, and after the last answer beyond the pause."""
        self.page.evaluate(f"() => {{{_TELL}}}")
        skipped, answered = [], []
        for _ in range(rounds):
            self.answer("x")
            self.page.wait_for_function("() => window.arrivedAt > window.pressedAt")
            skipped.append(float(self.page.evaluate("arrivedAt - pressedAt")))
        for _ in range(rounds):
            self.answer()
            self.page.wait_for_function("() => window.arrivedAt > window.changedAt")
            answered.append(float(self.page.evaluate("arrivedAt - changedAt")) - PAUSE_MS)
        return skipped, answered
