import asyncio
import base64
import inspect
import sys
from types import ModuleType

import pytest

from bfe_py.modules.auth_basic import MODULE
from bfe_py.modules.auth_basic.secrets import compile_secret, hash_md5
from bfe_py.modules.auth_basic.verified import VerifiedCredentials
from bfe_py.pipeline import Phase, Respond
from tests.kit.modules import (
    BuiltModule,
    CollectedFindings,
    FakeServices,
    build_module,
    compile_document,
    make_exchange,
)

USERS = b"""alice:$apr1$saltsalt$29mG2DNQZIN57183yRfAG.
bob:{SHA}KAvcVVnE3wKtr4qUVF8fGpQZ7/E=
carol:$1$mdsalt$/Pt6PMIIMdjhpaVDTAd47/
erin:plain
dave:$apr1$s$qbLzbU0i/s/I1hPxrDG4b.:a comment
# note
 gina : {SHA}KAvcVVnE3wKtr4qUVF8fGpQZ7/E= \t
"""


def file(*rules: object) -> dict[str, object]:
    return {"Version": "1", "Config": {"shop": list(rules)}}


def rule(condition: str = "default_t()", **more: str) -> dict[str, str]:
    return {"Cond": condition, "UserFile": "users", **more}


def build(*rules: object, users: bytes = USERS, is_compatible: bool = False, **more) -> BuiltModule:
    return build_module(
        MODULE,
        {"rules": file(*(rules or (rule(),)))},
        files={"users": users},
        is_compatible=is_compatible,
        **more,
    )


def encode(credentials: bytes) -> bytes:
    return b"Basic " + base64.b64encode(credentials)


def check(built: BuiltModule, authorization: bytes | None, **more: object):
    fields = [] if authorization is None else [(b"Authorization", authorization)]
    exchange = make_exchange(headers=fields, tenant="shop", **more)
    return asyncio.run(built.wait(Phase.TENANT, exchange))


@pytest.mark.parametrize(
    ("credentials", "is_right"),
    [
        (b"alice:pwa", True),
        (b"alice:bad", False),
        (b"alice:", False),
        (b"Alice:pwa", False),
        (b"bob:pw:colon", True),
        (b"bob:pw", False),
        (b"carol:pwc", True),
        (b"carol:pwd", False),
        (b"dave:pwd", True),
        (b"gina:pw:colon", True),
        (b"erin:plain", False),
        (b"nobody:", False),
        (b":", False),
        (b"# note:", False),
    ],
)
def test_who_gets_past(credentials, is_right):
    built = build()
    verdict = check(built, encode(credentials))
    assert (verdict is None) is is_right
    counted = "mod_auth_basic.REQ_AUTH_SUCCESS" if is_right else "mod_auth_basic.REQ_AUTH_FAILURE"
    assert built.counted() == {"mod_auth_basic.REQ_AUTH_RULE_HIT": 1, counted: 1}


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        b"",
        b"Basic",
        b"Basic !!!",
        b"Basic !!!!",
        b"Basic  YWxpY2U6cHdh",
        b"Basic YWxpY2U=",
        b"Basic YWxpY2U6cHdh=",
        b"Bearer x",
        b"BasicYWxpY2U6cHdh",
    ],
)
def test_without_readable_credentials_there_is_a_challenge(authorization):
    built = build(rule(Realm="unittest"))
    verdict = check(built, authorization)
    assert isinstance(verdict, Respond)
    assert (verdict.head.status, verdict.head.body_length, verdict.body) == (401, 0, b"")
    assert list(verdict.head.headers) == [(b"WWW-Authenticate", b'Basic realm="unittest"')]
    assert not verdict.skips_response_phase
    assert built.counted() == {
        "mod_auth_basic.REQ_AUTH_RULE_HIT": 1,
        "mod_auth_basic.REQ_AUTH_CHALLENGE": 1,
    }


def test_the_scheme_is_read_in_any_case():
    assert check(build(), b"bAsIC " + base64.b64encode(b"alice:pwa")) is None


