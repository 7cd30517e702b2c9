"""The user's document: values files, and then what `--set` changes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from airflow_charts.errors import ValuesSyntaxError
from airflow_charts.reading.coalesce import merge_files
from airflow_charts.reading.goyaml import Document, parse_values
from airflow_charts.reading.places import Places, lines_of
from airflow_charts.reading.strvals import parse_set_into


def read_files(
    paths: Iterable[str], expressions: Iterable[tuple[str, bool]] = (), *, stdin: str = ""
) -> tuple[dict[str, Any], Places]:
    """The user's document, and where its values stand.

    It comes from values files and then `--set` expressions (text, whether all values are texts), each in its order. The
    file `-` is the text of `stdin`.

    Raises:
        ValuesSyntaxError: a file cannot be read or parsed, or an expression cannot.
    """
    documents: list[Document] = []
    for path in paths:
        try:
            text = stdin if path == "-" else Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise ValuesSyntaxError(f"cannot be read: {reason}", source=path) from error
        documents += parse_values(text, source=path)
    files = merge_files([document.data for document in documents])
    result = merge_files([files])
    for expression, as_text in expressions:
        parse_set_into(expression, result, as_text=as_text)
    return result, Places(lines_of(documents), files, result)
