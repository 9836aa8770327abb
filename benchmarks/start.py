"""The second start of the demo in a checkout: seconds from ``make demo`` to its signed-in page."""

import os
import re
import signal
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.request
from http.cookiejar import CookieJar

from _figures import report
from _served import ROOT

STARTS = 3


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="tamis-benchmark-") as folder:
        first = _start(folder)
        later = [_start(folder) for _ in range(STARTS)]
    report("second start of the demo to its first page", statistics.median(later), "s", "< 5", first=round(first, 2))


def _start(folder: str) -> float:
    """Start the demo, follow its link, stop it. Returns the seconds until the page was there."""
    command = ["make", "demo", f"PORT={_free_port()}", f"DATA_DIR={folder}", "BROWSER=0"]
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
    )
    try:
        assert process.stdout
        link = next(line.strip() for line in process.stdout if re.match(r"http://\S+/sign-in/", line))
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        with browser.open(link) as page:
            assert page.status == 200
            assert b'href="/account"' in page.read()
        return time.perf_counter() - begun
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(60)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
