# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The judge: what a measurement amounts to, held against theory and path against path."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from . import statistics, theory
from .records import Capture, EvaluateError, Failure, Measurement, Path, Sample
from .result import Comparison, Evaluation, Figure, Length, PathResult, PodMtu, Seen, Value, Wire
from .theory import IPIP, METRICS, NAMES, NATIVE, VXLAN
from .wire import Packet, Traffic, read_traffic
from .wording import many

#: A busier machine than this share makes figures of chance.
BUSY = 0.1
#: What is compared with what.
PAIRS = ((IPIP, NATIVE), (VXLAN, NATIVE), (VXLAN, IPIP))
Values = Mapping[str, Mapping[str, Mapping[int, float]]]


def judge(measurement: Measurement) -> Evaluation:
    """The evaluation of a measurement. Nothing measured is a problem, never a pass."""
    values = _by_path(measurement.samples)
    captures = {capture.path: capture for capture in measurement.captures}
    mtus = {mtu.path: mtu.bytes for mtu in measurement.mtu}
    results: list[PathResult] = []
    problems = [*_nothing(measurement), *_failures(measurement.failures)]
    notes = [*_about_machine(measurement), *_about_stand_ins(measurement.paths)]
    for path in measurement.paths:
        if path.refused is not None:
            results.append(_result(path, None, None, {}))
            continue
        wire, wrong, odd = _wire(path, captures.get(path.name))
        mtu = _mtu(path, measurement.settings.underlay_mtu, mtus.get(path.name))
        results.append(_result(path, wire, mtu, values.get(path.name, {})))
        problems += [*wrong, *_mtu_problems(path, mtu), *_sample_problems(measurement, path, values)]
        notes += odd
    return Evaluation(
        where=measurement.where,
        started=measurement.started,
        machine=measurement.machine,
        tools=measurement.tools,
        settings=measurement.settings,
        paths=tuple(results),
        comparisons=_comparisons(measurement.paths, values),
        problems=tuple(problems),
        notes=tuple(notes),
    )


def _by_path(samples: Sequence[Sample]) -> Values:
    """Values by path, metric and round."""
    values: dict[str, dict[str, dict[int, float]]] = {}
    for sample in samples:
        values.setdefault(sample.path, {}).setdefault(sample.metric, {})[sample.round] = sample.value
    return values


def _result(
    path: Path, wire: Wire | None, mtu: PodMtu | None, values: Mapping[str, Mapping[int, float]]
) -> PathResult:
    figures = [
        Figure(
            metric,
            statistics.spread(list(values[metric].values())),
            tuple(Value(number, value) for number, value in sorted(values[metric].items())),
        )
        for metric in METRICS
        if metric in values
    ]
    return PathResult(
        name=path.name,
        encapsulation=path.encapsulation,
        family=path.family,
        how=path.how,
        stand_in=path.stand_in,
        refused=path.refused,
        wire=wire,
        mtu=mtu,
        figures=tuple(figures),
    )


def _nothing(measurement: Measurement) -> list[str]:
    """What is missing as a whole."""
    problems = []
    if not measurement.paths:
        problems.append("There is no path: nothing was evaluated.")
    elif all(path.refused is not None for path in measurement.paths):
        problems.append("Every path was refused: nothing was evaluated.")
    elif measurement.settings.rounds and not measurement.samples:
        problems.append("There is no sample at all: no path was measured.")
    return problems


def _failures(failures: Sequence[Failure]) -> list[str]:
    """What did not come about, in the program's words, each once with its rounds."""
    rounds: dict[tuple[str, str], list[int]] = {}
    for each in failures:
        rounds.setdefault((each.path, each.text), []).append(each.round)
    return [f"{path}: {text.rstrip('.')}{_when(found)}." for (path, text), found in rounds.items()]


def _about_stand_ins(paths: Sequence[Path]) -> list[str]:
    return [
        f"{path.name} went by a stand-in: its speed and its cost are not those of "
        f"{NAMES[path.encapsulation]}, and are compared with nothing."
        for path in paths
        if path.stand_in
    ]


def _about_machine(measurement: Measurement) -> list[str]:
    """Notes on how far the figures can be trusted."""
    notes = []
    if measurement.settings.rounds and measurement.machine.busy_before > BUSY:
        notes.append(
            f"The machine was {100 * measurement.machine.busy_before:.0f} % busy before the start: "
            "close other programs and measure again, for less spread."
        )
    if 0 < measurement.settings.rounds < statistics.FEWEST:
        notes.append(
            f"{many(measurement.settings.rounds, 'round')} cannot tell a difference from chance: "
            f"take {statistics.FEWEST} or more."
        )
    return notes


def _wire(path: Path, capture: Capture | None) -> tuple[Wire, list[str], list[str]]:
    """What the path's capture shows, its problems and its notes."""
    traffic, problems = Traffic((), {}, {}), []
    try:
        if capture:
            traffic = read_traffic(capture.pcap)
        if not traffic.packets:
            problems.append(f"{path.name}: none of the pods' packets was captured on the nodes' wire.")
    except EvaluateError as exc:
        problems.append(f"{path.name}: {exc}")
    lengths = _lengths(traffic.packets, capture)
    if traffic.packets:
        problems += [*_length_problems(path, lengths), *_overhead_problems(path, traffic.packets)]
    seen = Counter(packet.overhead for packet in traffic.packets)
    wire = Wire(
        expected=path.overhead,
        measured=tuple(Seen(overhead, packets) for overhead, packets in sorted(seen.items())),
        lengths=lengths,
        tagged=sum(packet.tag_bytes > 0 for packet in traffic.packets),
        others=dict(sorted(traffic.others.items())),
        unknown=dict(sorted(traffic.unknown.items())),
        ok=not problems,
    )
    return wire, problems, _wire_notes(path, wire)


