"""Checks of the model gateway's settings in cluster_conf.data."""

from bfe_py.config.dynamic import AiConf, AiModelTable
from bfe_py.config.positioned import PositionedFindings
from bfe_py.pipeline import Path

CURRENCY = "RMB"


def check_ai(path: Path, conf: AiConf, findings: PositionedFindings) -> None:
    """What BFE refuses in an AIConf."""
    if conf.strip_prefix and not conf.match_prefix.endswith("/"):
        findings.error(
            path,
            '"StripPrefix" needs a "MatchPrefix"',
            expected="a prefix that ends in /",
            code="E501",
        )
    if conf.model_table is not None:
        _check_models((*path, "ModelTable"), conf.model_table, findings)


def _check_models(path: Path, table: AiModelTable, findings: PositionedFindings) -> None:
    if table.currency != CURRENCY:
        message = f'unknown currency "{table.currency}"'
        findings.error((*path, "Currency"), message, expected=CURRENCY, code="E501")
    seen: set[tuple[str, str]] = set()
    for index, model in enumerate(table.models or ()):
        place = (*path, "Models", index)
        if not model.model or not model.mode:
            findings.error(place, '"Model" and "Mode" must be there', code="E501")
        elif (model.model, model.mode) in seen:
            message = f'model "{model.model}" stands twice for mode "{model.mode}"'
            findings.error(place, message, code="E501")
        seen.add((model.model, model.mode))
        if model.prices is None:
            findings.error(place, '"Prices" is missing', code="E501")
        for name, price in (model.prices or {}).items():
            if price < 0:
                findings.error((*place, "Prices", name), f"{price} is below 0", code="E501")
