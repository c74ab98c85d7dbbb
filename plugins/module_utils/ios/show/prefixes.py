# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths of BGP: tables (`show ip bgp`, `... advertised-routes`) and prefixes (`show ip bgp PREFIX`)."""

from __future__ import annotations

from ...model.family import IPV4
from .answer import answer
from .path_details import ENTRY, read_details
from .path_tables import read_table
from .records import BgpPath


def read_prefixes(text: str, command: str = "") -> tuple[BgpPath, ...]:
    """Read the paths of a table, or of the detailed view, in the order of the text.

    () where no BGP process runs, where the table is empty and where the prefix is not in it.

    Raises:
        IosTextError: an error of IOS; a line that is neither a path nor a known line; fewer paths than the
            text itself counts ("Total number of prefixes 20", "Paths: (2 available").
    """
    source = answer(text, command, IPV4.table)
    if any(ENTRY in line for line in source.lines):
        return read_details(source)
    return read_table(source)
