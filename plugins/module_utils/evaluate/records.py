# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The measurement as records: strict, so that nothing measured is lost between the lab and the judge."""

from __future__ import annotations

import base64
import binascii
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Callable

from . import theory

#: Version of the measurement's data.
FORMAT = 1
Kind = Callable[[Any, str], Any]


class EvaluateError(ValueError):
    """Why a measurement cannot be used; one or more sentences for the user."""


@dataclass(frozen=True)
class Machine:
    """What was measured on. `virtual` is the hypervisor, "" where none is known; `busy_before` the share of
    all processors that was busy in an idle second before the start, `load` the load average."""

    kernel: str
    architecture: str
    processor: str
    processors: int
    memory_bytes: int
    virtual: str
    busy_before: float
    load: float


@dataclass(frozen=True)
class Settings:
    """How it was measured: rounds, seconds of each sample, the underlay's MTU and UDP payload in bytes."""

    rounds: int
    seconds: float
    underlay_mtu: int
    datagram_bytes: int


@dataclass(frozen=True)
class Path:
    """A way between two pods; `how` says which device carries it, `refused` why it could not be measured.

    A `stand_in` does to a packet what the encapsulation does, in another way: its bytes and its MTU count,
    its speed and its cost do not.
    """

    name: str
    encapsulation: str
    family: str
    how: str
    stand_in: bool
    refused: str | None

    @property
    def overhead(self) -> int:
        """Bytes per packet by theory."""
        return theory.OVERHEAD[self.encapsulation, self.family]


@dataclass(frozen=True)
class Sent:
    """What a pod sent: `packets` IP packets of `ip_bytes` each."""

    ip_bytes: int
    packets: int


@dataclass(frozen=True)
class Capture:
    """What one path put on the nodes' wire: a pcap file, and what the pods sent meanwhile."""

    path: str
    pcap: bytes
    sent: tuple[Sent, ...]


@dataclass(frozen=True)
class Mtu:
    """The MTU in bytes that a pod of the path can use."""

    path: str
    bytes: int


@dataclass(frozen=True)
class Sample:
    """One value of one metric, in the unit that the metric's name says."""

    round: int
    path: str
    metric: str
    value: float


@dataclass(frozen=True)
class Failure:
    """Why something of a path is not there; `round` is 0 for what comes before the rounds."""

    round: int
    path: str
    text: str


@dataclass(frozen=True)
class Measurement:
    """Everything that was measured. `where` is `lab`; `started` is in seconds since the epoch."""

    where: str
    started: float
    machine: Machine
    tools: Mapping[str, str]
    settings: Settings
    paths: tuple[Path, ...]
    captures: tuple[Capture, ...]
    mtu: tuple[Mtu, ...]
    samples: tuple[Sample, ...]
    failures: tuple[Failure, ...]


def read_measurement(data: Mapping[str, Any]) -> Measurement:
    """The measurement out of plain JSON data.

    Raises:
        EvaluateError: the format is another one; a field is missing, unknown or of the wrong kind; a path or
            metric is unknown; a refused path has results; something is there twice.
    """
    if isinstance(data, Mapping) and data.get("format", FORMAT) != FORMAT:
        raise EvaluateError(
            f"The measurement has format {_shown(data['format'])}, this collection reads format {FORMAT}: "
            "measure again with the collection's own lab."
        )
    fields = _object(data, "the measurement", _MEASUREMENT)
    del fields["format"]
    measurement = Measurement(**fields)
    _check_paths(measurement.paths)
    _check_results(measurement)
    return measurement


def _check_paths(paths: Sequence[Path]) -> None:
    _check_unique("path", [path.name for path in paths])
    _check_unique("path for", [f"{path.encapsulation} over {path.family}" for path in paths])
    for path in paths:
        if path.name != f"{path.encapsulation}-{path.family}":
            raise EvaluateError(
                f"The path {path.name} is {path.encapsulation} over {path.family}; "
                "its name must say that and no more."
            )
        if path.refused is None and (path.encapsulation, path.family) not in theory.OVERHEAD:
            kind, family = theory.NAMES[path.encapsulation], theory.NAMES[path.family]
            raise EvaluateError(f"The path {path.name} is {kind} over {family}, which Calico does not have.")


def _check_results(measurement: Measurement) -> None:
    """Every result belongs to a path that was measured and to a round, and is there once."""
    refused = {path.name: path.refused is not None for path in measurement.paths}
    rounds: Iterable[Any] = (*measurement.samples, *measurement.failures)
    results: Iterable[Any] = (*measurement.captures, *measurement.mtu, *rounds)
    for result in results:
        what = type(result).__name__.lower()
        if result.path not in refused:
            known = ", ".join(refused) or "none"
            raise EvaluateError(f"A {what} names the path {_shown(result.path)}; known are: {known}.")
        if refused[result.path]:
            raise EvaluateError(f"The path {result.path} was refused, and yet there is a {what} of it.")
    _check_unique("capture of", [capture.path for capture in measurement.captures])
    _check_unique("MTU of", [mtu.path for mtu in measurement.mtu])
    _check_unique("sample of", [f"{s.path}, round {s.round}, {s.metric}" for s in measurement.samples])
    for each in rounds:
        if each.round > measurement.settings.rounds:
            raise EvaluateError(
                f"A {type(each).__name__.lower()} of {each.path} is of round {each.round}, "
                f"but there were {measurement.settings.rounds} rounds."
            )


