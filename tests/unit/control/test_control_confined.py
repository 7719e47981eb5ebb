"""Files of tenants, as `FileDocuments` reads them."""

import os
from pathlib import Path

import pytest

from bfe_py.control import FileDocuments
from bfe_py.control.confined import LARGEST


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Folder of the tenant `shop`, beside one of `blog` and a secret of the machine."""
    folder = tmp_path / "conf/rules/shop"
    for path in (folder / "keys/own.key", folder.with_name("blog") / "own.key", tmp_path / "etc/a"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(path.parent.name)
    return folder


def read_of_shop(shop: Path, name: str) -> bytes | None:
    root = shop.parent.parent
    found = {FileDocuments(root, rules).get(f"rules/shop/{name}") for rules in (None, shop.parent)}
    (content,) = found
    return content


@pytest.mark.parametrize(
    ("target", "content"),
    [
        ("keys/own.key", b"keys"),
        ("{shop}/keys/own.key", b"keys"),
        ("../blog/own.key", None),
        ("{shop}/../blog/own.key", None),
        ("../../../etc/a", None),
        ("{shop}/../../../etc/a", None),
        ("keys", None),
        ("link", None),
        ("none", None),
    ],
)
def test_a_link_of_a_tenant_does_not_lead_out_of_its_folder(
    shop: Path, target: str, content: bytes | None
):
    (shop / "link").symlink_to(target.format(shop=shop))
    assert read_of_shop(shop, "link") == content


@pytest.mark.parametrize("target", ["..", "../blog", "../../../etc"])
def test_neither_does_a_link_on_the_way(shop: Path, target: str):
    (shop / "way").symlink_to(target)
    assert read_of_shop(shop, "way/own.key") is None
    assert read_of_shop(shop, "way/a") is None


def test_the_folder_of_a_tenant_may_be_a_link_itself(shop: Path, tmp_path: Path):
    shop.rename(tmp_path / "mounted")
    shop.symlink_to(tmp_path / "mounted")
    (shop / "..7").mkdir()
    (shop / "..7/ca.pem").write_text("new")
    (shop / "..data").symlink_to("..7")
    (shop / "ca.pem").symlink_to("..data/ca.pem")
    assert read_of_shop(shop, "keys/own.key") == b"keys"
    assert read_of_shop(shop, "ca.pem") == b"new"


@pytest.mark.parametrize("name", ["../blog/own.key", "with\0null", "none/own.key"])
def test_what_is_not_below_the_folder_of_a_tenant_is_not_there(shop: Path, name: str):
    assert read_of_shop(shop, name) is None


def test_nobody_waits_for_what_is_no_file(shop: Path):
    os.mkfifo(shop / "pipe")
    assert read_of_shop(shop, "pipe") is None


def test_a_file_of_a_tenant_has_a_limit(shop: Path):
    with (shop / "large").open("wb") as file:
        file.truncate(LARGEST)
    assert len(read_of_shop(shop, "large") or b"") == LARGEST
    with (shop / "large").open("ab") as file:
        file.write(b"x")
    assert read_of_shop(shop, "large") is None


def test_a_link_that_takes_the_place_of_a_file_in_between_is_not_followed(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    resolve = Path.resolve

    def resolve_and_swap(path: Path, strict: bool = False) -> Path:
        found = resolve(path, strict)
        if path.name == "own.key":
            path.unlink(missing_ok=True)
            path.symlink_to(tmp_path / "etc/a")
        return found

    monkeypatch.setattr(Path, "resolve", resolve_and_swap)
    assert FileDocuments(shop.parent.parent, None).get("rules/shop/keys/own.key") is None
