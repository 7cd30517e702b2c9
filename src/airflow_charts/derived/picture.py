"""The picture of the topology: the edges of a deployment as Mermaid text or SVG."""

from __future__ import annotations

from html import escape
from typing import NamedTuple

from airflow_charts.derived.edges import USERS, edges
from airflow_charts.parts.component import ANYWHERE, KUBERNETES_API, component_named, components, providers, routed
from airflow_charts.values import Values


class Line(NamedTuple):
    """One arrow of the picture."""

    source: str
    target: str
    port: int
    why: str


_LAST = (KUBERNETES_API.name, ANYWHERE.name)


def arrows(values: Values) -> list[Line]:
    """The edges that a deployment has, with the targets that it really uses."""
    found: dict[tuple[str, str, int], Line] = {}
    for edge in edges():
        ends = filter(None, (component_named(edge.source), component_named(edge.target)))
        if not edge.when(values) or not all(component.runs(values) for component in ends):
            continue
        target = edge.target
        if edge.service and (edge.service.outside or providers(edge.service)):
            outside = f"external {target.replace('-', ' ')}"
            target = routed(values, edge.service, lambda component, _: component.name, outside)
        found.setdefault((edge.source, target, edge.port), Line(edge.source, target, edge.port, edge.why))
    return list(found.values())


def _columns(lines: list[Line]) -> list[list[str]]:
    """What is shown, from left to right: users, what they open, what works for them, what that needs."""
    shown = dict.fromkeys(end for line in lines for end in (line.source, line.target))
    opened = [one.name for one in components() if any(port.users for port in one.serves)]
    needed = [one.name for one in components() if one.provides]
    working = [one.name for one in components() if one.name not in (*opened, *needed)]
    others = [name for name in shown if name != USERS and not component_named(name)]
    columns = [[USERS], opened, working, [*needed, *(name for name in others if name not in _LAST), *_LAST]]
    return [[name for name in column if name in shown] for column in columns]


def mermaid(values: Values) -> str:
    """The topology as Mermaid text."""
    lines = [
        f"  {_id(arrow.source)}[{arrow.source}] -->|{arrow.port or 'any'}| {_id(arrow.target)}[{arrow.target}]"
        for arrow in arrows(values)
    ]
    return "\n".join(["flowchart LR", *lines]) + "\n"


def _id(name: str) -> str:
    return name.replace("-", "_").replace(" ", "_")


_WIDTH, _HEIGHT, _GAP_X, _GAP_Y, _MARGIN = 170, 34, 120, 26, 44


def svg(values: Values) -> str:
    """The topology as an SVG picture: users on the left, what is needed on the right."""
    lines = arrows(values)
    columns = _columns(lines)
    places = {
        name: (_MARGIN + x * (_WIDTH + _GAP_X), _MARGIN + y * (_HEIGHT + _GAP_Y))
        for x, column in enumerate(columns)
        for y, name in enumerate(column)
    }
    width = _MARGIN * 2 + len(columns) * _WIDTH + (len(columns) - 1) * _GAP_X
    height = _MARGIN * 2 + max(len(column) for column in columns) * (_HEIGHT + _GAP_Y) - _GAP_Y
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="13">',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0,0 L8,4 L0,8 z" fill="#5b6b7b"/></marker></defs>',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        *(_arrow(places, line) for line in lines),
        *(_box(name, place) for name, place in places.items()),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _arrow(places: dict[str, tuple[int, int]], line: Line) -> str:
    (x1, y1), (x2, y2) = places[line.source], places[line.target]
    forward = x2 > x1
    start = x1 + (_WIDTH if forward or x1 == x2 else 0)
    end = x2 + (0 if forward else _WIDTH)
    middle = _HEIGHT // 2
    bend = 45 if x1 != x2 else 70
    sign = 1 if forward or x1 == x2 else -1
    back = -1 if forward else 1
    far = abs(x2 - x1) > _WIDTH + _GAP_X  # over a column in between: the arrow goes above it
    first, second = (0, 0) if far else (y1 + middle, y2 + middle)
    title = escape(f"{line.source} to {line.target}, port {line.port or 'any'}: {line.why}")
    return (
        f'<path d="M{start},{y1 + middle} C{start + sign * bend},{first} {end + back * bend},{second} '
        f'{end},{y2 + middle}" fill="none" stroke="#5b6b7b" stroke-opacity="0.7" marker-end="url(#tip)">'
        f"<title>{title}</title></path>"
    )


def _box(name: str, place: tuple[int, int]) -> str:
    x, y = place
    fill = "#e8f1fb" if component_named(name) else "#f2f2f2"
    return (
        f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="6" fill="{fill}" stroke="#5b6b7b"/>'
        f'<text x="{x + _WIDTH // 2}" y="{y + 22}" text-anchor="middle">{escape(name)}</text>'
    )
