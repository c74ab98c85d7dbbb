# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables and the short message."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.evaluate import text
from ansible_collections.telco.calico_bgp.plugins.module_utils.evaluate.judge import judge
from ansible_collections.telco.calico_bgp.plugins.module_utils.evaluate.records import read_measurement
from ansible_collections.telco.calico_bgp.plugins.module_utils.evaluate.result import Evaluation
from ansible_collections.telco.calico_bgp.plugins.module_utils.evaluate.theory import METRICS
from tests.helpers import samples

Json = dict[str, Any]
#: The table of easy(), its figures checked by hand.
TABLE = Path(__file__).with_name("table.txt")
#: Values that are easy to follow: IPIP 10 % and VXLAN 20 % below native, a round trip nobody can tell apart.
EASY = {"native": 20, "ipip": 18, "vxlan": 16}
TRIPS = {"native": (20, 21, 22), "ipip": (22, 21, 20), "vxlan": (21, 20, 23)}


def easy(rounds: int = 6, **options: Any) -> Json:
    """A measurement with values that are easy to follow."""
    data = samples.measurement(rounds, **options)
    names = [path["name"] for path in data["paths"] if path["refused"] is None]
    data["samples"] = []
    for number in range(1, rounds + 1):
        for name in names:
            kind = name.partition("-")[0]
            much, little = EASY[kind] * (1 + number / 1000), TRIPS[kind][number % 3]
            for metric in METRICS.values():
                value = (much if metric.more else little) / metric.factor
                data["samples"].append({"round": number, "path": name, "metric": metric.id, "value": value})
    return data


def judged(data: Json) -> Evaluation:
    return judge(read_measurement(data))


def test_the_table() -> None:
    data = easy()
    data["paths"] = [{**path, "how": ""} for path in data["paths"]]
    assert text.table(judged(data)) == TABLE.read_text(encoding="ascii").rstrip("\n")


def in_short(change: str) -> str:
    """All of which more is better differs by this change; nothing else can be told apart."""
    told = ", ".join(f"{metric.short} {change}" for metric in METRICS.values() if metric.more)
    return f"{told}; not told apart: {', '.join(m.short for m in METRICS.values() if not m.more)}."


def test_the_summary() -> None:
    assert text.summary(judged(easy())) == [
        "Bytes per packet, as theory says: IPv4 native +0, IPIP +20, VXLAN +50; IPv6 native +0, VXLAN +70.",
        f"IPv4, IPIP against native: {in_short('-10 %')}",
        f"IPv4, VXLAN against native: {in_short('-20 %')}",
        f"IPv4, VXLAN against IPIP: {in_short('-11 %')}",
        f"IPv6, VXLAN against native: {in_short('-20 %')}",
    ]


def test_a_refused_path_has_a_column_and_its_reason() -> None:
    made = judged(easy(refused=["ipip-ipv4"]))
    lines = text.table(made).splitlines()
    measured = next(line for line in lines if line.startswith("Bytes added to each packet, measured"))
    assert measured.split()[-4:] == ["+0", "not", "measured", "+50"]
    assert "IPIP is not measured here: There is no such device." in lines
    assert "VXLAN: The device of vxlan carries it." in lines
    assert "not measured: ipip-ipv4: There is no such device." in text.summary(made)


def test_a_stand_in_is_called_one_and_compared_with_nothing() -> None:
    data = easy()
    data["paths"][1]["stand_in"] = True
    made = judged(data)
    lines = text.table(made).splitlines()
    heads = [re.split("  +", line) for line in lines if re.match(r"IPv4\b", line)]
    assert heads == [
        ["IPv4", "native", "IPIP (stand-in)", "VXLAN"],
        ["IPv4, differences", "VXLAN against native"],
    ]
    assert "IPIP (stand-in): The device of ipip carries it." in lines
    assert text.summary(made) == [
        "Bytes per packet, as theory says: "
        "IPv4 native +0, IPIP (stand-in) +20, VXLAN +50; IPv6 native +0, VXLAN +70.",
        f"IPv4, VXLAN against native: {in_short('-20 %')}",
        f"IPv6, VXLAN against native: {in_short('-20 %')}",
        "note: ipip-ipv4 went by a stand-in: its speed and its cost are not those of IPIP, "
        "and are compared with nothing.",
    ]


def test_too_few_rounds() -> None:
    made = judged(easy(rounds=5))
    assert "IPv4, differences: too few rounds to compare." in text.table(made).splitlines()
    assert "confidence" not in text.table(made)
    assert "IPv6, VXLAN against native: too few rounds." in text.summary(made)


@pytest.mark.parametrize(
    ("low", "middle", "high", "shown"),
    [
        (1.02, 1.03, 1.04, "+3.0 % (+2.0 .. +4.0)"),
        (1.0003, 1.02, 1.04, "+2.00 % (+0.03 .. +4.00)"),
        (0.8, 0.9, 0.99996, "-10.000 % (-20.000 .. -0.004)"),
        (1.000001, 1.02, 1.04, "+2.000 % (+<0.001 .. +4.000)"),
        (0.999997, 0.999998, 0.999999, "-<0.001 % (-<0.001 .. -<0.001)"),
        (0.9998, 1.0, 1.04, "not told apart (0 .. +4.0)"),
    ],
)
def test_only_what_is_not_told_apart_has_an_interval_with_a_0(
    low: float, middle: float, high: float, shown: str
) -> None:
    data = easy()
    tcp = [each for each in data["samples"] if each["metric"] == "tcp_bits_per_second"]
    native, ipip = ([each for each in tcp if each["path"] == path] for path in ("native-ipv4", "ipip-ipv4"))
    for one, other, ratio in zip(ipip, native, (low, *[middle] * 4, high), strict=True):
        one["value"] = other["value"] * ratio
    lines = text.table(judged(data)).splitlines()
    differences = lines[next(i for i, line in enumerate(lines) if line.startswith("IPv4, differences")) :]
    row = next(line for line in differences if line.startswith("TCP throughput "))
    assert re.split("  +", row)[1] == shown


def test_what_is_not_as_theory_says() -> None:
    data = easy()
    frames = [
        samples.frame("vxlan-ipv4", length)
        for length, count in ((84, 10), (1400, 3))
        for _each in range(count)
    ]
    data["captures"][2] = samples.capture_data("vxlan-ipv4", [*frames, samples.frame("native-ipv4", 84)])
    data["captures"].pop(0)
    data["mtu"][1]["bytes"] = 1440
    made = judged(data)
    rows = [
        line.split("measured", 1)[1].split("  ")
        for line in text.table(made).splitlines()
        if "measured  " in line
    ]
    assert [[cell.strip() for cell in row if cell.strip()] for row in rows] == [
        ["none seen", "+20", "+0 (1 x), +50 (13 x)"],
        ["+0", "+70"],
    ]
    assert "1440 (theory 1480)" in text.table(made)
    problems = [line for line in text.table(made).splitlines() if line.startswith("problem: ")]
    assert len(problems) == len(made.problems) == 3


@pytest.mark.parametrize("spread", [0.01, 0.1, 0.5, 2])
@pytest.mark.parametrize("rounds", [1, 6, 20])
def test_it_fits_a_terminal_whatever_was_measured(rounds: int, spread: float) -> None:
    data = samples.measurement(rounds, spread=spread)
    data["machine"].update(processor="Processor\u00ae\x1b[31m " * 12, busy_before=1)
    shown = text.table(judged(data))
    assert max(map(len, shown.splitlines())) <= text.WIDTH
    assert shown.isascii()
    assert shown.replace("\n", "").isprintable()
    assert all(metric.title in shown for metric in METRICS.values())
