"""Which names in a notebook's code are torch's: found by reading, with nothing run or imported.

What an import brings is known. What torch returns is known from the inventory, and from there the
types go on through assignments, arithmetic, and calls of the notebook's own functions. Where two
ways meet with different types, where a function is handed on so that others may call it, and in
all that is not listed here, the type is unknown, and there is no link: none is better than a
wrong one.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import NamedTuple

from ._inventory import find, inventory, parent

UNKNOWN = None


class Name(NamedTuple):
    """A name of torch in a piece of code: from the character ``start`` to before ``end``."""

    start: int
    end: int
    name: str


class Value(NamedTuple):
    """An instance of a class of torch."""

    cls: str


class Reference(NamedTuple):
    """A documented thing itself: a module, class or function; a method with what it is called on."""

    name: str
    receiver: object = UNKNOWN


class Several(NamedTuple):
    """A sequence of any length, of one type."""

    one: object


class Each(NamedTuple):
    """A tuple with its types in order."""

    types: tuple


class Function(NamedTuple):
    """A function of the notebook's own."""

    node: ast.FunctionDef


TENSOR = Value("torch.Tensor")
FOREIGN = Value("")  # made by another library or by a class of the notebook, so not torch's


class Reading(NamedTuple):
    """What was found in the code of a page."""

    names: list[list[Name]]  # of each source, in order
    attributes: dict[str, set[str]]  # what x.grad is, and every .grad; "" if it is not torch's
    own: set[str]  # the names that the code itself gives


def read(sources: Sequence[str], shown: Collection[int] = ()) -> Reading:
    """Find the names of torch in pieces of code that run one after the other.

    Parameters
    ----------
    sources
        The pieces. One that is not Python has no names.
    shown
        The numbers of those that are only shown, so that what they assign is not there later.

    Examples
    --------
    >>> reading = read(["import torch", "w = torch.ones(2)", "w.sum().backward()"])
    >>> [[name.name for name in names] for names in reading.names]
    [[], ['torch.ones'], ['torch.Tensor.sum', 'torch.Tensor.backward']]
    """
    trees = [_parse(source) for source in sources]
    reader = _Reader()
    for _ in range(4):  # a call tells a function's arguments, they its result, that the next call
        reader = _Reader(reader)
        for number, tree in enumerate(trees):
            reader.source, before = number, dict(reader.types)
            reader.run(tree.body)
            if number in shown:
                reader.types = before
    names = [
        sorted(_locate(source, reader.found.get(number, {})))
        for number, source in enumerate(sources)
    ]
    return Reading(names, reader.attributes, reader.own)


def _parse(source):
    try:
        return ast.parse(re.sub(r"^(\s*)[%!]", r"\1#", source, flags=re.MULTILINE))
    except SyntaxError:  # on purpose, or not Python
        return ast.Module([], [])


def _locate(source, found):
    """Turn ast's lines and bytes into characters of the whole source."""
    lines = source.splitlines(keepends=True)

    def place(line, byte):
        start = sum(map(len, lines[: line - 1]))
        return start + len(lines[line - 1].encode()[:byte].decode())

    for (line, byte, last_line, last_byte), (name, text) in found.items():
        start, end = place(line, byte), place(last_line, last_byte)
        # In an f-string Python 3.11 does not always know the place.
        if name and inventory()[name].page and source[start:end].endswith(text):
            yield Name(start, end, name)


