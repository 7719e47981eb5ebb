"""Which configuration is in use, by document and by worker."""

import msgspec

from bfe_py.manage import DocumentStatus, GenerationStatus, WorkerStatus
from bfe_py.manage.configuration import config_families, encode_config
from tests.unit.manage.conftest import FakeObserved

HOSTS = DocumentStatus("server_data_conf/host_rule.data", "ab12", 10.0, is_current=True)
GOOD = DocumentStatus("rules/good.rules", "cd34", 10.0, is_current=True)
BAD = DocumentStatus("rules/bad.rules", "", 0.0, is_current=False, error="odd", failed_at=20.0)
WORKERS = [
    WorkerStatus(0, "v1", 10.0, is_ok=True),
    WorkerStatus(1, "v1", 11.0, is_ok=False, error="no space", failed_at=20.0),
]


def observed() -> FakeObserved:
    return FakeObserved(
        generation=GenerationStatus("v1", 10.0, False, ("odd",), 20.0),
        documents=[BAD, GOOD, HOSTS],
        worker_statuses=WORKERS,
    )


def test_the_page_says_all_of_every_document_and_worker():
    assert msgspec.json.decode(encode_config(observed())) == {
        "version": "v1",
        "loaded_at": 10.0,
        "is_last_ok": False,
        "last_errors": ["odd"],
        "last_error_at": 20.0,
        "documents": [msgspec.to_builtins(one) for one in (BAD, GOOD, HOSTS)],
        "workers": [msgspec.to_builtins(one) for one in WORKERS],
    }


def test_of_tenants_documents_only_those_that_are_refused_have_a_series():
    values = {
        family.name: {tuple(sample.labels.values()): sample.value for sample in family.samples}
        for family in config_families(observed())
    }
    assert values == {
        "bfe_config_document_current": {(BAD.document,): 0.0, (HOSTS.document,): 1.0},
        "bfe_config_document_timestamp_seconds": {(BAD.document,): 0.0, (HOSTS.document,): 10.0},
        "bfe_config_document_info": {(BAD.document, ""): 1.0, (HOSTS.document, "ab12"): 1.0},
        "bfe_config_worker_timestamp_seconds": {("0",): 10.0, ("1",): 11.0},
        "bfe_config_worker_ok": {("0",): 1.0, ("1",): 0.0},
    }
