import os

import pytest

from bfe_py.model import field_line
from bfe_py.modules.logid import MODULE, Ids
from bfe_py.pipeline import Phase
from tests.kit.modules import build_module, make_exchange, make_session

NEW = "00" * 16


def test_a_session_has_an_id():
    session = make_session()

    build_module(MODULE).run(Phase.ACCEPT, session)

    assert session.session_id == NEW


# vector 58: trusted, field that came, compatible -> id, field that goes on, ids that were missing
@pytest.mark.parametrize(
    ("is_trusted", "given", "is_compatible", "log_id", "sent", "missing"),
    [
        (False, None, False, NEW, NEW, 0),
        (False, b"mine", False, NEW, NEW, 0),
        (True, b"mine", False, "mine", "mine", 0),
        (True, b"mine", True, "", "mine", 0),
        (True, b"", False, NEW, NEW, 1),
        (True, None, False, NEW, NEW, 1),
        (True, None, True, NEW, NEW, 1),
    ],
)
def test_an_exchange_has_an_id(is_trusted, given, is_compatible, log_id, sent, missing):
    module = build_module(MODULE, is_compatible=is_compatible)
    exchange = make_exchange(
        headers=[] if given is None else [(b"x-bfe-log-id", given)],
        session=make_session(is_trusted=is_trusted),
    )

    assert module.run(Phase.REQUEST, exchange) is None

    assert exchange.log_id == log_id
    assert exchange.request.headers.get_all(b"x-bfe-log-id") == [sent.encode()]
    assert module.counted().get("mod_logid.NO_LOGID_FROM_UPPER_BFE", 0) == missing


def test_of_several_ids_of_a_stranger_none_goes_on():
    exchange = make_exchange(headers=[(b"X-Bfe-Log-Id", b"1"), (b"X-Bfe-Log-Id", b"2")])

    build_module(MODULE).run(Phase.REQUEST, exchange)

    assert exchange.request.headers.get_all(b"x-bfe-log-id") == [NEW.encode()]


def test_each_id_is_another():
    module = build_module(MODULE)
    first, second = make_exchange(), make_exchange()

    module.run(Phase.REQUEST, first)
    module.run(Phase.REQUEST, second)

    assert first.log_id != second.log_id


def test_ids_are_made_many_at_a_time_and_none_is_given_twice():
    asked = []

    def random(count):
        asked.append(count)
        return os.urandom(count)

    ids = Ids(random)
    taken = [ids.ready.pop() if ids.ready else ids.make() for _ in range(300)]
    given = [each for each, _ in taken]

    assert [line for _, line in taken] == [
        field_line(b"X-Bfe-Log-Id", each.encode()) for each in given
    ]
    assert len(set(given)) == 300
    assert {len(each) for each in given} == {32}
    assert asked == [4096, 4096]


def test_a_process_does_not_give_the_ids_that_its_parent_made():
    ids = Ids(os.urandom)
    ids.make()
    child = os.fork()
    if not child:
        os._exit(len(ids.ready))

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert ids.ready
