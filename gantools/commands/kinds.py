"""What a recogniser says of fakes, for people and as JSON values: the share of each kind beside that of the data."""

from typing import TYPE_CHECKING, Any

from gantools.console import safe

if TYPE_CHECKING:
    from gantools.measure.judge import Judge
    from gantools.measure.reals import Sample

SHOWN = 20
"""Kinds of which the shares are shown: those whose share is most unlike the data's. --json has all."""

Kinds = tuple[list[tuple[str, str]], list[list[tuple[str, ...]]], dict[str, Any]]


def kinds_of(judge: "Judge", samples: list["Sample"], models: tuple[str, ...]) -> Kinds:
    """Return rows, tables and facts about the kinds of fakes; all empty where none are counted.

    Args:
        samples: the fakes of each model.
        models: what each is called in the table.
    """
    kinds = judge.eyes.kinds
    if kinds is None:
        return [], [], {}
    rows = judge.shares(samples)
    shown = sorted(rows, key=lambda row: -max(abs(share - row.shares[0]) for share in row.shares))[:SHOWN]
    cells = [
        (safe(row.factor), safe(row.level), *(f"{share:.1%}" for share in row.shares)) for row in rows if row in shown
    ]
    known = len({*map(tuple, kinds.factors.rows.tolist())})
    names = ("data", *models)
    facts = {
        "factors": list(kinds.factors.names),
        "known": known,
        "accuracy": kinds.accuracy,
        "checked": kinds.checked,
        "shares": [
            {"factor": row.factor, "level": row.level, **dict(zip(names, row.shares, strict=True))} for row in rows
        ],
    }
    told = ("recogniser", f"{kinds.recogniser.label.digest}, {kinds.describe()}; modes are of {known}")
    return [told], [[("share of", "", *names), *cells]], {"kinds": facts}
