from dataclasses import FrozenInstanceError

import pytest

from bfe_py.model import ResponseHead
from bfe_py.observe import Registry
from bfe_py.pipeline import Close, Module, Parts, Phase, Respond
from tests.kit.modules import FakeServices


def test_a_module_needs_a_name_and_something_to_build():
    module = Module("mod_x", lambda _: {})
    assert module.settings is None
    assert module.documents == ()
    assert module.after == ()
    assert (module.monitor, module.description) == ("", "")
    assert (module.state, module.check_settings) == (None, None)
    parts = Parts(None, {}, Registry(), FakeServices())
    assert module.build(parts) == {}
    assert parts.state is None
    assert not parts.is_compatible


def test_a_declaration_does_not_change():
    module = Module("mod_x", lambda _: {Phase.TENANT: lambda _: None})
    with pytest.raises(FrozenInstanceError):
        module.name = "mod_y"  # type: ignore[misc]


def test_an_answer_is_seen_by_the_response_phase_and_keeps_the_connection_unless_it_says_so():
    answer = Respond(ResponseHead(204))
    assert answer.body == b""
    assert not answer.skips_response_phase
    assert not answer.closes
    assert not answer.is_redirect
    assert Close("blocked").reason == "blocked"
