"""The servers to compare: ours or the one that runs already, then its peers."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field

from benchmarks.aegra import aegra
from benchmarks.client import Client
from benchmarks.errors import Failure
from benchmarks.measuring import Target
from benchmarks.options import AEGRA, Options
from benchmarks.ours import ours
from benchmarks.processes import ProcessTree
from benchmarks.reference import reference, reference_python

OURS = "ours"
#: A url, and the root processes of the server that answers there.
Server = AbstractContextManager[tuple[str, list[int]]]


@dataclass
class Contenders:
    #: In the order of the table.
    names: list[str] = field(default_factory=list)
    targets: dict[str, Target] = field(default_factory=dict)
    #: Those that did not start, and why: their cells are shown as failed.
    absent: dict[str, str] = field(default_factory=dict)


def started(chosen: Options, stack: ExitStack) -> Contenders:
    contenders = Contenders()
    for name, server in servers(chosen):
        contenders.names.append(name)
        try:
            url, pids = stack.enter_context(server)
        except Failure as failure:
            contenders.absent[name] = str(failure)
        else:
            contenders.targets[name] = Target(Client(url), ProcessTree(pids), seconds=chosen.seconds)
    return contenders


def servers(chosen: Options) -> Iterator[tuple[str, Server]]:
    if chosen.url:
        yield "given", nullcontext((chosen.url, chosen.pid))
    elif not chosen.skip_ours:
        yield OURS, ours(chosen.port)
    for port, name in enumerate(chosen.against, start=chosen.port + 1):
        if name == AEGRA:
            yield name, aegra(port)
        else:
            yield name, reference(name, python=reference_python(chosen.reference_python), port=port)
