import pytest

from bfe_py.balance import Backend, BackendState, Choice, Cluster, LiveBackends, Probe, failed
from bfe_py.control import Down
from bfe_py.server.health import BackendHealth
from tests.kit.modules import ManualClock

ONE: Down = ("web", "sub", "10.0.0.1", 80)
TWO: Down = ("web", "sub", "10.0.0.2", 80)


class Known:
    """Two backends and what is told of them."""

    def __init__(self) -> None:
        self.live = LiveBackends()
        self.one = self._make("10.0.0.1")
        self.two = self._make("10.0.0.2")
        self.told: list[Down] = []
        self.health = BackendHealth(self.live, ManualClock(), self.told.append)

    def _make(self, host: str) -> BackendState:
        return self.live.get("web", "sub", Backend(host, host, 80, 1))

    def break_(self, state: BackendState) -> None:
        state.is_up = state.is_healthy = False


@pytest.fixture
def known() -> Known:
    return Known()


def test_a_backend_that_is_found_down_is_told(known: Known, caplog: pytest.LogCaptureFixture):
    known.health.found_down(Cluster("web"), Choice("sub", known.one))
    assert known.told == [ONE]
    assert "backend down cluster=web sub=sub backend=10.0.0.1:80" in caplog.text


def test_a_backend_is_down_by_the_controllers_word_and_up_by_it(known: Known):
    known.health.told_down(ONE)
    assert (known.one.is_up, known.two.is_up) == (False, True)
    known.health.told_up(ONE)
    assert known.one.is_up
    assert known.one.is_restarted
    assert known.told == []


def test_one_that_an_operator_took_out_stays_out_though_it_is_healthy(known: Known):
    known.one.is_disabled, known.one.is_up = True, False
    known.health.told_up(ONE)
    assert not known.one.is_up


def test_words_about_unknown_backends_do_nothing(known: Known):
    gone: Down = ("none", "sub", "10.0.0.1", 80)
    known.health.told_down(gone)
    known.health.told_up(gone)
    known.health.expect([gone])
    known.health.settle()
    assert known.one.is_up
    assert known.told == []


def test_what_came_with_a_configuration_holds_when_it_is_in_use(known: Known):
    known.health.expect([ONE])
    assert known.one.is_up
    known.health.settle()
    assert not known.one.is_up
    assert known.told == []


def test_a_backend_that_came_up_while_its_configuration_was_compiled_is_up(known: Known):
    known.health.expect([ONE])
    known.health.told_up(ONE)
    known.health.settle()
    assert known.one.is_up


def test_one_that_went_down_while_a_configuration_was_compiled_is_down(known: Known):
    known.health.expect([])
    known.health.told_down(ONE)
    known.one.is_up = known.one.is_healthy = True  # it is new in that configuration
    known.health.settle()
    assert not known.one.is_up


def test_the_controller_is_told_again_of_what_it_does_not_know(known: Known):
    known.break_(known.one)
    known.break_(known.two)
    known.health.expect([TWO])
    known.health.settle()
    assert known.told == [ONE]
    known.told.clear()
    known.health.tell_all()
    assert known.told == [ONE]


# --- failures that are not enough


def fail(state: BackendState) -> None:
    """One more attempt on a backend failed."""
    failed(state, Probe(failures=5), 1.0)


def test_failures_in_a_row_are_told_as_they_change(known: Known):
    fail(known.one)
    fail(known.one)
    fail(known.two)
    assert sorted(known.health.take_failing()) == [(ONE, 2), (TWO, 1)]
    assert known.health.take_failing() == []
    fail(known.one)
    known.two.failures = 0
    assert sorted(known.health.take_failing()) == [(ONE, 3), (TWO, 0)]
    known.one.failures = 0
    assert known.health.take_failing() == [(ONE, 0)]
    assert known.health.take_failing() == []


def test_a_row_that_ended_before_it_was_told_is_no_news(known: Known):
    fail(known.one)
    known.one.failures = 0
    assert known.health.take_failing() == []


def test_a_backend_that_is_down_or_gone_fails_no_more(known: Known):
    fail(known.one)
    fail(known.two)
    known.health.take_failing()
    known.health.told_down(ONE)
    known.live.retain([known.one.key])
    fail(known.two)
    assert sorted(known.health.take_failing()) == [(ONE, 0), (TWO, 0)]


def test_another_controller_is_told_of_all_failures(known: Known):
    fail(known.one)
    known.health.take_failing()
    known.health.tell_all()
    assert known.health.take_failing() == [(ONE, 1)]
