"""Services to be killed: how one says that it is up, and how a test starts one and kills it."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from service.http.server import listening

HERE = Path(__file__).parent
PATIENCE = 120


async def serve_until_killed(service, data, secret):
    """Serves, once it has told its address and a key's secret; its log goes into the data directory."""
    with (Path(data) / "access.log").open("wb", buffering=0) as log:
        async with listening(service, log=log) as url:
            sys.stdout.write(f"{url} {secret}\n")
            sys.stdout.flush()
            await asyncio.Event().wait()


class Mortal:
    """A program of this folder in a process of its own."""

    def __init__(self, process):
        self.process = process

    @classmethod
    async def started(cls, program, *args, **settings):
        """``settings`` are those of the service by name, as texts."""
        told = {f"QINGLIU_{name.upper()}": value for name, value in settings.items()}
        environment = {**os.environ, "PYTHONPATH": str(HERE.parents[1]), **told}
        command = [sys.executable, str(HERE / program), *map(str, args)]
        return cls(await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, env=environment))

    async def line(self):
        """The next line that it says, as words."""
        return (await asyncio.wait_for(self.process.stdout.readline(), PATIENCE)).decode().split()

    async def kill(self):
        """SIGKILL: nothing in the process gets a word in. Gives what it had said since."""
        self.process.kill()
        said = await self.process.stdout.read()
        await self.process.wait()
        self.process._transport.close()
        return said.decode()
