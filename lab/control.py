# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The daemon's ear: one JSON request per line on a Unix socket, one JSON answer per line."""

from __future__ import annotations

import asyncio
import json
import traceback
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from lab.namespaces import PlaceError
from lab.state import LabError

Json = dict[str, Any]
Answers = Mapping[str, Callable[[Json], Awaitable[Json]]]


async def serve(path: Path, answers: Answers) -> asyncio.Server:
    """Answer requests {"do": name, ..} at `path`, one at a time; what is refused is answered with {"error":
    sentence}."""
    turn = asyncio.Lock()

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if line := await reader.readline():
            async with turn:
                answer = await _answer(json.loads(line), answers)
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
        writer.close()

    return await asyncio.start_unix_server(client, path)


async def _answer(request: Json, answers: Answers) -> Json:
    try:
        return await answers[request["do"]](request)
    except (LabError, PlaceError) as error:
        return {"error": str(error)}
    except Exception as error:
        traceback.print_exc()
        return {"error": f"The lab failed at this ({type(error).__name__}: {error}): see its log."}
