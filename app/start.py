"""The command ``tamis``. What it loads is never garbage: not to look for any meanwhile takes half the time."""

import gc

gc.disable()

from app import cli  # noqa: E402

# From here on new things alone are looked at, at the end of the process, too.
gc.freeze()
gc.enable()


def main() -> None:
    """Run the command line."""
    cli.main()
