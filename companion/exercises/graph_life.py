"""The predictions, exercises and project of the chapter "How long a graph lives".

What is right is counted: programs run with torch, and `companion.memory` measures their bytes.
"""

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks
from torch.nn.functional import dropout

from companion.check import Choice, Function, Number, Part, Project, flag
from companion.exercises._given import grid, upstream, which_runs
from companion.memory import Meter, peak

exercises = {}


# Asked in the chapter -------------------------------------------------------------------------


exercises["held-by-gelu"] = Number(
    lambda layers: 2 * layers + 1,
    {"layers": 20.0},
    "So many are held with tanh or ReLU. What does GELU keep?",
    lambda layers: layers + 1,
    "The weight of the first product needs a tensor for its slope too.",
    lambda right: right - 1,
)


exercises["what-frees"] = Choice(
    a=("`model.zero_grad()`", "This empties the gradients of the weights. Do they hold the graph?"),
    b=(
        "`loss.detach()`",
        "This makes another tensor, without a graph. The name `loss` holds the old one.",
    ),
    c=(
        "`import gc; gc.collect()`",
        "The collector takes what nobody can reach. Who can still reach the graph?",
    ),
    d="`del loss`",
)

exercises["steps-back"] = Number(
    lambda batches, steps: batches * steps,
    {"batches": 6.0, "steps": 5.0},
    "So it is when the state is cut. What does `h` lead to here?",
    lambda steps: steps,
    "These are batches. Each of them has several steps.",
    lambda batches: batches,
    "The last batch has its own steps too.",
    lambda right, steps: right - steps,
)

exercises["every-layer"] = Number(
    lambda layers: peak(int(layers), 1),
    {"layers": 64.0},
    "Each checkpoint keeps its input, and there is one for each layer.",
    2.0,
    "This is what the best choice needs, and that is not every layer.",
    lambda layers: peak(int(layers), 8),
    "Do not forget the input of the next one, which a checkpoint gives back.",
    lambda right: right - 1,
)

# Read and predict -----------------------------------------------------------------------------


def _bytes_held(rows, columns):
    x = torch.ones(int(rows), 10)
    w = torch.ones(10, int(columns), requires_grad=True)
    with Meter() as meter:
        h = torch.sigmoid(x @ w)
        loss = (h * h).mean()
        del h
    held = meter.live() - loss.nbytes
    del loss
    return held


exercises["bytes-held"] = Number(
    _bytes_held,
    {"rows": 1000.0, "columns": 5.0},
    "These are numbers. How many bytes has each, in float32?",
    lambda rows, columns: rows * columns,
    "Somebody is counted twice, or does not live so long: ask each node what it keeps.",
    lambda right: 2 * right,
    "Three tensors are made on the way. Which of them does a node keep?",
    lambda right: 3 * right,
)


exercises["choose-k"] = Number(
    lambda layers: min(
        (k for k in range(1, int(layers) + 1) if layers % k == 0),
        key=lambda k: peak(int(layers), k),
    ),
    {"layers": 100.0},
    "This is best for 64 layers.",
    8.0,
    "So many tensors are alive at the peak. How many layers stand in a row?",
    lambda right: 2 * right,
    "A checkpoint on every layer keeps every layer's input.",
    1.0,
)

exercises["first-checkpoint"] = which_runs(
    "from torch.utils.checkpoint import checkpoint\n"
    "layer, x = torch.nn.Linear(2, 1), torch.ones(3, 2)",
    "y.sum().backward(); assert layer.weight.grad is not None and not x.requires_grad",
    a=(
        "`y = checkpoint(layer, x, use_reentrant=True).requires_grad_()`",
        "The flag makes `y` a leaf: the error is gone, and the weight still gets nothing.",
    ),
    b=(
        "`y = checkpoint(layer.requires_grad_(), x, use_reentrant=True)`",
        "The weights require a gradient already. The old form looks at `x` only.",
    ),
    c="`y = checkpoint(layer, x, use_reentrant=False)`",
    d=(
        "`y = checkpoint(layer, x.requires_grad_(), use_reentrant=True)`",
        "It works, but it also computes and keeps a gradient for the data, which nobody needs.",
    ),
)