class _Reader:
    """Goes through the code once, as it would run, with types in the place of values."""

    def __init__(self, before=None):
        self.before = before  # the round before, which has met the calls of each function
        self.arguments, self.results = {}, {}  # of each function
        self.types = {}  # of each variable in scope
        self.outside = defaultdict(set)  # all the types that a variable has outside of functions
        self.in_function = False
        self.found = defaultdict(dict)  # in each source, at each place
        self.attributes = defaultdict(set)
        self.own = set()
        self.source = 0

    # Statements.

    def run(self, statements):
        for statement in statements:
            do = getattr(self, f"do_{type(statement).__name__}", self.do_anything)
            do(statement)

    def do_anything(self, node):
        """Read what is inside, and know nothing of what it assigns."""
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.type_of(child)
            elif isinstance(child, ast.stmt):
                self.run([child])
        for child in ast.walk(node):
            if isinstance(child, ast.Name) and not isinstance(child.ctx, ast.Load):
                self.bind(child, UNKNOWN)

    def do_Import(self, node):
        for alias in node.names:
            name = alias.name if alias.asname else alias.name.partition(".")[0]
            self.define(alias.asname or name, _imported(name))

    def do_ImportFrom(self, node):
        for alias in node.names:
            known = _imported(f"{node.module}.{alias.name}")
            self.define(alias.asname or alias.name, known)
            if isinstance(known, Reference):
                end = alias.col_offset + len(alias.name)
                self.note(
                    (alias.lineno, alias.col_offset, alias.lineno, end), known.name, alias.name
                )

    def do_Assign(self, node):
        kind = self.type_of(node.value)
        for target in node.targets:
            self.bind(target, kind)

    def do_AnnAssign(self, node):
        self.bind(node.target, self.type_of(node.value) if node.value else UNKNOWN)

    def do_AugAssign(self, node):
        left = ast.copy_location(_loaded(node.target), node.target)
        self.bind(node.target, self.arithmetic([left, node.value]))

    def do_For(self, node):
        self.maybe(node.body, lambda: self.bind(node.target, _one_of(self.type_of(node.iter))))
        self.maybe(node.orelse)

    def do_While(self, node):
        self.type_of(node.test)
        self.maybe(node.body)
        self.maybe(node.orelse)

    def do_If(self, node):
        self.type_of(node.test)
        before = dict(self.types)
        self.run(node.body)
        after, self.types = self.types, before
        self.run(node.orelse)
        self.types = _joined(after, self.types)

    def do_Try(self, node):
        for body in (node.body, *(handler.body for handler in node.handlers), node.orelse):
            self.maybe(body)
        self.run(node.finalbody)

    def do_With(self, node):
        for item in node.items:
            self.type_of(item.context_expr)
            if item.optional_vars:
                self.bind(item.optional_vars, UNKNOWN)
        self.run(node.body)

    def do_Return(self, node):
        kind = self.type_of(node.value) if node.value else UNKNOWN
        self.returned.append(kind)

    def do_FunctionDef(self, node):
        for decorator in node.decorator_list:
            self.type_of(decorator)
        for default in [*node.args.defaults, *filter(None, node.args.kw_defaults)]:
            self.type_of(default)
        known = UNKNOWN if node.decorator_list else Function(node)
        self.define(node.name, known)
        arguments = (self.before.arguments.get(node) if known and self.before else None) or {}
        kinds = {**_all_arguments(node.args), **arguments}
        self.results[node] = self.inside(kinds, lambda: self.run(node.body))

    def do_ClassDef(self, node):
        bases = [self.type_of(base) for base in node.bases]
        for decorator in node.decorator_list:
            self.type_of(decorator)
        self.inside({}, lambda: self.run(node.body))
        self.define(node.name, UNKNOWN if any(bases) else FOREIGN)

    def inside(self, kinds, run):
        """Run the body of a function, and return the type of what it returns.

        It may be called at any time: of the variables outside only those count that never change.
        """
        constant = self.before.outside if self.before else {}
        outer = self.types, self.in_function, getattr(self, "returned", None)
        lasting = {n: kind for n, kind in self.types.items() if constant.get(n) == {kind}}
        self.types, self.in_function, self.returned = {**lasting, **kinds}, True, []
        self.own.update(kinds)
        run()
        returned = self.returned
        self.types, self.in_function, self.returned = outer
        return returned[0] if len(set(returned)) == 1 else UNKNOWN

    def maybe(self, body, first=lambda: None):
        """Run statements that may run never, once or often."""
        for _ in range(2):  # the second time with what the first may have changed
            before = dict(self.types)
            first()
            self.run(body)
            self.types = _joined(before, self.types)

    # Names.

    def define(self, name, kind):
        self.own.add(name)
        self.types[name] = kind
        if not self.in_function:
            self.outside[name].add(kind)

    def bind(self, target, kind):
        """Assign to a target, which may be a tuple of targets."""
        if isinstance(target, ast.Name):
            self.define(target.id, kind)
        elif isinstance(target, ast.Starred):
            self.bind(target.value, UNKNOWN)
        elif isinstance(target, (ast.Tuple, ast.List)):
            alike = [_one_of(kind)] * len(target.elts)
            each = kind.types if isinstance(kind, Each) else alike
            each = each if len(each) == len(target.elts) else [UNKNOWN] * len(target.elts)
            for part, one in zip(target.elts, each, strict=True):
                self.bind(part, one)
        else:
            self.type_of(target)

    def note(self, place, name, text):
        self.found[self.source][place] = name, text

    # Expressions.

    def type_of(self, node):
        """Return the type of an expression, and note the names in it."""
        method = getattr(self, f"type_of_{type(node).__name__}", None)
        if method:
            return method(node)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.type_of(child)
        return UNKNOWN

    def type_of_Name(self, node):
        kind = self.types.get(node.id)
        if isinstance(kind, Function):  # handed on: others may call it with anything
            self.arguments[kind.node] = UNKNOWN
        if isinstance(kind, Reference):
            self.note(_place(node), kind.name, node.id)
        return kind

    def type_of_Attribute(self, node):
        kind = self.type_of(node.value)
        start = node.end_lineno, node.end_col_offset - len(node.attr.encode())
        name = UNKNOWN
        if kind == FOREIGN:
            name = ""
        elif isinstance(kind, Value):
            name = find(kind.cls, node.attr)
        elif isinstance(kind, Reference):
            name = find(kind.name, node.attr)
            if path := _path(node):  # torch.optim.SGD is one link
                self.found[self.source].pop(_place(node.value), None)
                start = path
        self.note((*start, *_place(node)[2:]), name, node.attr)
        if isinstance(kind, Value):
            for written in (node.attr, ast.unparse(node)):
                self.attributes[written].add(name or "")
        if not name:
            return FOREIGN if kind == FOREIGN else UNKNOWN
        known = inventory()[name].kind
        return Value(known) if known.startswith("torch.") else Reference(name, kind)

    def type_of_Call(self, node):
        own = self.types.get(node.func.id) if isinstance(node.func, ast.Name) else None
        called = own if isinstance(own, Function) else self.type_of(node.func)
        arguments = [self.type_of(argument) for argument in node.args]
        keywords = {keyword.arg: self.type_of(keyword.value) for keyword in node.keywords}
        if isinstance(called, Function):
            if None in keywords or any(isinstance(one, ast.Starred) for one in node.args):
                self.arguments[called.node] = UNKNOWN
            else:
                self.tell(called.node, arguments, keywords)
            return self.before.results.get(called.node) if self.before else UNKNOWN
        if called == FOREIGN:
            return FOREIGN
        if isinstance(called, Value):
            forward = find(called.cls, "forward")
            called = Reference(forward, called) if forward else UNKNOWN
        if isinstance(called, Reference) and called.name in inventory():
            kind = inventory()[called.name].kind
            return Value(called.name) if kind.startswith("class") else _made(kind, called)
        if isinstance(node.func, ast.Name) and node.func.id not in self.types and not keywords:
            if node.func.id == "zip":
                return Several(Each(tuple(_one_of(kind) for kind in arguments)))
            if node.func.id == "enumerate" and len(arguments) == 1:
                return Several(Each((UNKNOWN, _one_of(arguments[0]))))
        return UNKNOWN

    def tell(self, function, arguments, keywords):
        """Remember with what types a function of the notebook is called."""
        names = [arg.arg for arg in _arguments(function.args)]
        given = {**dict(zip(names, arguments, strict=False)), **keywords}
        before = self.arguments.get(function, given)
        if before is not UNKNOWN:
            self.arguments[function] = {
                name: given.get(name) if given.get(name) == before.get(name) else UNKNOWN
                for name in names
            }

    def type_of_BinOp(self, node):
        return self.arithmetic([node.left, node.right])

    def type_of_UnaryOp(self, node):
        kind = self.arithmetic([node.operand])
        return UNKNOWN if isinstance(node.op, ast.Not) else kind

    def type_of_Compare(self, node):
        kind = self.arithmetic([node.left, *node.comparators])
        plain = (ast.Is, ast.IsNot, ast.In, ast.NotIn)
        return kind if len(node.ops) == 1 and not isinstance(node.ops[0], plain) else UNKNOWN

    def arithmetic(self, nodes):
        """A tensor and a number, or whatever else a tensor can be added to, make a tensor."""
        kinds = [self.type_of(node) for node in nodes]
        if any(map(_is_tensor, kinds)):
            return TENSOR
        return FOREIGN if FOREIGN in kinds else UNKNOWN

    def type_of_Subscript(self, node):
        kind = self.type_of(node.value)
        self.type_of(node.slice)
        if isinstance(kind, Each) and isinstance(node.slice, ast.Constant):
            return dict(enumerate(kind.types)).get(node.slice.value)
        return kind if isinstance(node.slice, ast.Slice) else _one_of(kind)

    def type_of_IfExp(self, node):
        self.type_of(node.test)
        one, other = self.type_of(node.body), self.type_of(node.orelse)
        return one if one == other else UNKNOWN

    def type_of_NamedExpr(self, node):
        kind = self.type_of(node.value)
        self.bind(node.target, kind)
        return kind

    def type_of_Tuple(self, node):
        return Each(tuple(self.type_of(element) for element in node.elts))

    def type_of_List(self, node):
        kinds = {self.type_of(element) for element in node.elts}
        return Several(kinds.pop()) if len(kinds) == 1 else UNKNOWN

    def type_of_Lambda(self, node):
        outer, kinds = self.types, dict.fromkeys(arg.arg for arg in _arguments(node.args))
        self.types = {**self.types, **kinds}
        self.type_of(node.body)
        self.types = outer
        return UNKNOWN

    def type_of_ListComp(self, node):
        outer, self.types = self.types, dict(self.types)
        for loop in node.generators:
            self.bind(loop.target, _one_of(self.type_of(loop.iter)))
            for test in loop.ifs:
                self.type_of(test)
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        kinds = [self.type_of(part) for part in parts]
        self.types = outer
        return UNKNOWN if isinstance(node, (ast.DictComp, ast.SetComp)) else Several(kinds[0])

    type_of_GeneratorExp = type_of_SetComp = type_of_DictComp = type_of_ListComp


