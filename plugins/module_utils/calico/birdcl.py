# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""birdcl, BIRD's light client, as it is inside a pod calico-node: how it is started, and what it prints as
the text that BIRD's socket gives.

Without a terminal it echoes each command and prints a prompt, that ends no line, when the answer is whole.
With `-v` it prints the reply codes, drops what has code 0000, and puts five blanks before a line that goes on
(BIRD 1.6: client/client.c, client/birdcl.c). A command that comes before the prompt may wait for the one
after it.
"""

from __future__ import annotations

#: What it prints when it takes a command.
PROMPT = b"bird> "
_GOES_ON = "     "
_ROUTE = "1007-"


def command(socket: str) -> tuple[str, ...]:
    """The words that start it for the daemon at `socket`, restricted to reading.

    It speaks to the daemon of IPv6 as well: birdcl6 is the same program with another socket of its own.
    """
    return ("birdcl", "-v", "-r", "-s", socket)


def whole(printed: bytes | bytearray) -> bool:
    """Whether it waits for a command: `printed` is all since the command before.

    >>> whole(b"0016 Access restricted\\nbird> "), whole(b"1007-10.0.0.0/8 via bird> ")
    (True, False)
    """
    return printed.endswith(b"\n" + PROMPT) or printed == PROMPT


def socket_text(question: str, printed: bytes | bytearray) -> str:
    """What BIRD's socket said to `question`, out of all that was printed since it was asked.

    The lines of routes keep their blanks: they go on with a tab, and there may be a million of them. What may
    be megabytes is copied as rarely as can be.

    >>> socket_text("show status", b"show status\\n1011-Router ID is 10.0.0.1\\n     more\\nbird> ")
    '1011-Router ID is 10.0.0.1\\n more\\n0000 \\n'
    """
    echo = question.encode() + b"\n"
    begin = len(echo) if printed.startswith(echo) else 0
    end = len(printed) - (len(PROMPT) if printed.endswith(PROMPT) else 0)
    text = str(memoryview(printed)[begin:end], "utf-8", "replace")
    if not text.startswith(_ROUTE):
        text = text.replace("\n" + _GOES_ON, "\n ")
    if text and not text.endswith("\n"):
        text += "\n"
    last = text[text.rfind("\n", 0, len(text) - 1) + 1 :]
    ends = last[:4].isdigit() and last[4:5] == " "
    return text if ends else text + "0000 \n"
