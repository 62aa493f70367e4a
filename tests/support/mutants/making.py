"""Mutants of files of code, as JSON lines; run by the Python of an environment that has Cosmic Ray.

Left out are operators whose mutants any test kills at all, or none can: arithmetic that raises on every set and text,
and ``==`` for ``is``. Likewise what stands in annotations, and in decorators that remember or say how a class is made.
"""

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Example, Operator
from cosmic_ray.plugins import get_operator
from parso.python.tree import Decorator, Keyword, Name, PythonNode
from parso.tree import NodeOrLeaf

ORDER = ("Eq", "NotEq", "Lt", "LtE", "Gt", "GtE")
TAKEN = (
    "AddNot", "ReplaceAndWithOr", "ReplaceOrWithAnd", "ReplaceTrueWithFalse", "ReplaceFalseWithTrue",
    "ReplaceUnaryOperator_Delete_Not", "NumberReplacer", "ZeroIterationForLoop", "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak", "RemoveDecorator", "ExceptionReplacer",
    "ReplaceComparisonOperator_Is_IsNot", "ReplaceComparisonOperator_IsNot_Is",
    *(f"ReplaceComparisonOperator_{one}_{other}" for one in ORDER for other in ORDER if one != other),
    *(f"ReplaceBinaryOperator_BitOr_{other}" for other in ("BitAnd", "BitXor", "Sub")),
    *(f"ReplaceBinaryOperator_BitAnd_{other}" for other in ("BitOr", "BitXor", "Sub")),
    *(f"ReplaceBinaryOperator_Sub_{other}" for other in ("Add", "BitOr", "BitAnd", "BitXor")),
    "ReplaceBinaryOperator_Add_Sub", "ReplaceBinaryOperator_LShift_RShift", "ReplaceBinaryOperator_RShift_LShift",
)  # fmt: skip
SPEED_OR_FORM = ("functools.", "dataclass")
"""Decorators that remember, or say how a class is made: how fast it is would be another, or who may change it."""


class DropOne(Operator):
    """An element less in a list, set, tuple or dictionary that is written down."""

    def mutation_positions(self, node: NodeOrLeaf) -> Iterator[tuple[Any, Any]]:
        """One for each element, where there are two or more."""
        elements = _elements(node)
        if len(elements) > 1:
            yield from ((one[0].start_pos, one[-1].end_pos) for one in elements)

    def mutate(self, node: PythonNode, index: int) -> PythonNode:
        """Without that element; what is left ends with a comma, so that a tuple stays one."""
        left = [one for place, one in enumerate(_elements(node)) if place != index]
        comma = next(child for child in node.children if _is_comma(child))
        node.children = [child for one in left for child in (*one, comma)]
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        """What it does; tried before any mutant is made."""
        return (
            Example("a = {1, 2, 3}", "a = {1, 3,}", 1),
            Example("a = (b, c)", "a = (b,)", 1),
            Example('a = {"b": 1, **c}', "a = { **c,}"),
        )


class SwapName(Operator):
    """``any`` for ``all``, ``min`` for ``max``, and back."""

    OTHER = {"any": "all", "all": "any", "min": "max", "max": "min"}  # noqa: RUF012

    def mutation_positions(self, node: NodeOrLeaf) -> Iterator[tuple[Any, Any]]:
        """The name, where it is no attribute of anything."""
        if isinstance(node, Name) and node.value in self.OTHER and node.get_previous_leaf() != ".":
            yield node.start_pos, node.end_pos

    def mutate(self, node: Name, index: int) -> Name:  # noqa: ARG002
        """The other name."""
        node.value = self.OTHER[node.value]
        return node

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        """What it does; tried before any mutant is made."""
        return Example("all(a)", "any(a)"), Example("max(a)", "min(a)")


