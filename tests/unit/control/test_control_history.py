from bfe_py.control import History


def test_errors_stay_to_be_read_after_a_reload_that_went_well():
    history = History()
    history.note_taken(10.0)
    history.note_outcome((), 10.0)
    assert history == History(loaded_at=10.0, taken=1)
    history.note_outcome(("a: wrong", "b: wrong"), 20.0)
    assert history == History(10.0, False, ("a: wrong", "b: wrong"), 20.0, 1, 1)
    history.note_taken(30.0)
    history.note_outcome((), 30.0)
    assert history == History(30.0, True, ("a: wrong", "b: wrong"), 20.0, 2, 1)
