# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever happens to a text: a reader reads all that stands in it, or says which line it cannot read."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.neighbors import read_neighbors
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.prefixes import read_prefixes
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show.summary import read_summary
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.text import IosTextError
from tests.helpers.recordings import (
    DETAILS,
    NEIGHBORS,
    SUMMARIES,
    TABLES,
    is_address,
    neighbor_peers,
    table_paths,
)
from tests.helpers.show_dynamic import DYNAMIC

INSERTED = st.one_of(
    st.text(alphabet="0123456789abcdef:.*/ >i?%-", max_size=40),
    st.sampled_from(
        ["192.0.2.1", "*192.0.2.1", "192.0.2.1       4        64512      13", "2001:DB8::1",
         "  4  64512  1  1", "BGP neighbor is 192.0.2.1,  remote AS 64512, internal link",
         "BGP neighbor is 192.0.2.1,", "", " *>i 192.0.2.0/24     192.0.2.1                0    100      0 i",
         "% Invalid input detected"]
    ),
)  # fmt: skip
Change = Callable[[list[str]], list[str]]


@st.composite
def changes(draw: Any) -> Change:
    """One change to a list of lines; the places are fractions, so that they fit every text."""
    place, kind = (
        draw(st.floats(0, 0.999)),
        draw(st.sampled_from(["delete", "repeat", "cut", "insert", "end"])),
    )
    column, text = draw(st.integers(0, 90)), draw(INSERTED)

    def change(lines: list[str]) -> list[str]:
        at = int(place * len(lines))
        new = {
            "delete": [],
            "repeat": lines[at : at + 1] * 2,
            "cut": [line[:column] for line in lines[at : at + 1]],
            "insert": [*lines[at : at + 1], text],
        }
        return lines[:at] if kind == "end" else [*lines[:at], *new[kind], *lines[at + 1 :]]

    return change


def damaged(text: str, made: list[Change]) -> str:
    lines = text.splitlines()
    for change in made:
        lines = change(lines)
    return "\n".join(lines)


def texts(recordings: list[Any], *more: str) -> Any:
    return st.sampled_from([*more, *(each.text for each in recordings)])


def same(addresses: list[str]) -> Counter[Any]:
    return Counter(ipaddress.ip_address(address) for address in addresses)


def read_or_refused(reader: Callable[[str], Any], text: str) -> Any:
    """What the reader reads, None where it says what it cannot read."""
    try:
        return reader(text)
    except IosTextError:
        return None


CHANGES = st.lists(changes(), min_size=1, max_size=3)
often = settings(max_examples=300, deadline=2000, suppress_health_check=[HealthCheck.too_slow])


@given(text=texts(SUMMARIES, DYNAMIC), made=CHANGES)
@often
def test_every_address_in_the_place_of_a_row_is_read_or_refused(text: str, made: list[Change]):
    text = damaged(text, made)
    summary = read_or_refused(read_summary, text)
    if summary is None:
        return
    words = [line.split()[0].lstrip("*") for line in text.splitlines() if line.strip("* \t")]
    assert same([row.address for row in summary.rows]) == same([word for word in words if is_address(word)])


@pytest.mark.skipif(not NEIGHBORS, reason="no recordings")
@given(data=st.data(), made=CHANGES)
@often
def test_every_block_is_read_or_refused(data: Any, made: list[Change]):
    text = damaged(data.draw(texts(NEIGHBORS)), made)
    read = read_or_refused(read_neighbors, text)
    assert read is None or same([each.address for each in read]) == same(neighbor_peers(text))


@pytest.mark.skipif(not TABLES, reason="no recordings")
@given(data=st.data(), made=CHANGES)
@often
def test_no_path_is_made_up(data: Any, made: list[Change]):
    text = damaged(data.draw(texts([each for each in TABLES if each not in DETAILS])), made)
    read = read_or_refused(read_prefixes, text)
    assert read is None or len(read) == table_paths(text)


@pytest.mark.skipif(not DETAILS, reason="no recordings")
@given(data=st.data(), made=CHANGES)
@often
def test_a_detailed_view_has_all_paths_that_it_counts(data: Any, made: list[Change]):
    text = damaged(data.draw(texts(DETAILS)), made)
    read = read_or_refused(read_prefixes, text) or ()
    assert all(path.next_hop and path.prefix and path.origin for path in read)
    assert len(read) <= text.count(" from ") + table_paths(text)


@given(text=st.text(max_size=300))
@often
def test_any_text_is_read_or_refused(text: str):
    for reader in (read_summary, read_neighbors, read_prefixes):
        result = read_or_refused(reader, text)
        # Only what is around an answer is left out: nothing is read out of it.
        assert not getattr(result, "rows", result)
