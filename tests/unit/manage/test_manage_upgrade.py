import json

import pytest

from bfe_py.manage import Upgraded
from bfe_py.manage.app import Settings
from bfe_py.model import parse_address

REMOTE = parse_address("192.0.2.7", 999)


class Proxy:
    """One that is asked to have another version take over."""

    def __init__(self, answer: Upgraded) -> None:
        self.answer = answer
        self.asked = 0

    async def upgrade(self) -> Upgraded:
        self.asked += 1
        return self.answer


@pytest.mark.parametrize(
    ("answer", "status"), [(Upgraded(4711), 200), (Upgraded(error="no such file"), 409)]
)
def test_it_answers_what_came_of_it(make_client, answer: Upgraded, status: int):
    reply = make_client(upgrade=Proxy(answer).upgrade).send("/upgrade", "POST")

    assert reply.head.status == status
    assert json.loads(reply.body) == {"pid": answer.pid, "error": answer.error}


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
def test_only_a_post_upgrades(make_client, method: str):
    proxy = Proxy(Upgraded(1))
    reply = make_client(upgrade=proxy.upgrade).send("/upgrade", method)

    assert reply.head.status == 405
    assert reply.header(b"allow") == b"POST"
    assert proxy.asked == 0


@pytest.mark.parametrize(
    ("settings", "parts", "error"),
    [
        (None, {"peer": REMOTE}, "upgrade is not allowed from [192.0.2.7:999]"),
        (Settings(token="secret"), {}, "upgrade needs its token"),
    ],
)
def test_it_is_for_those_who_may_reload(make_client, settings, parts, error: str):
    proxy = Proxy(Upgraded(1))
    reply = make_client(settings, upgrade=proxy.upgrade, **parts).send("/upgrade", "POST")

    assert reply.head.status == 403
    assert json.loads(reply.body) == {"error": error}
    assert proxy.asked == 0


def test_where_nothing_can_be_upgraded_there_is_no_such_page(client):
    assert client.send("/upgrade", "POST").head.status == 404