class SwapIn(Operator):
    """``in`` for ``not in``, and back."""

    def mutation_positions(self, node: NodeOrLeaf) -> Iterator[tuple[Any, Any]]:
        """Each that a comparison has."""
        yield from ((one.start_pos, one.end_pos) for one in self._asked(node))

    def mutate(self, node: PythonNode, index: int) -> PythonNode:
        """The other."""
        asked = self._asked(node)[index]
        other = "not in" if asked.get_code(include_prefix=False) == "in" else "in"
        swapped = Keyword(other, asked.start_pos, " ")
        node.children = [swapped if child is asked else child for child in node.children]
        return node

    @staticmethod
    def _asked(node: NodeOrLeaf) -> list[NodeOrLeaf]:
        if node.type != "comparison":
            return []
        return [one for one in node.children if one.get_code(include_prefix=False) in ("in", "not in")]

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        """What it does; tried before any mutant is made."""
        return Example("a in b", "a not in b"), Example("a not in b", "a in b")


OURS = {"DropOne": DropOne(), "SwapName": SwapName(), "SwapIn": SwapIn()}
"""What Cosmic Ray does not have."""


def operators() -> dict[str, Operator]:
    """By name."""
    return {name: get_operator(f"core/{name}")() for name in TAKEN} | OURS


def mutants(path: str, code: str) -> Iterator[dict[str, Any]]:
    """Every mutant of a file that is Python at all: its code, and the one line where it is another."""
    seen = {ast.dump(ast.parse(code))}
    for name, operator in operators().items():
        places = [
            (node, position) for node in ast_nodes(get_ast(code)) for position in operator.mutation_positions(node)
        ]
        for occurrence, (node, (start, _)) in enumerate(places):
            mutated = None if _is_left_out(node) else mutate_code(code, operator, occurrence)
            read = _read(mutated)
            if mutated is None or read is None or read in seen:
                continue
            seen.add(read)
            was, now = _lines(code, mutated)
            yield {"path": path, "operator": name, "line": start[0], "was": was, "now": now, "code": mutated}


def _elements(node: NodeOrLeaf) -> list[list[NodeOrLeaf]]:
    """What commas part in a display; nothing where it is none, or a comprehension."""
    if node.type not in ("testlist_comp", "dictorsetmaker") or not any(map(_is_comma, node.children)):
        return []
    found: list[list[NodeOrLeaf]] = [[]]
    for child in node.children:
        if _is_comma(child):
            found.append([])
        else:
            found[-1].append(child)
    return [one for one in found if one]


def _is_comma(node: NodeOrLeaf) -> bool:
    return node.type == "operator" and node.value == ","


def _is_left_out(node: NodeOrLeaf | None) -> bool:
    while node is not None and node.parent is not None:
        if isinstance(node, Decorator) and any(name in node.get_code() for name in SPEED_OR_FORM):
            return True
        parent = node.parent
        if parent.type in ("annassign", "tfpdef") and node is _annotation(parent):
            return True
        if parent.type == "funcdef" and node is parent.annotation:
            return True
        node = parent
    return False


def _annotation(node: PythonNode) -> NodeOrLeaf:
    return node.children[node.children.index(":") + 1]


def _read(code: str | None) -> str | None:
    """What Python reads, however it is written; None: nothing."""
    try:
        return None if code is None else ast.dump(ast.parse(code))
    except SyntaxError:
        return None


def _lines(code: str, mutated: str) -> tuple[str, str]:
    """The lines that differ, each side as one line."""
    one, other = code.split("\n"), mutated.split("\n")
    first = next(at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1])
    last = next(at for at, pair in enumerate(zip(one[::-1], other[::-1], strict=False)) if pair[0] != pair[1])
    sides = (one[first : max(len(one) - last, first)], other[first : max(len(other) - last, first)])
    return tuple(" ".join(line.strip() for line in side) for side in sides)  # type: ignore[return-value]


def _do_what_they_say() -> None:
    for operator in OURS.values():
        for one in operator.examples():
            made = mutate_code(one.pre_mutation_code, operator, one.occurrence)
            if made != one.post_mutation_code:
                raise SystemExit(f"{type(operator).__name__} makes {made} of {one.pre_mutation_code}")


if __name__ == "__main__":
    _do_what_they_say()
    for file in sys.argv[1:]:
        for mutant in mutants(file, Path(file).read_text(encoding="utf-8")):
            sys.stdout.write(json.dumps(mutant) + "\n")
