"""People at their browsers, and everything their pages complained about."""

import re
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from tests.browser.instance import Instance, Member

_TELL_OF_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`Policy broken: ${event.violatedDirective} by ${event.blockedURI} at ${event.sourceFile}`));
"""


@dataclass
class Visitors:
    """Opens browsers for people. ``allow`` names the complaints that a test brings about on purpose."""

    browser: Browser
    tamis: Instance
    contexts: list[BrowserContext] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)

    def open(self, member: Member | None = None, **options: Any) -> Page:
        """Open a browser of somebody's own, signed in where there is a ``member``."""
        context = self.browser.new_context(
            **{"base_url": self.tamis.url, "viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"}
            | options
        )
        context.set_default_timeout(20_000)
        context.add_init_script(_TELL_OF_VIOLATIONS)
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.complaints.append(f"{error.page and error.page.url}: {error.error}"))
        if member is not None:
            context.add_cookies([self.tamis.cookie(member)])
        self.contexts.append(context)
        return context.new_page()

    def allow(self, pattern: str) -> None:
        """Expect complaints that match ``pattern``."""
        self.allowed.append(pattern)

    def leave(self) -> None:
        """Close every browser and fail where a page complained."""
        for context in self.contexts:
            context.close()
        unexpected = [each for each in self.complaints if not any(re.search(one, each) for one in self.allowed)]
        assert not unexpected, "\n".join(unexpected)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.location.get('url', '')}: {message.text}")
