import pytest
from msgspec import convert

from bfe_py.modules.access import MODULE, Settings
from bfe_py.observe import Rotation
from bfe_py.pipeline import Phase
from tests.kit.modules import (
    CollectedFindings,
    FakeServices,
    build_module,
    make_exchange,
    make_response,
    make_session,
)

FILE = {"LogFile": "/log/access.log"}
ROTATED = {"LogPrefix": "access", "LogDir": "log", "RotateWhen": "midnight", "BackupCount": "2"}
TEMPLATE = {"RequestTemplate": "$host $status_code", "SessionTemplate": "S $ses_keepalive_num"}


def built(log, template=TEMPLATE, **options):
    return build_module(MODULE, settings={"Log": log, "Template": template}, **options)


def problems(log, template):
    findings = CollectedFindings()
    settings = convert({"Log": log, "Template": template}, Settings, strict=False)
    MODULE.check_settings(settings, findings)
    return findings.error_paths


def test_an_exchange_and_a_session_leave_a_line_each():
    module = built(FILE)
    session = make_session()
    session.requests = 1

    module.run(Phase.FINISH, make_exchange(session=session, response=make_response(200)))
    module.run(Phase.CLOSE, session)

    log = module.services.files.logs["/log/access.log"]
    assert log.lines == [b"example.test 200\n", b"S 1\n"]
    assert log.rotation == Rotation()


def test_a_log_in_a_directory_is_rotated():
    module = built(ROTATED)

    log = module.services.files.logs["log/access.log"]

    assert (log.rotation.unit, log.rotation.keep) == ("MIDNIGHT", 2)


def test_the_log_stays_open_when_the_module_is_built_again():
    services = FakeServices()
    first, second = built(FILE, services=services), built(FILE, services=services)

    first.run(Phase.FINISH, make_exchange())
    second.run(Phase.FINISH, make_exchange())

    assert len(services.files.logs["/log/access.log"].lines) == 2


def test_compatibility_reaches_the_variables():
    exchange = make_exchange(response=make_response(302))
    exchange.redirect = (b"/", 302)
    module = built(FILE, is_compatible=True)

    module.run(Phase.FINISH, exchange)

    assert module.services.files.logs["/log/access.log"].lines == [b"example.test -\n"]


# [Log], [Template] -> paths of errors
@pytest.mark.parametrize(
    ("log", "template", "paths"),
    [
        (FILE, TEMPLATE, []),
        (ROTATED, TEMPLATE, []),
        (FILE, {"RequestTemplate": "COMMON", "SessionTemplate": "JSON"}, []),
        (
            {},
            {},
            [
                ("Log", "LogPrefix"),
                ("Log", "LogDir"),
                ("Log", "RotateWhen"),
                ("Log", "BackupCount"),
                ("Template", "RequestTemplate"),
                ("Template", "SessionTemplate"),
            ],
        ),
        (
            FILE | ROTATED,
            TEMPLATE,
            [
                ("Log", "LogPrefix"),
                ("Log", "LogDir"),
                ("Log", "RotateWhen"),
                ("Log", "BackupCount"),
            ],
        ),
        (ROTATED | {"RotateWhen": "weekly"}, TEMPLATE, [("Log", "RotateWhen")]),
        (ROTATED | {"BackupCount": "0"}, TEMPLATE, [("Log", "BackupCount")]),
        (FILE, TEMPLATE | {"RequestTemplate": "$nope"}, [("Template", "RequestTemplate")]),
        (FILE, TEMPLATE | {"RequestTemplate": "$"}, [("Template", "RequestTemplate")]),
        (FILE, TEMPLATE | {"RequestTemplate": "$ses_error"}, [("Template", "RequestTemplate")]),
        (FILE, TEMPLATE | {"SessionTemplate": "$host"}, [("Template", "SessionTemplate")]),
    ],
)
def test_every_problem_of_the_settings_is_reported(log, template, paths):
    assert problems(log, template) == paths


def test_templates_with_times_can_be_checked():
    template = {"RequestTemplate": "$time $all_time", "SessionTemplate": "$time"}

    assert problems(FILE, template) == []
