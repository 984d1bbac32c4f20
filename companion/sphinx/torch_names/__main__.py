"""Make the inventory again: ``python -m companion.sphinx.torch_names``.

Needs torch, and ``pip install nbdev-pytorch``: an index of PyTorch's documentation that fast.ai
takes from its ``objects.inv`` and publishes as a package. Each of its names must still be in the
torch that is installed. What the values are is read from torch's own annotations.
"""

import ast
import importlib
import inspect
import re
from pathlib import Path

import torch
from nbdev_pytorch._modidx import d as index

from ._inventory import FILE

#: The modules that a reader's code takes names from.
MODULES = [
    "torch",
    "torch.autograd",
    "torch.autograd.forward_ad",
    "torch.autograd.function",
    "torch.autograd.functional",
    "torch.autograd.graph",
    "torch.cuda",
    "torch.func",
    "torch.linalg",
    "torch.nn",
    "torch.nn.functional",
    "torch.nn.init",
    "torch.nn.utils",
    "torch.optim",
    "torch.optim.lr_scheduler",
    "torch.utils.checkpoint",
    "torch.utils.data",
]

#: The index leaves out what is no function, class or module. These pages were looked up in
#: PyTorch's own copy of its documentation for 2.13: github.com/pytorch/docs, folder 2.13.
OTHERS = {
    **{
        f"torch.Tensor.{name}": f"generated/torch.Tensor.{name}.html"
        for name in (
            "device",
            "grad",
            "is_leaf",
            "itemsize",
            "nbytes",
            "ndim",
            "requires_grad",
            "retains_grad",
            "shape",
        )
    },
    **{
        f"torch.Tensor.{name}": f"tensors.html#torch.Tensor.{name}"
        for name in ("H", "T", "mH", "mT")
    },
    **{
        f"torch.{name}": "tensor_attributes.html#torch.dtype"
        for name in ("bool", "float16", "float32", "float64", "int32", "int64", "uint8")
    },
    "torch.Tensor.grad_fn": "autograd.html#autograd-graph",  # the text that explains it
    "torch.autograd.graph.Node.next_functions": (
        "generated/torch.autograd.graph.Node.next_functions.html"
    ),
    "torch.autograd.graph.Node": "none",
    "torch.Tensor.data": "none",  # nor has this; but what it gives is a tensor
}

#: What torch's annotations leave out, or say of uses that no code of a lesson has: a dict of
#: inputs, a condition alone.
RETURNS = {
    "torch.autograd.grad": "->[torch.Tensor]",
    "torch.where": "->torch.Tensor",
    "torch.Tensor.norm": "->torch.Tensor",
    "torch.Tensor.split": "->[torch.Tensor]",
    "torch.autograd.functional.jacobian": "->torch.Tensor",
}

HEADER = f"""\
# Names of torch {torch.__version__.partition("+")[0]} and their places in its documentation.
# Made by `python -m companion.sphinx.torch_names`, which says from what.
#
# 1. The name.
# 2. Its page: - is generated/<name>.html; none, it has no page.
# 3. What it is: a class, with the class that it extends; ->what a function returns; what an
#    attribute is; - if that is not known. [x] is several x, and self what the method was called on.
"""


def main():
    """Write the inventory."""
    pages, rows = documented(), {}
    for module in map(importlib.import_module, MODULES):
        rows[module.__name__] = pages.get(module.__name__, "none"), "-"
        for name, value in vars(module).items():
            full = f"{module.__name__}.{name}"
            page = page_of(pages, full, value)
            if page and not name.startswith("_") and not name.endswith("Storage"):
                rows[full] = page, what(value, name)
                for member in dir(value) if inspect.isclass(value) else ():
                    page = pages.get(f"{full}.{member}")
                    if page and (member == "forward" or not extends(value)):
                        rows[f"{full}.{member}"] = page, what(getattr(value, member), member)
    lines = [
        f"{name} {'-' if page == f'generated/{name}.html' else page} {RETURNS.get(name, kind)}"
        for name, (page, kind) in sorted(rows.items())
    ]
    FILE.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")


def documented():
    """Return the page of every name in the index, and of the `OTHERS`."""
    pages = {}
    for names in index["syms"].values():
        for name, address in names.items():
            page, _, anchor = address.partition("/docs/stable/")[2].partition("#")
            alone = page == f"generated/{anchor}.html"  # then its place is the page's top
            pages[name] = page if alone else f"{page}#{anchor}"
    return pages | OTHERS


def page_of(pages, name, value):
    """Return the page of a name, or of what it is defined as: torch.nn.Parameter has two names."""
    if not (inspect.isclass(value) or inspect.isfunction(value)):
        return None if inspect.ismodule(value) else pages.get(name)
    defined = pages.get(f"{value.__module__}.{value.__qualname__}")
    page = pages.get(name, "#module-")  # torch.autograd.gradcheck was a module, and is a function
    return defined if "#module-" in page else page


def what(value, name):
    """Return what a class extends, an attribute is or a function returns, as torch says it."""
    if inspect.isclass(value):
        return f"class({extends(value)})"
    if inspect.isfunction(value):
        annotation = inspect.signature(value).return_annotation
        return returns(kind(inspect.formatannotation(annotation)))
    stubs = TENSOR if value is getattr(torch.Tensor, name, None) else FUNCTIONS
    kinds = {kind(annotation) for annotation in stubs.get(name, "-")}
    known = kinds.pop() if len(kinds) == 1 else "-"
    return returns(known) if callable(value) else known


def returns(kind):
    """Mark what a function returns."""
    return kind if kind == "-" else f"->{kind}"


def extends(cls):
    """Return the class of torch that a class extends, by the name that readers know."""
    known = {
        torch.Tensor: "torch.Tensor",
        torch.nn.Module: "torch.nn.Module",
        torch.optim.Optimizer: "torch.optim.Optimizer",
        torch.autograd.Function: "torch.autograd.Function",
    }
    return next((known[one] for one in cls.__mro__[1:] if one in known), "")


def kind(annotation):
    """Return an annotation in the inventory's words."""
    annotation = annotation.replace(" | None", "")
    if annotation in ("Self", "typing.Self"):
        return "self"
    if several := re.fullmatch(
        r"(?:tuple|list|[\w.]*Iterator)\[([\w.]+)(?:, \.\.\.)?\]", annotation
    ):
        return "-" if (one := kind(several[1])) == "-" else f"[{one}]"
    short = annotation.rpartition(".")[2]
    places = {"Tensor": torch, "Parameter": torch.nn, "_Node": torch.autograd.graph}
    if short not in places:
        return "-"
    return f"{places[short].__name__}.{short.lstrip('_')}"


def stubs(file, name=None):
    """Return the annotations of all functions and attributes in a stub of torch, or in a class."""
    body = ast.parse((Path(torch.__file__).parent / "_C" / file).read_text(encoding="utf-8")).body
    if name:
        body = next(node.body for node in body if getattr(node, "name", None) == name)
    found = {}
    for node in body:
        if isinstance(node, ast.FunctionDef) and node.returns:
            found.setdefault(node.name, []).append(ast.unparse(node.returns))
        elif isinstance(node, ast.AnnAssign):
            found.setdefault(node.target.id, []).append(ast.unparse(node.annotation))
    return found


TENSOR = stubs("__init__.pyi", "TensorBase")
FUNCTIONS = stubs("_VariableFunctions.pyi")

if __name__ == "__main__":
    main()
