"""How a benchmark says what it measured: one line of JSON per figure."""

import json
import operator
from typing import Any

_COMPARISONS = {"<": operator.lt, "<=": operator.le, "==": operator.eq, ">=": operator.ge}


def report(figure: str, value: float, unit: str, bar: str = "", **more: Any) -> None:
    """Print one figure. ``bar`` is a comparison and a number, empty where there is none; ``more`` are further keys."""
    ok = True
    if bar:
        comparison, least_or_most = bar.split()
        ok = bool(_COMPARISONS[comparison](value, float(least_or_most)))
    rounded = round(value, 2) if isinstance(value, float) else value
    print(json.dumps({"figure": figure, "value": rounded, "unit": unit, "bar": bar, "ok": ok} | more), flush=True)
