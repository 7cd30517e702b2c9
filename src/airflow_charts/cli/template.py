"""`airflow-charts template`: the manifests of a release."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from airflow_charts.cli.options import Files, Name, Namespace, Sets, SetStrings, refusals_at, user_values


def template(
    name: Name = "airflow",
    namespace: Namespace = "default",
    files: Files = None,
    sets: Sets = None,
    set_strings: SetStrings = None,
    show_only: Annotated[
        list[str] | None, typer.Option("--show-only", "-s", help="Only this part: scheduler, policies, ...")
    ] = None,
    output_dir: Annotated[
        Path | None, typer.Option("--output-dir", help="Write one file for each object into this folder.")
    ] = None,
) -> None:
    """Print the Kubernetes manifests, ready for `kubectl apply -f -`."""
    from airflow_charts.call import manifest_parts
    from airflow_charts.errors import ValuesError
    from airflow_charts.reading.writing import dump, dump_all
    from airflow_charts.release import Release

    release = Release.checked(name, namespace)
    document, places = user_values(files, sets, set_strings)
    with refusals_at(places):
        parts = manifest_parts(document, release)
    unknown = [part for part in show_only or [] if part.replace("-", "_") not in parts]
    if unknown:
        raise ValuesError(f"there is no part `{unknown[0]}`; the parts are {', '.join(parts)}")
    wanted = [part.replace("-", "_") for part in show_only] if show_only else list(parts)
    documents = [document for part in wanted for document in parts[part]]
    if output_dir is None:
        typer.echo(dump_all(documents), nl=False)
        return
    output_dir.mkdir(parents=True, exist_ok=True)
    for document in documents:
        (output_dir / _file_name(document, namespace)).write_text(dump(document), encoding="utf-8")
    typer.echo(f"wrote {len(documents)} objects to {output_dir}", err=True)


def _file_name(document: dict[str, Any], namespace: str) -> str:
    """Kind and name of an object; with its namespace where that is not the release's."""
    metadata = document["metadata"]
    other = metadata.get("namespace", namespace)
    parts = [document["kind"].lower(), *([other] if other != namespace else []), metadata["name"]]
    return f"{'-'.join(parts)}.yaml".replace("/", "-")
