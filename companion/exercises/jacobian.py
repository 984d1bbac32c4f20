"""The exercises to the chapter "The whole Jacobian"."""

from functools import partial

import torch
from torch.func import jacrev

from companion.check import Choice, Function, Number, Order, Part
from companion.check.vocabulary import SIGN
from companion.exercises._given import ONE_TENSOR, ahead, grid, leaf, matrix, slope, vector

exercises = {}

# Predictions of the chapter -------------------------------------------------------------------

exercises["without-retain-graph"] = Choice(
    a=("It returns a row of zeros.", "Does nothing depend on `x`? What does the first turn free?"),
    b="It raises an error.",
    c=(
        "It returns the second row, as before.",
        "The way back needs what the forward pass has saved. Does the first turn leave it?",
    ),
)

exercises["many-in-few-out"] = Choice(
    a=("In forward mode.", "A pass of it fills a column. How many columns are there?"),
    b=(
        "It is the same work, for the same table.",
        "A pass fills a row in one mode, and a column in the other. How many of each are there?",
    ),
    c="In reverse mode.",
)

exercises["order-of-the-product"] = Choice(
    a=("`J1 @ J2`", "A matrix acts on the vector at its right, and `f` acts first."),
    b="`J2 @ J1`",
    c=("`J1 + J2`", "Slopes of functions that act one after the other are multiplied."),
)

exercises["columns-of-ones"] = Number(
    3,
    {"x": vector(2.0, 1.0), "v": vector(1.0, 1.0)},
    ("That is what `backward(v)` gives, the sum of the rows. Here `v` adds up columns.", 5),
    ("That is the sum of the second column. A number of the product belongs to a *row*.", 1),
    ("That is one entry of the first row. The other one counts as well.", 2),
)

# Read and predict -----------------------------------------------------------------------------


def _two(x):
    return torch.stack((x[0] * x[1], x[0] + 3 * x[1]))


exercises["jvp-by-hand"] = Number(
    lambda x, u: ahead(_two, x, u)[1],
    {"x": vector(2.0, 5.0), "u": vector(10.0, 1.0)},
    "This adds up rows, as `backward` does. A `u` has a number for each input: it adds up columns.",
    lambda x, u: slope(_two, x, u)[1],
    "This belongs to the first output. The second one is asked for.",
    lambda x, u: ahead(_two, x, u)[0],
    ("This is a move by 1 of each input. How far does `u` move each of them?", 4),
    ("This is the output itself. How fast does it change along `u`?", lambda x: _two(x)[1]),
)

exercises["passes-for-a-picture"] = Number(
    10,
    {"inputs": 784.0, "outputs": 10.0},
    ("That is forward mode, a pass for each pixel. Which mode does `jacrev` use?", 784),
    ("That is how many slopes the table has. A pass fills a whole row of it.", 7840),
    ("One pass is enough for one output, such as a loss. How many are there here?", 1),
)

# Write ----------------------------------------------------------------------------------------


def _three(x):
    return torch.stack((x[0] * x[1], x[1] + x[2] ** 2, x[0] - x[2]))


exercises["jacobian-rows"] = Function(
    "jacobian_rows",
    [{"x": leaf(2.0, 3.0, 4.0)}, {"x": leaf(1.0, -2.0, 0.5)}, {"x": leaf(-1.5, 0.5, 3.0)}],
    Part(
        "{call} returned",
        lambda x: jacrev(_three)(x),
        "This is the transposed matrix: an output has a row of its own, not a column.",
        lambda right: right.T,
        *ONE_TENSOR,
        missing="`backward()` returns nothing: it puts its result into `x.grad`. And a "
        "function gives back what stands after `return`.",
        tensor=True,
    ),
    drawn=lambda draw: {"x": draw.leaf(-3, 3, 3)},
)


def _swirl(x):
    return torch.stack((x[0] ** 2 * x[1], x[0] + x[1] ** 2))


exercises["ahead-by-trial"] = Function(
    "ahead",
    grid(x=(vector(2.0, 1.0), vector(-1.0, 3.0)), u=(vector(1.0, 0.0), vector(0.5, 2.0))),
    Part(
        "{call} returned",
        partial(ahead, _swirl),
        "You returned what `backward(u)` gives, the transposed product. This asks how the "
        "outputs change when `x` moves along `u`.",
        lambda x, u: slope(_swirl, x, u),
        ("It is twice too large: how far apart are the two points?", lambda right: 2 * right),
        SIGN,
        "This is a difference of outputs. A slope is divided by how far `x` moved.",
        lambda right: 2e-6 * right,
        tensor=True,
    ),
    drawn=lambda draw: {"x": draw.vector(2, -3, 3), "u": draw.vector(2, -2, 2)},
)


def _layers(A, B, x):
    return B @ (A @ x) ** 2


exercises["two-layers-back"] = Function(
    "pull_back",
    grid(
        A=(matrix((1.0, 2.0), (3.0, -1.0)), matrix((2.0, 0.5), (-1.0, 1.0))),
        B=(matrix((2.0, 1.0), (0.0, 3.0)), matrix((1.0, -2.0), (4.0, 0.5))),
        x=(vector(1.0, 2.0), vector(-1.0, 0.5)),
        v=(vector(1.0, -1.0), vector(0.5, 3.0)),
    ),
    Part(
        "{call} returned",
        lambda A, B, x, v: slope(partial(_layers, A, B), x, v),
        "This is `J @ v`: it goes from the inputs to the outputs. `v` belongs to the outputs, so "
        "begin there.",
        lambda A, B, x, v: ahead(partial(_layers, A, B), x, v),
        "The steps are in the right order, but each of the two matrices goes back as it went "
        "ahead. What has to be turned round?",
        lambda A, B, x, v: A @ (2 * (A @ x) * (B @ v)),
        "Both matrices are transposed, but in the wrong order: which of them stands next to `v`?",
        lambda A, B, x, v: B.T @ (2 * (A @ x) * (A.T @ v)),
        "The square between the two matrices is left out: it has a slope too.",
        lambda A, B, v: A.T @ (B.T @ v),
        tensor=True,
    ),
    without="backward",
)

# Prove ----------------------------------------------------------------------------------------

exercises["gap-proof"] = Order(
    [
        "What is left is J₁₂ (v₁u₂ − v₂u₁) + J₂₁ (v₂u₁ − v₁u₂).",
        "Write both products out: each is a sum of four terms Jᵢⱼ times a u and a v.",
        "This is (J₁₂ − J₂₁)(v₁u₂ − v₂u₁): one factor of J alone, one of u and v alone.",
        "The terms with J₁₁ and J₂₂ are equal in both sums, and cancel.",
    ],
    {
        "4 before 2": "Which terms? They are not written out yet.",
        "1 before 4": "“What is left” of what? Something must cancel first.",
        "3 before 1": "This takes a common factor out of a sum. Which sum?",
    },
    code=False,
)
