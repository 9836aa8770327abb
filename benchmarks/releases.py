"""A release of 52,002 examples, the size of Alpaca: frozen and downloaded over HTTP, in time and memory.

The first download after the start is the one whose memory counts: whatever it needs shows then.
"""

import statistics
import sys

from _figures import report
from _made import examples, fill
from _served import Answer, Browser, Server, databases, serve

EXAMPLES = 52_002
ROUNDS = 3
# Label Studio's export of as many annotated tasks as JSON, measured on two cores.
LABEL_STUDIO_SECONDS = 115


def main() -> None:
    given, source = examples(EXAMPLES)
    print(f"{EXAMPLES:,} examples, {source}", file=sys.stderr)
    with databases() as urls:
        for name, url in urls.items():
            made = fill(url, given, approved=1.0)
            releases = f"/projects/{made.project_id}/releases"
            with serve(url) as server:
                browser = Browser(server.port, made.token)
                browser.get(releases)
                path, seconds, grown = _freeze(server, browser, releases)
            report(f"freezing {EXAMPLES:,} examples, {name}", seconds, "s", "< 10", data=source)
            report(f"memory grown while freezing, {name}", grown, "MB", "< 150")
            with serve(url) as server:
                browser = Browser(server.port, made.token)
                browser.get(path)
                _download(name, server, browser, path)


def _freeze(server: Server, browser: Browser, releases: str) -> tuple[str, float, float]:
    """Return the path of the new release, the seconds it took and the megabytes by which memory grew."""
    with server.watched() as grown:
        answer = browser.post(releases, {"name": "First", "notes": ""})
    return answer.headers["location"], answer.milliseconds / 1_000, grown[0]


def _download(name: str, server: Server, browser: Browser, path: str) -> None:
    def ask(encoding: str) -> Answer:
        return browser.get(f"{path}/download/alpaca", **{"Accept-Encoding": encoding})

    with server.watched() as grown:
        answers = {encoding: [ask(encoding)] for encoding in ("gzip", "identity")}
    for _ in range(ROUNDS - 1):
        for encoding, taken in answers.items():
            taken.append(ask(encoding))
    for encoding, taken in answers.items():
        compressed = ", compressed" if encoding == "gzip" else ""
        report(
            f"downloading {EXAMPLES:,} examples as Alpaca JSON{compressed}, {name}",
            statistics.median(each.milliseconds for each in taken) / 1_000,
            "s",
            "< 2",
            megabytes=round(taken[0].size / 2**20, 1),
            peer={"Label Studio": LABEL_STUDIO_SECONDS},
        )
    report(f"memory grown while downloading, {name}", grown[0], "MB", "< 32")


if __name__ == "__main__":
    main()
