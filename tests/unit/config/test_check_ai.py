import pytest

from bfe_py.config.check_ai import check_ai
from bfe_py.config.dynamic import AiConf


def model(**fields: object) -> dict:
    return {"Model": "m", "Mode": "chat", "Prices": {"in": 0.000001}} | fields


def table(*models: dict, currency: str = "RMB") -> dict:
    return {"ModelTable": {"Currency": currency, "Models": list(models)}}


@pytest.mark.parametrize(
    ("conf", "codes"),
    [
        ({}, []),
        ({"StripPrefix": True, "MatchPrefix": "openrouter/"}, []),
        ({"StripPrefix": True, "MatchPrefix": ""}, ["E501"]),
        ({"StripPrefix": True, "MatchPrefix": "openrouter"}, ["E501"]),
        ({"KeyPolicy": {"Strategy": "x", "MaxRetries": 1}}, []),
        (table(), []),
        ({"ModelTable": {"Currency": "RMB"}}, []),
        (table(model(), model(Mode="embed")), []),
        (table(currency="USD"), ["E501"]),
        (table(model(), model()), ["E501"]),
        (table(model(Model="")), ["E501"]),
        (table(model(Mode="")), ["E501"]),
        (table(model(Prices={"in": -1, "out": 0})), ["E501"]),
        (table(model(Prices=None)), ["E501"]),
    ],
)
def test_model_gateways(examine, conf: dict, codes: list[str]) -> None:
    found = examine(AiConf, conf, lambda value, findings: check_ai((), value, findings))
    assert [finding.code for finding in found] == codes
