from bfe_py.pipeline import AWAITABLE_PHASES, SESSION_PHASES, Phase


def test_the_phases_are_bfes_points_in_the_order_in_which_they_come():
    assert [phase.value for phase in Phase] == [
        "HandleAccept",
        "HandleHandshake",
        "HandleBeforeLocation",
        "HandleFoundProduct",
        "HandleAfterLocation",
        "HandleForward",
        "HandleReadResponse",
        "HandleRequestFinish",
        "HandleFinish",
    ]


def test_phases_of_the_connection_do_not_wait_and_neither_does_the_end():
    assert {Phase.ACCEPT, Phase.HANDSHAKE, Phase.CLOSE} == SESSION_PHASES
    assert not SESSION_PHASES & AWAITABLE_PHASES
    assert set(Phase) - SESSION_PHASES - AWAITABLE_PHASES == {Phase.FINISH}
