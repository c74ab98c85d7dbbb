# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a measurement: all of it, or a sentence that says what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.evaluate.records import (
    EvaluateError,
    read_measurement,
)
from tests.helpers import samples

Json = dict[str, Any]


def test_a_whole_measurement_is_read() -> None:
    read = read_measurement(samples.measurement(rounds=2))
    assert (read.where, read.settings.rounds, read.machine.virtual) == ("lab", 2, "KVM")
    assert [(path.name, path.overhead) for path in read.paths] == list(samples.OVERHEADS.items())
    assert len(read.samples) == 2 * 5 * 9
    assert read.captures[0].pcap == samples.pcap([])[:24] + read.captures[0].pcap[24:]
    assert [(sent.ip_bytes, sent.packets) for sent in read.captures[0].sent] == [(84, 10), (1400, 3)]


def test_a_refused_path_may_be_one_that_calico_does_not_have() -> None:
    data = samples.measurement(rounds=1)
    data["paths"].append(samples.path_data("ipip-ipv6", "Calico has none."))
    assert read_measurement(data).paths[-1].refused == "Calico has none."


def put(*keys: Any) -> Callable[[Json], None]:
    """A change that sets what the keys lead to, to the last of them."""

    def change(data: Any) -> None:
        for key in keys[:-2]:
            data = data[key]
        data[keys[-2]] = keys[-1]

    return change


def without(*keys: Any) -> Callable[[Json], None]:
    """A change that takes away what the keys lead to."""

    def change(data: Any) -> None:
        for key in keys[:-1]:
            data = data[key]
        del data[keys[-1]]

    return change


def twice(name: str) -> Callable[[Json], None]:
    """A change that repeats the first of a list."""
    return lambda data: data[name].append(data[name][0])


NATIVE = samples.path_data("native-ipv4")
IN_THE = "In the measurement, "


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            put("format", 2),
            "The measurement has format 2, this collection reads format 1: "
            "measure again with the collection's own lab.",
        ),
        (without("format"), "The measurement is not complete: the measurement has no format."),
        (without("machine", "kernel"), "The measurement is not complete: machine has no kernel."),
        (
            without("samples", 3, "value"),
            "The measurement is not complete: samples[3] has no value.",
        ),
        (put("weather", "fine"), IN_THE + "the measurement has a field that is not known: weather."),
        (put("paths", 1, "colour", 1), IN_THE + "paths[1] has a field that is not known: colour."),
        (
            put("samples", 0, "metric", "speed"),
            IN_THE + "samples[0].metric is 'speed'; it must be one of tcp_bits_per_second, "
            "tcp_cpu_seconds_per_gigabit, tcp_single_bits_per_second, tcp_single_cpu_seconds_per_gigabit, "
            "udp_packets_per_second, rtt_p50_microseconds, rtt_p90_microseconds, rtt_p99_microseconds, "
            "rtt_p999_microseconds.",
        ),
        (
            put("samples", 0, "path", "geneve-ipv4"),
            "A sample names the path 'geneve-ipv4'; known are: native-ipv4, ipip-ipv4, vxlan-ipv4, "
            "native-ipv6, vxlan-ipv6.",
        ),
        (
            put("paths", 0, "encapsulation", "geneve"),
            IN_THE + "paths[0].encapsulation is 'geneve'; it must be one of native, ipip, vxlan.",
        ),
        (
            put("paths", 0, samples.path_data("ipip-ipv6")),
            "The path ipip-ipv6 is IPIP over IPv6, which Calico does not have.",
        ),
        (
            put("paths", 0, "name", "../native-ipv4"),
            "The path ../native-ipv4 is native over ipv4; its name must say that and no more.",
        ),
        (
            put("paths", 0, "refused", "No device."),
            "The path native-ipv4 was refused, and yet there is a capture of it.",
        ),
        (put("paths", 0, "name", " "), IN_THE + "paths[0].name is ' '; it must be text that is not empty."),
        (twice("paths"), "The measurement has more than one path native-ipv4."),
        (
            put("paths", 1, {**NATIVE, "name": "other"}),
            "The measurement has more than one path for native over ipv4.",
        ),
        (twice("captures"), "The measurement has more than one capture of native-ipv4."),
        (twice("mtu"), "The measurement has more than one MTU of native-ipv4."),
        (
            twice("samples"),
            "The measurement has more than one sample of native-ipv4, round 1, tcp_bits_per_second.",
        ),
        (
            put("samples", 0, "round", 9),
            "A sample of native-ipv4 is of round 9, but there were 1 rounds.",
        ),
        (put("samples", 0, "value", -1), IN_THE + "samples[0].value is -1; it must be a number from 0 up."),
        (
            put("samples", 0, "value", float("nan")),
            IN_THE + "samples[0].value is nan; it must be a number from 0 up.",
        ),
        (put("samples", 0, "value", "1"), IN_THE + "samples[0].value is '1'; it must be a number from 0 up."),
        (
            put("machine", "busy_before", 3),
            IN_THE + "machine.busy_before is 3; it must be a share from 0 to 1.",
        ),
        (
            put("settings", "rounds", -1),
            IN_THE + "settings.rounds is -1; it must be a whole number from 0 up.",
        ),
        (put("settings", []), IN_THE + "settings is []; it must be an object."),
        (put("paths", {}), IN_THE + "paths is {}; it must be a list."),
        (put("tools", "iperf3", 3.12), IN_THE + "tools.iperf3 is 3.12; it must be text."),
        (
            put("captures", 0, "pcap", "no base64"),
            IN_THE + "captures[0].pcap is 'no base64'; it must be a pcap file in base64.",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(change: Callable[[Json], None], message: str) -> None:
    data = samples.measurement(rounds=1)
    change(data)
    with pytest.raises(EvaluateError) as error:
        read_measurement(data)
    assert str(error.value) == message


@pytest.mark.parametrize("data", [None, [], "text"])
def test_a_measurement_is_an_object(data: Any) -> None:
    with pytest.raises(EvaluateError, match=r"the measurement is .*; it must be an object"):
        read_measurement(data)
