"""Matching tree-shaped SMARTS of the simplest kind on many packed graphs at once.

Enough for tables of atom types: one typed atom, branches of at most two bonds, atoms described
by element, aromaticity, hydrogens, connections and charge, with ``,`` ``;`` ``&`` and ``!``.
Hydrogens are counts and never atoms, as in graphs of standardized compounds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import chain, combinations
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from hitsieve.chem.codes import CHARGE_OFFSET

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hitsieve.graphs.packed import PackedGraphs

Mask: TypeAlias = "NDArray[np.bool_]"

_ELEMENTS: Final = {
    "H": 1, "B": 5, "C": 6, "N": 7, "O": 8, "F": 9, "P": 15, "S": 16, "Cl": 17, "Br": 35, "I": 53,
}  # fmt: skip
_ORDERS: Final = {"-": (1,), "=": (2,), "#": (3,), ":": (12,), "": (1, 12)}
_PRIMITIVE: Final = re.compile(
    r"!|#(?P<number>\d+)|(?P<symbol>Cl|Br|[BCNOFPSI])|(?P<aromatic>[cnosp])|(?P<kind>[Aa])"
    r"|H(?P<hydrogens>\d?)|X(?P<connections>\d)|(?P<sign>[+-])(?P<charge>\d?)"
)
_TOKEN: Final = re.compile(r"(?P<atom>\[[^\]]+\]|Cl|Br|[BCNOFPSIcnospAa])|(?P<mark>[-=#:()])")


@dataclass(frozen=True, slots=True)
class Node:
    """An atom of a pattern, the bond that leads to it, and what hangs on it."""

    atom: str
    bond: str
    children: tuple[Node, ...]


@dataclass(frozen=True)
class Atoms:
    """Atoms and directed bonds of packed graphs; bond 2b runs back along 2b + 1.

    Parameters
    ----------
    element, hydrogens, connections, charge
        int16 (atoms,).
    aromatic
        bool (atoms,).
    source, target
        int64 (2 * bonds,): atoms that a directed bond leads from and to.
    order
        uint8 (2 * bonds,): RDKit's bond type.
    """

    element: NDArray[np.int16]
    hydrogens: NDArray[np.int16]
    connections: NDArray[np.int16]
    charge: NDArray[np.int16]
    aromatic: Mask
    source: NDArray[np.int64]
    target: NDArray[np.int64]
    order: NDArray[np.uint8]
    _matched: dict[tuple[str, str], Mask] = field(default_factory=dict)
    _counted: dict[tuple[str, str], NDArray[np.int32]] = field(default_factory=dict)

    @cached_property
    def _by_source(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Directed bonds sorted by the atom they lead from, and where each atom's begin."""
        sizes = np.bincount(self.source, minlength=len(self.element))
        return np.argsort(self.source, kind="stable"), np.concatenate([[0], np.cumsum(sizes)])

    @cached_property
    def _of_kind(self) -> dict[str, Mask]:
        """Directed bonds by the mark of their order in a pattern."""
        return {mark: np.isin(self.order, orders) for mark, orders in _ORDERS.items()}

    @classmethod
    def of(cls, graphs: PackedGraphs) -> Atoms:
        """Lay out packed graphs for matching."""
        codes = graphs.atom_codes.astype(np.int16)
        ends = graphs.bond_index.astype(np.int64)
        ends += np.repeat(graphs.atom_offsets[:-1], graphs.n_bonds)[:, None]
        return cls(
            codes[:, 0],
            codes[:, 4],
            codes[:, 1],
            codes[:, 2] - CHARGE_OFFSET,
            codes[:, 6] > 0,
            ends.ravel(),
            ends[:, ::-1].ravel(),
            np.repeat(graphs.bond_codes[:, 0], 2),
        )

    def match(self, pattern: str) -> Mask:
        """Return which atoms are the first atom of a match, bool (atoms,)."""
        root = parse_pattern(pattern)
        found = self.described(root.atom)
        if root.children and found.any():
            found = found & self._branches(root.children)
        return found

    def held_by(self, pattern: str) -> Mask:
        """Return which atoms hold the hydrogens that a pattern begins with, bool (atoms,)."""
        root = parse_pattern(pattern)
        if not root.children:
            return np.ones(len(self.element), dtype=bool)
        (holder,) = root.children
        found = self.described(holder.atom)
        return found & self._branches(holder.children) if holder.children else found

    def described(self, atom: str) -> Mask:
        """Return which atoms an atom expression without bonds describes, bool (atoms,)."""
        key = ("atom", atom)
        if key not in self._matched:
            self._matched[key] = self._evaluate(atom.strip("[]"))
        return self._matched[key]

    def along(self, bond: str, atom: str) -> Mask:
        """Return which directed bonds of a kind lead to a described atom, bool (2 * bonds,)."""
        key = (f"to {bond}", atom)
        if key not in self._matched:
            self._matched[key] = self._of_kind[bond] & self.described(atom)[self.target]
        return self._matched[key]

    def count(self, bonds: Mask) -> NDArray[np.int32]:
        """Count marked directed bonds by the atom they lead from, int32 (atoms,)."""
        order, starts = self._by_source
        sums = np.zeros(len(order) + 1, np.int32)
        np.cumsum(bonds[order], out=sums[1:], dtype=np.int32)
        counted: NDArray[np.int32] = np.diff(sums[starts])
        return counted

    def neighbors(self, bond: str, atom: str) -> NDArray[np.int32]:
        """Count described neighbors over a kind of bond, int32 (atoms,)."""
        key = (bond, atom)
        if key not in self._counted:
            self._counted[key] = self.count(self.along(bond, atom))
        return self._counted[key]

    def _branches(self, children: tuple[Node, ...]) -> Mask:
        """Return which atoms have a neighbor of its own for each child, bool (atoms,)."""
        enough = np.ones(len(self.element), dtype=bool)
        for kinds, size in _demands(children):
            enough &= self._count_any(kinds) >= size
        return enough

    def _count_any(self, kinds: tuple[Node, ...]) -> NDArray[np.int32]:
        """Count the neighbors that match one of some branches, int32 (atoms,)."""
        if len(kinds) == 1 and not kinds[0].children:
            return self.neighbors(kinds[0].bond, kinds[0].atom)
        return self.count(np.logical_or.reduce([self._leads_to(kind) for kind in kinds]))

    def _leads_to(self, node: Node) -> Mask:
        """Return which directed bonds lead to a match of a branch, bool (2 * bonds,)."""
        found = self.along(node.bond, node.atom)
        for kinds, size in _demands(node.children):
            bonds = np.logical_or.reduce([self._leads_to(kind) for kind in kinds])
            back = bonds.reshape(-1, 2)[:, ::-1].ravel()  # the way back is no branch
            found = found & (self.count(bonds)[self.target] - back >= size)
        return found

    def _evaluate(self, expression: str) -> Mask:
        lists = (part.split(",") for part in expression.split(";"))
        found = np.ones(len(self.element), dtype=bool)
        for options in lists:
            found &= np.logical_or.reduce([self._conjunction(option) for option in options])
        return found

    def _conjunction(self, text: str) -> Mask:
        found = np.ones(len(self.element), dtype=bool)
        negate, place = False, 0
        while place < len(text):
            token = _PRIMITIVE.match(text, place)
            if token is None:
                raise ValueError(f"no simple atom expression: {text!r}")
            place = token.end()
            if token[0] == "!":
                negate = not negate
                continue
            found &= self._primitive(token) ^ negate
            negate = False
        return found

    def _primitive(self, token: re.Match[str]) -> Mask:
        found: Mask
        if token["number"]:
            found = self.element == int(token["number"])
        elif token["symbol"]:
            found = (self.element == _ELEMENTS[token["symbol"]]) & ~self.aromatic
        elif token["aromatic"]:
            found = (self.element == _ELEMENTS[token["aromatic"].upper()]) & self.aromatic
        elif token["kind"]:
            found = self.aromatic if token["kind"] == "a" else ~self.aromatic
        elif token["connections"]:
            found = self.connections == int(token["connections"])
        elif token["sign"]:
            size = int(token["charge"] or 1)
            found = self.charge == (size if token["sign"] == "+" else -size)
        else:
            found = self.hydrogens == int(token["hydrogens"] or 1)
        return found