exercises["hook-before-relu"] = which_runs(
    "seen, layer, relu = [], torch.nn.Linear(2, 2), torch.nn.ReLU(inplace=True)\n"
    "model = torch.nn.Sequential(layer, relu)",
    "model(torch.ones(1, 2)).sum().backward(); assert seen",
    a=(
        "`layer.register_full_backward_hook(lambda layer, dx, dy: seen.append(dy))`",
        "It hands a view of the layer's result to the ReLU, which may not overwrite that.",
    ),
    b=(
        "`relu.register_full_backward_hook(lambda relu, dz, dh: seen.append(dz))`",
        "This one makes a view of the input of the ReLU, which is overwritten just as well.",
    ),
    c=(
        "`layer.register_hook(seen.append)`",
        "A module has no `register_hook`: only a tensor has.",
    ),
    d="`layer.register_forward_hook(lambda layer, x, z: z.register_hook(seen.append) and None)`",
)

# Write and repair ------------------------------------------------------------------------------


def _batches(seed):
    draw = torch.Generator().manual_seed(int(seed))
    w = torch.rand(4, 4, generator=draw, dtype=torch.float64).requires_grad_()
    return w, torch.rand(3, 50, 4, generator=draw, dtype=torch.float64)


def _first_rows(seed):
    w, batches = _batches(seed)
    return torch.stack([torch.tanh(torch.tanh(x @ w) @ w)[0] for x in batches]).detach()


def _observe_rows(first_rows, seed):
    w, batches = _batches(seed)
    with Meter() as meter:
        rows = first_rows(w, batches)
    if rows is None:
        return None, None, None
    held, rows = meter.live(), list(rows)
    tracked = any(isinstance(row, Tensor) and row.requires_grad for row in rows)
    values = torch.stack([torch.as_tensor(row, dtype=torch.float64) for row in rows]).detach()
    return values, tracked, held > values.nbytes


exercises["two-leaks"] = Function(
    "first_rows",
    grid(seed=(1.0, 2.0)),
    Part("{call} returned", _first_rows),
    flag(
        "The rows are right. Does what {call} returned lead to a graph?",
        False,
        "Each row keeps all that was saved for its batch. Nobody wants to go back from here.",
    ),
    flag(
        "No graph is left. Does what {call} returned hold more bytes than its rows have?",
        False,
        "A row of a tensor is a view: it keeps the storage of all fifty rows. What makes a copy?",
    ),
    observe=_observe_rows,
    call=lambda seed: f"`first_rows(w, batches)` (seed {seed:g})",
)

_PROGRAMS = {
    "x.exp()": lambda x: x.exp(),
    "x.sin().cos()": lambda x: x.sin().cos(),
    "x.tanh() * x.exp()": lambda x: x.tanh() * x.exp(),
}


def _observe_packing(cheaply, program):
    """Return the result of a program, the gradient of its x, and the bytes held in between."""
    f = list(_PROGRAMS.values())[program]
    x = torch.linspace(0.1, 3, 8, dtype=torch.float64).requires_grad_()
    with Meter() as meter:
        y = cheaply(f, x)
    if not (isinstance(y, Tensor) and y.requires_grad):
        return y, None, None
    held = float(meter.live() - y.nbytes)
    return y, torch.autograd.grad(y, x, upstream(y))[0], held


def _packed(part, pack, unpack=Tensor.double):
    """Return what `_observe_packing` finds in one part of an answer with these two functions."""

    def cheaply(f, x):
        with saved_tensors_hooks(pack, unpack):
            return f(x)

    return lambda program: _observe_packing(cheaply, program)[part]