@pytest.mark.parametrize(
    ("realm", "is_compatible", "expected"),
    [
        (None, False, b'Basic realm="Restricted"'),
        ("", True, b'Basic realm="Restricted"'),
        ('ops "q\\"', False, b'Basic realm="ops \\"q\\\\\\""'),
        ('ops "q"', True, b'Basic realm="ops "q""'),
        ("caf\u00e9", False, b'Basic realm="caf\xc3\xa9"'),
    ],
)
def test_the_realm_is_told(realm, is_compatible, expected):
    more = {} if realm is None else {"Realm": realm}
    verdict = check(build(rule(**more), is_compatible=is_compatible), None)
    assert verdict.head.headers.get(b"www-authenticate") == expected
    assert b"content-type" not in verdict.head.headers


def test_a_request_that_no_rule_matches_goes_on():
    built = build(rule('req_host_in("www.example.org")'))
    assert check(built, None, host=b"example.org") is None
    assert built.counted() == {}


def test_the_first_rule_that_matches_decides():
    built = build(rule('req_path_prefix_in("/a", false)', Realm="a"), rule(Realm="b"))
    for target, realm in ((b"/a", b"a"), (b"/b", b"b")):
        verdict = check(built, None, target=target)
        assert verdict.head.headers.get(b"www-authenticate") == b'Basic realm="%s"' % realm


def test_a_file_without_users_lets_nobody_past():
    assert isinstance(check(build(users=b"# nobody\n\n"), encode(b"alice:pwa")), Respond)


class CountingServices(FakeServices):
    """Counts what is handed to threads."""

    def __init__(self) -> None:
        super().__init__()
        self.offloaded = 0

    def offload(self, function):
        self.offloaded += 1
        return super().offload(function)


def test_a_slow_hash_is_computed_once_and_away_from_the_loop():
    services = CountingServices()
    built = build(services=services)
    assert [check(built, encode(b"alice:pwa")) for _ in range(3)] == [None] * 3
    assert services.offloaded == 1
    assert built.counted()["mod_auth_basic.REQ_AUTH_SUCCESS"] == 3


def test_a_wrong_password_is_not_remembered():
    services = CountingServices()
    built = build(services=services)
    assert all(isinstance(check(built, encode(b"alice:bad")), Respond) for _ in range(2))
    assert services.offloaded == 2


def test_what_takes_no_time_does_not_wait():
    built = build()
    fast = make_exchange(headers=[(b"Authorization", encode(b"bob:pw:colon"))], tenant="shop")
    assert built.run(Phase.TENANT, fast) is None
    slow = make_exchange(headers=[(b"Authorization", encode(b"alice:pwa"))], tenant="shop")
    waiting = built.run(Phase.TENANT, slow)
    assert inspect.isawaitable(waiting)
    waiting.close()


def test_verified_credentials_are_bounded_and_the_oldest_go_first():
    verified = VerifiedCredentials(b"key", 2)
    one, two, three = (verified.digest(b"stored", word) for word in (b"1", b"2", b"3"))
    verified.add(one)
    verified.add(two)
    assert verified.has(one)
    verified.add(three)
    assert [verified.has(each) for each in (one, two, three)] == [True, False, True]
    assert len(verified) == 2


def test_a_digest_is_of_hash_and_password_and_key():
    verified = VerifiedCredentials(b"key", 2)
    digests = {
        verified.digest(b"ab", b"c"),
        verified.digest(b"a", b"bc"),
        verified.digest(b"ab", b"d"),
        VerifiedCredentials(b"other", 2).digest(b"ab", b"c"),
    }
    assert len(digests) == 4
    assert verified.digest(b"ab", b"c") in digests


# made with: openssl passwd -apr1 / -1 -salt SALT PASSWORD
@pytest.mark.parametrize(
    ("magic", "salt", "password", "expected"),
    [
        (b"$apr1$", b"x", b"", b"$apr1$x$tMwYqBfQwi3FYAr0aJc8M/"),
        (b"$apr1$", b"8saltsal", b"p", b"$apr1$8saltsal$VIMWkHcoqa3mY5Km3HUq6/"),
        (b"$1$", b"ab", b"a much longer password than a digest", b"$1$ab$ePHyPBxjPtCPQgXjoo5hm0"),
        (b"$1$", b"ab", b"sixteen letters!", b"$1$ab$HSeYxeK.f/aewXzomu8Uv0"),
    ],
)
def test_md5_hashes_are_those_of_crypt(magic, salt, password, expected):
    assert hash_md5(password, magic, salt) == expected