def _lengths(packets: Sequence[Packet], capture: Capture | None) -> tuple[Length, ...]:
    """Every length that was sent or seen."""
    sent: Counter[int] = Counter()
    for each in capture.sent if capture else ():
        sent[each.ip_bytes] += each.packets
    seen = Counter(packet.ip_bytes for packet in packets)
    return tuple(Length(length, sent[length], seen[length]) for length in sorted({*sent, *seen}))


def _length_problems(path: Path, lengths: Sequence[Length]) -> list[str]:
    """A request and its reply have the same length: as many frames as were sent at least, twice at most."""
    problems = []
    for each in lengths:
        packets = f"{many(each.seen, 'packet')} of {each.ip_bytes} bytes"
        if each.seen and not each.sent:
            problems.append(f"{path.name}: {packets} on the wire, of a length that no pod sent.")
        elif each.seen < each.sent:
            problems.append(f"{path.name}: {packets} on the wire, where the pods sent {each.sent}.")
        elif each.seen > 2 * each.sent:
            problems.append(
                f"{path.name}: {packets} on the wire, where {each.sent} requests and their replies are "
                f"{2 * each.sent} at most."
            )
    return problems


def _overhead_problems(path: Path, packets: Sequence[Packet]) -> list[str]:
    """Packets that travelled in another way, or with other bytes, than theory has it."""
    kinds = Counter((p.encapsulation, p.outer, p.inner, p.overhead - p.tag_bytes) for p in packets)
    wanted = (path.encapsulation, path.family, path.family, path.overhead)
    return [
        f"{path.name}: {many(count, 'packet')} travelled {_way(*kind[:3])} with {kind[3]} bytes more than "
        f"the pod's packet, instead of {_way(*wanted[:3])} with {wanted[3]}."
        for kind, count in sorted(kinds.items())
        if kind != wanted
    ]


def _way(encapsulation: str, outer: str, inner: str) -> str:
    if encapsulation == NATIVE:
        return f"natively over {NAMES[outer]}"
    inside = "" if inner == outer else f" ({NAMES[inner]} inside)"
    return f"in {NAMES[encapsulation]} over {NAMES[outer]}{inside}"


def _wire_notes(path: Path, wire: Wire) -> list[str]:
    notes = []
    if wire.tagged:
        notes.append(
            f"{path.name}: {many(wire.tagged, 'packet')} carried a VLAN tag (802.1Q) of 4 bytes, which "
            "is the network's and not the encapsulation's."
        )
    if wire.unknown:
        kinds = ", ".join(f"{count} x {kind}" for kind, count in wire.unknown.items())
        notes.append(f"{path.name}: frames on the wire that are of no known kind: {kinds}.")
    return notes


def _mtu(path: Path, underlay: int, measured: int | None) -> PodMtu:
    expected = underlay - path.overhead
    return PodMtu(expected, measured, measured == expected)


def _mtu_problems(path: Path, mtu: PodMtu) -> list[str]:
    if mtu.ok:
        return []
    if mtu.measured is None:
        return [f"{path.name}: the MTU for pods was not measured."]
    return [f"{path.name}: the MTU for pods is {mtu.measured} bytes; by theory it is {mtu.expected}."]


def _sample_problems(measurement: Measurement, path: Path, values: Values) -> list[str]:
    """Every metric has to have a value above 0 in every round."""
    rounds = range(1, measurement.settings.rounds + 1) if measurement.samples else ()
    if rounds and path.name not in values:
        return [f"{path.name}: no figure was measured."]
    problems = []
    for metric in METRICS.values():
        got = values.get(path.name, {}).get(metric.id, {})
        missing = [number for number in rounds if number not in got]
        nothing = [number for number in rounds if got.get(number) == 0]
        if missing:
            problems.append(f"{path.name}: {metric.title}: no sample in {_rounds(missing)}.")
        if nothing:
            problems.append(f"{path.name}: {metric.title}: the sample is 0 in {_rounds(nothing)}.")
    return problems


def _comparisons(paths: Sequence[Path], values: Values) -> tuple[Comparison, ...]:
    names = {(path.family, path.encapsulation): path.name for path in paths if not path.stand_in}
    made = []
    for family in theory.FAMILIES:
        for of, against in PAIRS:
            one, other = (values.get(names.get((family, each), ""), {}) for each in (of, against))
            made += [
                Comparison(family, of, against, metric, statistics.compare(one[metric], other[metric]))
                for metric in METRICS
                if metric in one and metric in other
            ]
    return tuple(made)


def _when(numbers: Sequence[int]) -> str:
    """The rounds in brackets; nothing for what comes before them."""
    return f" ({_rounds(numbers)})" if any(numbers) else ""


def _rounds(numbers: Sequence[int]) -> str:
    return f"round{'s' * (len(numbers) > 1)} {', '.join(map(str, numbers))}"