def _check_unique(what: str, names: Sequence[str]) -> None:
    name, count = next(iter(Counter(names).most_common(1)), ("", 0))
    if count > 1:
        raise EvaluateError(f"The measurement has more than one {what} {name}.")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _wrong(where: str, value: Any, wanted: str) -> EvaluateError:
    return EvaluateError(f"In the measurement, {where} is {_shown(value)}; it must be {wanted}.")


def _object(data: Any, where: str, kinds: Mapping[str, Kind]) -> dict[str, Any]:
    """The fields of an object, each read by its kind; exactly these have to be there."""
    if not isinstance(data, Mapping):
        raise _wrong(where, data, "an object")
    missing = [name for name in kinds if name not in data]
    if missing:
        raise EvaluateError(f"The measurement is not complete: {where} has no {' and no '.join(missing)}.")
    unknown = sorted(str(name) for name in data if name not in kinds)
    if unknown:
        raise EvaluateError(f"In the measurement, {where} has a field that is not known: {unknown[0]}.")
    inside = "" if where == "the measurement" else f"{where}."
    return {name: kind(data[name], inside + name) for name, kind in kinds.items()}


def _record(kind: Any, kinds: Mapping[str, Kind]) -> Kind:
    return lambda data, where: kind(**_object(data, where, kinds))


def _many(kind: Kind) -> Kind:
    def read(data: Any, where: str) -> tuple[Any, ...]:
        if not isinstance(data, (list, tuple)):
            raise _wrong(where, data, "a list")
        return tuple(kind(each, f"{where}[{index}]") for index, each in enumerate(data))

    return read


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise _wrong(where, value, "text")
    return str(value)


def _name(value: Any, where: str) -> str:
    if not _text(value, where).strip():
        raise _wrong(where, value, "text that is not empty")
    return str(value)


def _flag(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong(where, value, "true or false")
    return value


def _reason(value: Any, where: str) -> str | None:
    return None if value is None else _name(value, where)


def _number(value: Any, where: str) -> float:
    """A finite number from 0 up."""
    usable = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if not usable or value < 0:
        raise _wrong(where, value, "a number from 0 up")
    return float(value)


def _share(value: Any, where: str) -> float:
    if _number(value, where) > 1:
        raise _wrong(where, value, "a share from 0 to 1")
    return float(value)


def _count(value: Any, where: str) -> int:
    return _from(1, value, where)


def _whole(value: Any, where: str) -> int:
    return _from(0, value, where)


def _from(least: int, value: Any, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise _wrong(where, value, f"a whole number from {least} up")
    return int(value)


def _one_of(names: Iterable[str]) -> Kind:
    known = tuple(names)

    def read(value: Any, where: str) -> str:
        if value not in known:
            raise _wrong(where, value, f"one of {', '.join(known)}")
        return str(value)

    return read


def _versions(value: Any, where: str) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise _wrong(where, value, "an object")
    return {str(name): _text(version, f"{where}.{name}") for name, version in value.items()}


def _base64(value: Any, where: str) -> bytes:
    try:
        return base64.b64decode(_text(value, where), validate=True)
    except (binascii.Error, ValueError) as exc:
        raise _wrong(where, value, "a pcap file in base64") from exc


_MACHINE = {
    **dict.fromkeys(("kernel", "architecture", "processor", "virtual"), _text),
    **dict.fromkeys(("processors", "memory_bytes"), _count),
    "busy_before": _share,
    "load": _number,
}
_SETTINGS = {"rounds": _whole, "seconds": _number, "underlay_mtu": _count, "datagram_bytes": _count}
_PATH = {
    "name": _name,
    "encapsulation": _one_of(theory.ENCAPSULATIONS),
    "family": _one_of(theory.FAMILIES),
    "how": _text,
    "stand_in": _flag,
    "refused": _reason,
}
_SENT = {"ip_bytes": _count, "packets": _count}
_CAPTURE = {"path": _text, "pcap": _base64, "sent": _many(_record(Sent, _SENT))}
_MTU = {"path": _text, "bytes": _count}
_SAMPLE = {"round": _count, "path": _text, "metric": _one_of(theory.METRICS), "value": _number}
_FAILURE = {"round": _whole, "path": _text, "text": _name}
_MEASUREMENT: Mapping[str, Kind] = {
    "format": _count,
    "where": _one_of(("lab",)),
    "started": _number,
    "machine": _record(Machine, _MACHINE),
    "tools": _versions,
    "settings": _record(Settings, _SETTINGS),
    "paths": _many(_record(Path, _PATH)),
    "captures": _many(_record(Capture, _CAPTURE)),
    "mtu": _many(_record(Mtu, _MTU)),
    "samples": _many(_record(Sample, _SAMPLE)),
    "failures": _many(_record(Failure, _FAILURE)),
}
