"""What modules say, for those who can wait for it."""

from collections.abc import Awaitable

from bfe_py.model import Exchange
from bfe_py.pipeline import Chain, Close, Phase, Respond, Verdict
from bfe_py.transport import in_task


async def ask(chain: Chain, phase: Phase, exchange: Exchange) -> Verdict:
    """First verdict of a phase of the exchange other than None.

    A handler that waits does so in an ordinary task, where all of asyncio works.

    Raises:
        Fault: a handler failed.
    """
    return await settled(chain.ask(phase, exchange))


async def settled(verdict: Verdict | Awaitable[Verdict]) -> Verdict:
    """The verdict, waited for where a handler does."""
    if verdict is None or isinstance(verdict, (Respond, Close)):
        return verdict
    return await in_task(verdict)
