# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records as plain data and back: how they travel from one step of a run to the next, as JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any


def to_data(record: Any) -> Any:
    """A record as plain data, ready for JSON."""
    return json.loads(json.dumps(dataclasses.asdict(record)))


def canonical(data: Any) -> bytes:
    """The one JSON text of `data`: sorted keys, no white space."""
    return json.dumps(data, sort_keys=True, separators=(",", ":")).encode()


def many(kind: Any, rows: Sequence[Mapping[str, Any]]) -> tuple[Any, ...]:
    return tuple(kind(**row) for row in rows)
