"""Nested options and metrics as plain names and values, for tables and for records that know no nesting."""

import math
from collections.abc import Mapping
from typing import Any


def flat(options: Mapping[str, Any], *, prefix: str = "") -> dict[str, str]:
    """Options by dotted names, each as text: `{"e5": {"epochs": 4}}` becomes `{"e5.epochs": "4"}`."""
    found: dict[str, str] = {}
    for name, value in options.items():
        if isinstance(value, Mapping):
            found |= flat(value, prefix=f"{prefix}{name}.")
        else:
            shown = ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
            found[f"{prefix}{name}"] = shown or "none"
    return found


def flat_numbers(metrics: Mapping[str, Any], *, prefix: str = "") -> dict[str, float]:
    """Every number of nested metrics, by names with slashes; an interval becomes two, `…_low` and `…_high`."""
    found: dict[str, float] = {}
    for name, value in metrics.items():
        if isinstance(value, Mapping):
            found |= flat_numbers(value, prefix=f"{prefix}{name}/")
        elif isinstance(value, list | tuple) and len(value) == 2:
            found |= {f"{prefix}{name}_low": float(value[0]), f"{prefix}{name}_high": float(value[1])}
        elif isinstance(value, int | float) and math.isfinite(value):
            found[f"{prefix}{name}"] = float(value)
    return found
