"""Certificates by name, and the one for everybody else."""

import dataclasses

import pytest

from bfe_py.tls import Certificate, Certificates


def test_without_configuration_there_is_no_certificate() -> None:
    none = Certificates()
    assert none.default is None
    assert none.by_name == {}


def test_certificates_are_equal_by_what_they_hold() -> None:
    one = Certificate("a", b"chain", b"key")
    assert one == Certificate("a", b"chain", b"key")
    assert one != Certificate("a", b"chain", b"other key")
    assert Certificates({"a": one}, one) == Certificates({"a": one}, one)


def test_a_certificate_in_use_cannot_be_changed() -> None:
    one = Certificate("a", b"chain", b"key")
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.chain = b"other"
