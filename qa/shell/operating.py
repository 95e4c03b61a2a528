"""The commands of the operator: doctor, key new, snapshot export and import, mcp."""

import hashlib
import json
import secrets
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from qa.models.errors import QAError
from qa.process import Exit
from qa.settings import Settings, load_settings

keys = typer.Typer(help="Keys of the HTTP service.", no_args_is_help=True)
snapshots = typer.Typer(help="Snapshots in one file, to be moved or kept.", no_args_is_help=True)


@keys.command("new")
def new_key(name: Annotated[str, typer.Argument(help="whose it is; it stands in logs and counts")]) -> None:
    """Make a key: it is said once, and QA_API_KEYS takes its digest."""
    key = secrets.token_urlsafe(32)
    pair = f"{name}:{hashlib.sha256(key.encode()).hexdigest()}"
    try:
        # The settings say which names are allowed, so that the key made here is one that they take.
        Settings.model_validate({"api_keys": pair})
    except ValidationError:
        raise QAError(f"{name!r} is no name for a key. Give up to 40 letters, digits, dots, dashes") from None
    print(f"key          {key}")
    print(f"QA_API_KEYS  {pair}")


@snapshots.command("export")
def export_snapshot(
    file: Annotated[Path, typer.Argument(help="the archive to write; it must not be there yet")],
) -> None:
    """Write the index in use to one file, with the digests of all that is in it."""
    from index.store.snapshots import DataFolder
    from index.sync.archive import export

    name = export(DataFolder(load_settings().data_dir), file)
    print(f"snapshot  {name} in {file}, {file.stat().st_size} bytes")


@snapshots.command("import")
def import_snapshot(
    file: Annotated[Path, typer.Argument(help="an archive that `snapshot export` has written")],
) -> None:
    """Check an archive, and make it the index in use."""
    from index.store.snapshots import DataFolder
    from index.sync.archive import import_

    print(f"snapshot  {import_(DataFolder(load_settings().data_dir), file)}")


def mcp() -> None:
    """Serve the Model Context Protocol on stdin and stdout, for a program that starts this one."""
    from qa.web.routes.mcp import mcp_server
    from qa.wiring import build_service

    with closing(build_service(load_settings(), probe_first=True)) as service:
        mcp_server(service).run("stdio")


def doctor(
    repair: Annotated[bool, typer.Option("--repair", help="carry out what can be repaired")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="print the findings as JSON")] = False,
) -> None:
    """Look at all that may be amiss, and say how to repair it; exit code 1 when something is."""
    from qa.shell.doctor import examine, repair_all

    settings = load_settings()
    findings = examine(settings)
    if repair and not all(finding.is_well for finding in findings):
        findings = repair_all(settings, findings)
    if as_json:
        rows = [{"what": row.what, "is_well": row.is_well, "said": row.text, "repair": row.repair} for row in findings]
        typer.echo(json.dumps(rows, indent=2))
    else:
        for finding in findings:
            print(f"{'ok   ' if finding.is_well else 'WRONG'}  {finding.what}: {finding.text}")
            if finding.repair and not finding.is_well:
                print(f"       repair: {finding.repair}")
    if not all(finding.is_well for finding in findings):
        raise typer.Exit(Exit.MISSED)
