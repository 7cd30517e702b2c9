"""Finds in chart code what Python cannot trap on a symbol: the AST check.

A name is *traced* in a function when it may hold a value while tracing: `values`, `settings`, `release`, the parameters
of lambdas and of functions in functions, parameters with the type of a value (`str`, `int`, `bool`, lists and maps of
them, sections), and whatever is assigned from, or loops over, something traced. It is *read* when it is such a value
itself, not a container that the code has made of values. What only the chart's own code decides is neither: module
constants, `Program`, `Edge`, keyword-only parameters (of fragments: a template each), and `PLAIN_PARAMETERS`.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

ALWAYS_TRACED = {"values", "settings"}
PLAIN_PARAMETERS = {"path", "component", "kind", "section", "option", "service", "key", "name", "source", "target"}
"""Parameters of named functions that hold constants of the chart code: which component, which file."""
TEXT_METHODS = {name for name in dir(str) if not name.startswith("_")} - {"index", "count"}
BUILTINS = {"len", "str", "int", "bool", "sorted", "list", "set", "tuple", "dict", "min", "max", "sum", "any", "all"}
BUILTINS |= {"range", "enumerate", "zip", "map", "filter", "repr", "reversed", "iter", "next", "hash", "format"}
FORBIDDEN = {"isinstance", "issubclass", "type", "open", "eval", "exec", "print", "input", "getattr", "callable", "id"}
FORBIDDEN_MODULES = {"yaml", "os", "sys", "io", "pathlib", "subprocess", "time", "datetime", "random", "json", "re"}


@dataclass(frozen=True, order=True)
class Sin:
    """One line of chart code that a symbol would slip through."""

    line: int
    text: str


def sins(source: str) -> list[Sin]:
    """What is wrong in a file of chart code."""
    checker = _Checker()
    checker.visit(ast.parse(source))
    return sorted(set(checker.found))


class _Checker(ast.NodeVisitor):
    def __init__(self) -> None:
        self.found: list[Sin] = []
        self.traced = set(ALWAYS_TRACED)
        self.read = set(ALWAYS_TRACED)
        self.depth = 0

    # what holds a value ------------------------------------------------------------------------------------------

    def holds_value(self, node: ast.AST) -> bool:
        """Whether an expression may be a symbol, or a text made of one.

        What is called, compared or looked up with something traced counts, except what only names it (`is OMIT`).
        """
        return any(isinstance(inner, ast.Name) and inner.id in self.traced for inner in ast.walk(node))

    def is_value(self, node: ast.expr) -> bool:
        """Whether an expression is a value itself: `values.a.b`, or a name for one."""
        while isinstance(node, ast.Attribute):
            node = node.value
        return isinstance(node, ast.Name) and node.id in self.read

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        outer = self.traced, self.read
        arguments = [*node.args.posonlyargs, *node.args.args]
        if self.depth:
            names = {one.arg for one in arguments}
        else:
            self.traced, self.read = set(ALWAYS_TRACED), set(ALWAYS_TRACED)
            names = {one.arg for one in arguments if _may_be_a_value(one)}
        self.traced, self.read = self.traced | names, self.read | names
        self.depth += 1
        self.generic_visit(node)
        self.depth -= 1
        self.traced, self.read = outer

    def visit_Lambda(self, node: ast.Lambda) -> None:
        outer = self.traced, self.read
        names = {one.arg for one in (*node.args.posonlyargs, *node.args.args)}
        self.traced, self.read = self.traced | names, self.read | names
        self.generic_visit(node)
        self.traced, self.read = outer

    def visit_Assign(self, node: ast.Assign) -> None:
        self.generic_visit(node)
        for target in node.targets:
            self.bind(target, node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.generic_visit(node)
        if node.value is not None:
            self.bind(node.target, node.value)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.generic_visit(node)
        self.bind(node.target, node.value)

    def bind(self, target: ast.expr, value: ast.expr) -> None:
        """A name becomes what is assigned to it."""
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for one, other in zip(target.elts, value.elts, strict=False):
                self.bind(one, other)
            return
        names = {one.id for one in ast.walk(target) if isinstance(one, ast.Name)}
        self.traced |= names if self.holds_value(value) else set()
        self.read |= names if self.is_value(value) else set()

    # what is forbidden -------------------------------------------------------------------------------------------

    def sin(self, node: ast.stmt | ast.expr | ast.comprehension, text: str) -> None:
        self.found.append(Sin(getattr(node, "lineno", 0), text))

    def visit_If(self, node: ast.If) -> None:
        self.check_test(node.test, "if")
        self.generic_visit(node)

    def visit_While(self, node: ast.While) -> None:
        self.sin(node, "while")
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.check_test(node.test, "... if ... else")
        self.generic_visit(node)

    def visit_Assert(self, node: ast.Assert) -> None:
        self.check_test(node.test, "assert")
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        word = "and" if isinstance(node.op, ast.And) else "or"
        for operand in node.values[:-1]:
            self.check_test(operand, word)
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            self.check_test(node.operand, "not")
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        operands = [node.left, *node.comparators]
        for operator, left, right in zip(node.ops, operands, operands[1:], strict=False):
            if isinstance(operator, (ast.In, ast.NotIn)) and (self.holds_value(left) or self.holds_value(right)):
                self.sin(node, "in")
            if isinstance(operator, (ast.Is, ast.IsNot)) and not _is_marker(right) and self.holds_value(left):
                self.sin(node, "is")
            if isinstance(operator, (ast.Eq, ast.NotEq)) and any(_is_text(one) for one in (left, right)):
                self.sin(node, "== of an f-string")
        if len(node.ops) > 1 and self.holds_value(node):
            self.sin(node, "chained comparison")
        self.generic_visit(node)

    def visit_Match(self, node: ast.Match) -> None:
        self.sin(node, "match")
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        if self.is_value(node.iter):
            self.found.append(Sin(node.iter.lineno, "comprehension over a value"))
        self.bind(node.target, node.iter)
        for test in node.ifs:
            self.check_test(test, "if of a comprehension")
        self.generic_visit(node)

    def visit_For(self, node: ast.For) -> None:
        if self.is_value(node.iter):
            self.sin(node, "for over a value")
        self.bind(node.target, node.iter)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        called = node.func
        if isinstance(called, ast.Name):
            if called.id in FORBIDDEN:
                self.sin(node, f"{called.id}()")
            values = [*node.args, *(keyword.value for keyword in node.keywords)]
            if called.id in BUILTINS and any(self.is_value(one) or _is_text(one) for one in values):
                self.sin(node, f"{called.id}() of a value")
        if isinstance(called, ast.Attribute) and called.attr in TEXT_METHODS:
            constant = isinstance(called.value, ast.Constant) and not self.holds_value(node)
            if not constant and (self.holds_value(called.value) or _is_text(called.value) or self.holds_value(node)):
                self.sin(node, f".{called.attr}()")
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if isinstance(node.ctx, ast.Load) and (self.is_value(node.value) or _is_text(node.value)):
            self.sin(node, "slice or index of a value")
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if isinstance(node.op, (ast.Add, ast.Mod, ast.Mult)) and any(map(_is_text, (node.left, node.right))):
            self.sin(node, "+ or % of texts")
        self.generic_visit(node)

    def visit_FormattedValue(self, node: ast.FormattedValue) -> None:
        if node.conversion != -1 and self.holds_value(node.value):
            self.sin(node, "!r or !s")
        self.generic_visit(node)

    def visit_Try(self, node: ast.Try) -> None:
        self.sin(node, "try")
        self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.check_module(node, alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self.check_module(node, node.module or "")

    def check_module(self, node: ast.stmt, name: str) -> None:
        if name.partition(".")[0] in FORBIDDEN_MODULES:
            self.sin(node, f"import of {name}")

    def check_test(self, test: ast.expr, word: str) -> None:
        """A test whose truth Python would take of a symbol."""
        if isinstance(test, ast.Compare) and all(isinstance(one, (ast.Is, ast.IsNot)) for one in test.ops):
            return  # visit_Compare knows
        if self.holds_value(test) or _is_text(test):
            self.sin(test, word)


_OWN_TYPES = {"Release", "Program", "Edge", "Store", "Condition"}


def _may_be_a_value(argument: ast.arg) -> bool:
    """Whether a parameter of a named function may hold a value: by its type, and by its name."""
    if argument.annotation is None:
        return True
    kinds = {one.id for one in ast.walk(argument.annotation) if isinstance(one, ast.Name)}
    return not (kinds & _OWN_TYPES) and argument.arg not in PLAIN_PARAMETERS


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) and any(isinstance(part, ast.FormattedValue) for part in node.values)


def _is_marker(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "OMIT"
