"""Read cases from JSON Lines or YAML, and write them."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from evals.errors import BadConfiguration
from evals.known.cases import Case

YAML = (".yaml", ".yml")
SCHEMA = Path(__file__).parent.parent / "case.schema.json"


class Written(NamedTuple):
    """A case as it stands in a file: where, and what it says."""

    where: str
    case: Case


def read_cases(file: Path) -> list[Written]:
    """Return the cases of a file, JSON Lines or by its suffix YAML; quotes are not looked up.

    Raises BadConfiguration, naming file and line, when the file cannot be read, or holds anything but cases.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfiguration(f"The cases {str(file)!r} cannot be read ({error}). Give a file of JSON lines") from None
    rows = _of_yaml(file, text) if file.suffix in YAML else _of_lines(file, text)
    written = [Written(where, _parsed(where, fields)) for where, fields in rows]
    if not written:
        raise BadConfiguration(f"There is no case in {file}. Write at least one, as in evals/cases.jsonl")
    return written


def write_cases(file: Path, cases: Iterable[Case]) -> None:
    """Write cases, in the format that the suffix of the file names.

    Raises BadConfiguration when the file cannot be written.
    """
    try:
        file.write_text(text_of(cases, file.suffix), encoding="utf-8")
    except OSError as error:
        raise BadConfiguration(f"The cases cannot be written to {str(file)!r} ({error}). Name another file") from None


def text_of(cases: Iterable[Case], suffix: str = ".jsonl") -> str:
    """Return cases as they stand in a file of this suffix; what a case leaves at its default is left out."""
    rows = [case.model_dump(mode="json", exclude_defaults=True, exclude={"evidence": _STARTS}) for case in cases]
    if suffix in YAML:
        import yaml

        return str(yaml.safe_dump(rows, allow_unicode=True, sort_keys=False, width=120))
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def schema() -> dict[str, Any]:
    """Return the JSON schema (2020-12) of one case, as it is published in `evals/case.schema.json`."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | Case.model_json_schema()


_STARTS = {"__all__": {"__all__": {"start"}}}


def _of_lines(file: Path, text: str) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            where = f"{file}, line {number}"
            try:
                yield where, json.loads(line)
            except json.JSONDecodeError as error:
                raise BadConfiguration(
                    f"{where}: this is not JSON ({error}). Write one JSON object on the line"
                ) from None


def _of_yaml(file: Path, text: str) -> Iterator[tuple[str, Any]]:
    import yaml

    try:
        rows = yaml.safe_load(text) or []
    except yaml.YAMLError as error:
        raise BadConfiguration(f"{file}: this is not YAML ({' '.join(str(error).split())}). Correct it") from None
    if not isinstance(rows, list):
        raise BadConfiguration(f"{file}: this is no list of cases. Begin each case with a dash")
    return ((f"{file}, item {number}", fields) for number, fields in enumerate(rows, start=1))


def _parsed(where: str, fields: Any) -> Case:
    try:
        return Case.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = f", case {fields['id']!r}" if isinstance(fields, dict) and "id" in fields else ""
        field = ".".join(map(str, first["loc"])) or "case"
        reason = first["msg"].removeprefix("Value error, ")
        raise BadConfiguration(f"{where}{name}: {field}: {reason}. Correct it") from None