@pytest.mark.parametrize(
    "text", [b"", b"plain", b"{SHA}???", b"$1$x", b"$apr1$a$b$c", b"$9$a$b", b"{SSHA}eA=="]
)
def test_a_hash_that_no_password_fits_is_no_secret(text):
    assert compile_secret(text) is None


def test_a_hash_cut_short_never_fits():
    for text in (b"$apr1$x$y", b"{SHA}eA=="):
        secret = compile_secret(text)
        assert secret is not None
        assert not secret.verify(b"x")


@pytest.fixture
def bcrypt(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bytes, bytes]]:
    asked = []

    def checkpw(password: bytes, hashed: bytes) -> bool:
        asked.append((password, hashed))
        if b"\0" in password:
            raise ValueError("NUL")
        return password == b"pwb"

    module = ModuleType("bcrypt")
    module.checkpw = checkpw  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "bcrypt", module)
    return asked


@pytest.mark.parametrize("kind", [b"2a", b"2b", b"2x", b"2y"])
def test_bcrypt_is_asked_for_its_hashes(bcrypt, kind):
    text = b"$%s$04$whatever" % kind
    secret = compile_secret(text)
    assert secret is not None
    assert secret.is_slow
    assert [secret.verify(word) for word in (b"pwb", b"other", b"pw\0")] == [True, False, False]
    assert not secret.verify(b"x" * 100)
    assert bcrypt[-1] == (b"x" * 72, text)


@pytest.mark.parametrize("kind", [b"2a", b"2b", b"2y"])
def test_bcrypt_hashes_fit(kind):
    pytest.importorskip("bcrypt")
    secret = compile_secret(b"$%s$04$abcdefghijklmnopqrstuuzfA3NNEdz6JE6lgVecpP2AwKzyORVL." % kind)
    assert secret is not None
    assert secret.verify(b"pwb")
    assert not secret.verify(b"pwc")
    assert not secret.verify(b"x" * 100)


def find_errors(users: bytes) -> list[str]:
    findings = CollectedFindings({"users": users})
    compile_document(MODULE, "rules", file(rule()), findings)
    assert {each.path for each in findings.errors} <= {("Config", "shop", 0, "UserFile")}
    return [each.message for each in findings.errors]


@pytest.mark.parametrize(
    ("users", "lines"),
    [
        (b"", []),
        (b"a:$apr1$x$y\n", []),
        (b"a:b:c:d\nb\nc:{SHA}x\n:", [1, 2]),
    ],
)
def test_a_broken_line_is_reported_by_its_number(users, lines):
    errors = find_errors(users)
    assert len(errors) == len(lines)
    for line, message in zip(lines, errors, strict=True):
        assert message.startswith((f"line {line} ", f"line {line}:"))


def test_a_hash_that_no_password_fits_is_doubtful_and_loads():
    findings = CollectedFindings({"users": b"a:$5$salt$hash\nb:$6$salt$hash"})
    compile_document(MODULE, "rules", file(rule()), findings)
    assert findings.errors == []
    assert [each.message[:6] for each in findings.warnings] == ["line 1", "line 2"]


def test_bcrypt_that_is_not_installed_is_an_error_at_load(monkeypatch):
    monkeypatch.setitem(sys.modules, "bcrypt", None)
    (message,) = find_errors(b"a:$2b$04$abc")
    assert "not installed" in message


def test_findings_never_show_a_hash():
    users = b"a:hidden\na:$6$hidden$hidden\nb:hidden:hidden:hidden\n"
    findings = CollectedFindings({"users": users})
    compile_document(MODULE, "rules", file(rule()), findings)
    assert len(findings.errors) == 1
    assert len(findings.warnings) == 3
    assert "hidden" not in repr((findings.errors, findings.warnings))


@pytest.mark.parametrize(
    ("broken", "path"),
    [
        ({"Cond": "default_t()"}, ()),
        ({"Cond": "default_t()", "UserFile": ""}, ()),
        ({"Cond": "default_t()", "UserFile": "missing"}, ("UserFile",)),
        ({**rule(), "Realm": "a\r\nb"}, ("Realm",)),
    ],
)
def test_a_broken_rule_is_reported_at_its_place(broken, path):
    findings = CollectedFindings({"users": b""})
    compile_document(MODULE, "rules", file(broken), findings)
    assert findings.error_paths == [("Config", "shop", 0, *path)]