exercises["half-the-bytes"] = Function(
    "cheaply",
    grid(program=(0, 1, 2)),
    Part("{call} returned", _packed(0, Tensor.half), tensor=True),
    Part(
        "After {call} and `backward`, `x.grad` is",
        _packed(1, Tensor.half),
        "This is the exact gradient: nothing was packed.",
        _packed(1, Tensor.double),
        "The slopes were computed in float16. Give `unpack` the work of going back to float64.",
        _packed(1, Tensor.half, lambda kept: kept),
        missing="Nothing comes back to `x`. Is a graph recorded?",
    ),
    Part(
        "The gradient is right. After {call} the bytes that are held, besides the result, are",
        _packed(2, Tensor.half),
        "The tensors themselves are kept as well: `pack` must return the small one alone.",
        _packed(2, lambda t: (t.half(), t), lambda kept: kept[0].double()),
    ),
    observe=_observe_packing,
    call=lambda program: f"`cheaply(lambda x: {list(_PROGRAMS)[program]}, x)`",
)

# The project -----------------------------------------------------------------------------------


def _f(x, w):
    return torch.tanh(torch.sin(x @ w) @ w)


def _with_dice(x, w):
    return dropout(torch.sin(x @ w)) @ w


def _given(seed):
    draw = torch.Generator().manual_seed(int(seed))
    x, w = (torch.rand(rows, 4, generator=draw, dtype=torch.float64) for rows in (30, 4))
    return x.requires_grad_(), w.requires_grad_()


def _run(forget, seed, f):
    """Return the result of a checkpoint, the bytes that it holds, and the gradients of x and w.

    Without a checkpoint, f is called as it is.
    """
    x, w = _given(seed)
    torch.manual_seed(int(seed))
    with Meter() as meter:
        y = forget(f, x, w) if forget else f(x, w)
    if not isinstance(y, Tensor):
        return y, None, None, None
    held = float(meter.live() - y.nbytes)
    if y.requires_grad:
        y.backward(upstream(y))
    return y, held, x.grad, w.grad


def _step(which, says, *items, f=_f, truth=None, **options):
    """Return a step about one of what `_run` returns; right is what `f` alone gives."""
    return Function(
        "forget",
        grid(seed=(1.0, 2.0)),
        Part(says, truth or (lambda seed: _run(None, seed, f)[which]), *items, **options),
        observe=lambda forget, seed: (_run(forget, seed, f)[which],),
        call=lambda seed: f"`forget(f, x, w)` (seed {seed:g})",
        drawn=lambda draw: {"seed": float(draw.randint(100, 999))},
    )


def _gradient(name, which):
    def of_the_sum(seed):
        x, w = _given(seed)
        return torch.autograd.grad(_f(x, w).sum(), (x, w))[which - 2]

    return _step(
        which,
        f"After {{call}} and `backward(v)`, `{name}.grad` is",
        "This is the gradient of the sum: where does `v`, which arrives from above, come in?",
        of_the_sum,
        "It is there twice: was it added to `.grad` by a `backward` inside, and returned too?",
        lambda right: 2 * right,
        missing=f"Nothing comes back to `{name}`. Is it an argument of `apply`, and does "
        "`backward` return a gradient for it?",
    )


def _other_dice(seed):
    """Return x.grad if the random numbers of the way back are those after the forward pass."""
    x, w = _given(seed)
    torch.manual_seed(int(seed))
    y = _with_dice(x, w).detach()
    return torch.autograd.grad(_with_dice(x, w), x, upstream(y))[0]


exercises["your-checkpoint"] = Project(
    {
        "value": _step(0, "{call} returned", tensor=True),
        "bytes": _step(
            1,
            "After {call} the bytes that are held, besides `x`, `w` and the result, are",
            "All that `f` saves is still there. Call it where nothing is recorded.",
            lambda seed: _run(None, seed, _f)[1],
            truth=lambda: 0.0,
        ),
        "x.grad": _gradient("x", 2),
        "w.grad": _gradient("w", 3),
        "dice": _step(
            2,
            "With a dropout in `f`, after {call} and `backward(v)`, `x.grad` is",
            "The second run has thrown other dice, so this is the gradient of another "
            "function. Keep `torch.get_rng_state()`, and put it back for the second run.",
            _other_dice,
            f=_with_dice,
        ),
    }
)
