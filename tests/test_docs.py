"""What the documentation says of settings is what the code says."""

import re
from pathlib import Path

from app.settings import Settings

PAGE = (Path(__file__).parents[1] / "docs" / "settings.md").read_text()
DEFAULTS = {"data_dir": "the user's data folder"}


def _variable(name, field):
    alias = field.validation_alias
    return str(alias.choices[-1]) if alias is not None else f"TAMIS_{name.upper()}"


def _default(name, field):
    if name in DEFAULTS:
        return DEFAULTS[name]
    return {None: "empty", "": "empty", True: "true", False: "false"}.get(field.default, f"`{field.default}`")


def test_settings_documented():
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE)
    fields = Settings.model_fields.items()
    assert rows == [(_variable(name, field), field.description, _default(name, field)) for name, field in fields]