def _imported(name):
    """Return what an import brings."""
    if name.partition(".")[0] != "torch":
        return FOREIGN
    return Reference(name) if name in inventory() else UNKNOWN


def _place(node):
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


def _path(node):
    """Return where a.b.c begins; nothing if it is not such a path."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return _place(node)[:2] if isinstance(node, ast.Name) else None


def _loaded(target):
    """Return the target of ``x += 1`` as the expression that it is as well."""
    source = ast.parse(ast.unparse(target), mode="eval").body
    for new, old in zip(ast.walk(source), ast.walk(target), strict=True):
        ast.copy_location(new, old)
    return source


def _arguments(arguments):
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]


def _all_arguments(arguments):
    rest = filter(None, (arguments.vararg, arguments.kwarg))
    return dict.fromkeys(argument.arg for argument in [*_arguments(arguments), *rest])


def _is_tensor(kind):
    return isinstance(kind, Value) and "torch.Tensor" in (kind.cls, parent(kind.cls))


def _one_of(kind):
    """Return the type of what a loop over this gives."""
    if isinstance(kind, Several):
        return kind.one
    if isinstance(kind, Each) and len(set(kind.types)) == 1:
        return kind.types[0]
    if _is_tensor(kind):
        return TENSOR
    return FOREIGN if kind == FOREIGN else UNKNOWN


def _made(kind, called):
    """Return what a call makes, from the inventory's words for it."""
    if kind == "->self":
        return called.receiver
    if not kind.startswith("->"):
        return UNKNOWN
    cls = kind.removeprefix("->")
    return Several(Value(cls[1:-1])) if cls.startswith("[") else Value(cls)


def _joined(some, others):
    """Return the types of variables where two ways meet: what was not there before counts."""
    pairs = {
        name: (some.get(name, others.get(name)), others.get(name, some.get(name)))
        for name in {**some, **others}
    }
    return {name: one if one == other else UNKNOWN for name, (one, other) in pairs.items()}
