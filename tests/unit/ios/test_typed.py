# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines that are typed ahead and what a terminal shows of them; the texts are hand-made."""

from __future__ import annotations

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.refusal import answer_error
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.typed import (
    OutOfStep,
    Typed,
    block_end,
    context_after,
    read_typed,
)

PROMPT = "rr1(config-router)#"
FIRST, SECOND = "neighbor 192.0.2.7 peer-group CALICO", "neighbor 192.0.2.7 description calico_bgp lab/a"
LINES = [FIRST, SECOND, "!"]
LOG = "*Nov 24 10:00:00.123: %BGP-5-ADJCHANGE: neighbor 192.0.2.5 Up "
REFUSED = "              ^\n% Invalid input detected at '^' marker.\n\n"
WARNING = "% Warning: A hold time of less than 20 seconds increases the chances of peer flapping\n"
PROMPTS = [PROMPT, "core_1[stby](config-router-af)#", "Site.76(3.11)(config)# ", "R1~2(config-router)#"]


def shown(*answers: str, prompt: str = PROMPT) -> str:
    """What the terminal shows of LINES; answers end in a newline or are empty."""
    return "".join(f"{line}\n{answer}{prompt}" for line, answer in zip(LINES, answers, strict=False))


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r\r\n"])
def test_each_answer_is_of_its_line(prompt: str, ends: str) -> None:
    text = shown("", REFUSED, "", prompt=prompt).replace("\n", ends)
    found = read_typed(LINES, text)
    assert [answer_error(line, answer) for line, answer in zip(LINES, found.answers, strict=True)] == [
        None,
        "% Invalid input detected at '^' marker.",
        None,
    ]
    assert found.configuring


@pytest.mark.parametrize("message", [LOG, f"000123: {LOG}", "*** --- SHUTDOWN in 0:05:00 ---", "***"])
def test_a_message_at_any_place_changes_no_answer(message: str) -> None:
    text = shown(WARNING, "", "")
    expected = read_typed(LINES, text).answers
    for at in range(len(text)):
        if not _within_a_prompt(text, at):
            found = read_typed(LINES, f"{text[:at]}\n{message}\n{text[at:]}").answers
            kept = ["".join(line for line in one.splitlines() if line != message) for one in found]
            assert kept == [expected[0].strip(), "", ""], at


def _within_a_prompt(text: str, at: int) -> bool:
    start = text.rfind("\n", 0, at) + 1
    return text.startswith(PROMPT, start) and 0 < at - start < len(PROMPT)


@pytest.mark.parametrize("at", range(len(FIRST) + 1))
def test_a_line_that_is_printed_again_after_a_message(at: int) -> None:
    """`logging synchronous`."""
    again = f"{FIRST[:at]}\n{LOG}\n{PROMPT}{shown(REFUSED, '', '')}"
    found = read_typed(LINES, again).answers
    assert [answer_error(line, answer) is None for line, answer in zip(LINES, found, strict=True)] == [
        False,
        True,
        True,
    ]


def test_the_last_line_printed_again() -> None:
    text = shown("", "", "").removesuffix(PROMPT)
    assert len(read_typed(LINES, f"{text}{LOG}\n{PROMPT}!\n{PROMPT}").answers) == 3


def test_a_message_that_is_glued_to_a_line() -> None:
    assert read_typed(LINES, f"{FIRST[:9]}{LOG}\n{FIRST[9:]}\n{PROMPT}").answers == ("",)


@pytest.mark.parametrize("count", range(len(LINES)))
def test_what_is_still_to_come_is_not_answered(count: int) -> None:
    text = shown(*[""] * count)
    rest = LINES[count]
    for part in ("", rest[:1], rest, f"{rest}\n", f"{rest}\n% Warn"):
        assert len(read_typed(LINES, text + part).answers) == count


WRONG = {
    "another line": shown("").replace(FIRST, SECOND, 1),
    "more behind it": f"{FIRST} x\n{PROMPT}",
    "characters that are missing": f"{FIRST.replace('group', 'grp')}\n{PROMPT}",
    "a message of another user": f"please log out\n{FIRST}\n{PROMPT}",
    "more than was typed": shown("", "", "") + f"reload\n{PROMPT}",
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_what_was_not_typed_is_no_answer(text: str) -> None:
    with pytest.raises(OutOfStep, match=r"^it shows '|^it shows more than was typed: '"):
        read_typed(LINES, text)


def test_secrets_are_in_no_message() -> None:
    line = "neighbor CALICO password 0 hunter2secret"
    with pytest.raises(OutOfStep) as caught:
        read_typed([line], f"neighbor CALICO password 0 hunter2secretx\n{PROMPT}")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(("prompt", "configuring"), [("rr1#", False), ("rr1>", False), (PROMPT, True)])
def test_the_mode_is_that_of_the_last_prompt(prompt: str, configuring: bool) -> None:
    assert read_typed(["end"], f"end\n{prompt}") == Typed(("",), configuring)


def test_a_line_that_moves_ends_its_block() -> None:
    lines = ["ip prefix-list A", "router bgp 1", "bgp x", "address-family ipv4", "a", "b", "c"]
    ends, start = [], 0
    while start < len(lines):
        start = block_end(lines, start, 2)
        ends.append(start)
    assert ends == [2, 4, 6, 7]
    assert block_end(["exit", "exit-address-family", "x"], 0, 9) == 1


@pytest.mark.parametrize(
    ("lines", "context"),
    [
        ([], []),
        (["ip prefix-list A seq 5 permit 10.0.0.0/8"], []),
        (["router bgp 1", "neighbor A peer-group"], ["router bgp 1"]),
        (["router bgp 1", "address-family ipv4", "x"], ["router bgp 1", "address-family ipv4"]),
        (["router bgp 1", "address-family ipv4", "x", "exit-address-family", "y"], ["router bgp 1"]),
        (["router bgp 1", "x", "exit", "no ip prefix-list A"], []),
        (["no router bgp 1"], []),
    ],
)
def test_where_lines_lead(lines: list[str], context: list[str]) -> None:
    assert context_after(lines) == context