def _demands(children: tuple[Node, ...]) -> list[tuple[tuple[Node, ...], int]]:
    """Return sets of branches and how many neighbors must match one of each: Hall's condition."""
    copies = {child: children.count(child) for child in children}
    subsets = chain.from_iterable(combinations(copies, n + 1) for n in range(len(copies)))
    return [(subset, sum(copies[child] for child in subset)) for subset in subsets]


@lru_cache(maxsize=512)
def parse_pattern(pattern: str) -> Node:
    """Read a pattern.

    Raises
    ------
    ValueError
        If it is not of the simplest kind.

    Examples
    --------
    >>> root = parse_pattern("[O]=C(c)[A;!#1]")
    >>> root.children[0].bond, [child.atom for child in root.children[0].children]
    ('=', ['c', '[A;!#1]'])
    """
    tokens = [(m["atom"] or "", m["mark"] or "") for m in _TOKEN.finditer(pattern)]
    if "".join(atom + mark for atom, mark in tokens) != pattern:
        raise ValueError(f"no simple pattern: {pattern!r}")
    nodes, rest = _read(tokens)
    if rest or len(nodes) != 1:
        raise ValueError(f"no simple pattern: {pattern!r}")
    return nodes[0]


def _read(tokens: list[tuple[str, str]]) -> tuple[list[Node], list[tuple[str, str]]]:
    """Read a chain: one atom with its branches; an atom after it is its last branch."""
    bond, atom = "", ""
    children: list[Node] = []
    while tokens:
        (text, mark), tokens = tokens[0], tokens[1:]
        if text and not atom:
            atom = text
        elif text or (mark not in {"(", ")"} and atom):
            inner, tokens = _read([(text, mark), *tokens])
            children += inner
        elif mark == "(":
            inner, tokens = _read(tokens)
            children += inner
        elif mark == ")":
            break
        else:
            bond = mark
    return [Node(atom, bond, tuple(children))] if atom else [], tokens
