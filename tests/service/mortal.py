"""Services to be killed: how one says that it is up, and how a test starts one and kills it."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sys
from importlib import import_module
from multiprocessing import forkserver
from pathlib import Path
from unittest import mock

import uvloop

from service.http.server import listening

ROOT = Path(__file__).parents[2]
PATIENCE = 120
PROGRAMS = ("desk_server", "kill_server", "notify_server")
FORKS = multiprocessing.get_context("forkserver")
"""Its one process has imported the service and forks: a process of its own would import it for seconds, each time."""


async def serve_until_killed(service, data, secret):
    """Serves, once it has told its address and a key's secret; its log goes into the data directory."""
    with (Path(data) / "access.log").open("wb", buffering=0) as log:
        async with listening(service, log=log) as url:
            sys.stdout.write(f"{url} {secret}\n")
            sys.stdout.flush()
            await asyncio.Event().wait()


def _live(program, out, arguments, environment):
    """What a forked process does: its lines go into ``out``, which is open nowhere else; its settings are its own."""
    os.environ.clear()
    os.environ.update(environment)
    os.dup2(out.fileno(), sys.stdout.fileno())
    out.close()
    uvloop.run(import_module(f"tests.service.{program}").main(*arguments))


class Mortal:
    """A program of this folder in a process of its own."""

    def __init__(self, process, said, pipe):
        self.process, self._said, self._pipe = process, said, pipe

    @classmethod
    async def started(cls, program, *args, **settings):
        """``settings`` are those of the service by name, as texts."""
        with mock.patch.dict(os.environ, PYTHONPATH=str(ROOT)):
            FORKS.set_forkserver_preload([f"tests.service.{name}" for name in PROGRAMS])
            forkserver.ensure_running()
        environment = {**os.environ, **{f"QINGLIU_{name.upper()}": value for name, value in settings.items()}}
        heard, told = FORKS.Pipe(duplex=False)
        process = FORKS.Process(target=_live, args=(program, told, tuple(map(str, args)), environment), daemon=True)
        await asyncio.to_thread(process.start)
        told.close()
        said = asyncio.StreamReader()
        pipe, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(said), os.fdopen(os.dup(heard.fileno()), "rb")
        )
        heard.close()
        return cls(process, said, pipe)

    async def line(self):
        """The next line that it says, as words."""
        return (await asyncio.wait_for(self._said.readline(), PATIENCE)).decode().split()

    async def kill(self):
        """SIGKILL: nothing in the process gets a word in. Gives what it had said since."""
        self.process.kill()
        said = await self._said.read()
        self._pipe.close()
        await asyncio.to_thread(self.process.join)
        self.process.close()
        return said.decode()
