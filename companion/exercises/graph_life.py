"""The predictions, exercises and project of the chapter "How long a graph lives".

What is right is counted: programs run with torch, and `companion.memory` measures their bytes.
"""

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.nn.functional import dropout, gelu

from companion.check import Function, Number, Part, Project, flag
from companion.exercises._given import grid, leaf, upstream, which, which_runs
from companion.memory import Meter, peak

exercises = {}


# Asked in the chapter -------------------------------------------------------------------------


def _held_by(activation, layers):
    w = leaf([[0.5, 0.1], [0.2, -0.4]])
    with Meter() as meter:
        h = torch.ones(100, 2, dtype=torch.float64)
        for _ in range(int(layers)):
            h = activation(h @ w)
        loss = h.square().mean()
        del h
    held = meter.live() // (100 * 2 * 8)
    del loss
    return held


exercises["held-by-gelu"] = Number(
    lambda layers: _held_by(gelu, layers),
    {"layers": 20.0},
    "So many are held with tanh or ReLU. What does GELU keep?",
    lambda layers: layers + 1,
    "The weight of the first product needs a tensor for its slope too.",
    lambda right: right - 1,
    "Each layer keeps the input of its product, and the input of its activation.",
    lambda layers: layers,
)


def _frees(line):
    model, names = nn.Sequential(nn.Linear(2, 2), nn.Tanh()), {"torch": torch}
    with Meter() as meter:
        names |= {"model": model, "loss": model(torch.ones(100, 2)).mean()}
        names["loss"].backward(retain_graph=True)
        exec(line, names)  # noqa: S102 it is a text of this module
    return meter.live() < 500


exercises["what-frees"] = which(
    _frees,
    a=(
        "`model.zero_grad()`",
        "This empties the gradients of the weights. Do they hold the graph?",
    ),
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


def _steps_back(batches, steps):
    w, h = leaf(0.5), leaf(0.0)
    for _ in range(int(batches * steps)):
        h = torch.tanh(h * w)
    node, count = h.grad_fn, 0
    while node is not None:
        count += node.name() == "TanhBackward0"
        node = node.next_functions[0][0] if node.next_functions else None
    return count


exercises["steps-back"] = Number(
    _steps_back,
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
    "`x` was there before, and the graph only holds on to it.",
    lambda right, rows: right + rows * 40,
)


def _extra(program):
    names = {"torch": torch, "x": torch.ones(1000, requires_grad=True)}
    with Meter() as meter:
        exec(program, names)  # noqa: S102 it is a text of this module
    return meter.live() > names["y"].nbytes


exercises["holds-more"] = which(
    _extra,
    a=("`y = x.log().exp()`", "`log` keeps `x`, which is there, and `exp` keeps `y`."),
    b=("`y = 3 * x.sin()`", "`sin` keeps `x`, and a product with 3 keeps no tensor."),
    c="`y = x.sin().cos()`",
    d=("`y = (x + 1) * 2`", "The slopes of `+ 1` and `* 2` are known without any tensor."),
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
    "Then two rows are left, and each of them is long.",
    lambda layers: layers / 2,
    "A checkpoint on every layer keeps every layer's input.",
    1.0,
)

_CHECKPOINT = """
from torch.utils.checkpoint import checkpoint
layer, x = torch.nn.Linear(2, 1), torch.ones(3, 2)
"""
exercises["first-checkpoint"] = which_runs(
    _CHECKPOINT,
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
    """
seen = []
layer, relu = torch.nn.Linear(2, 2), torch.nn.ReLU(inplace=True)
model = torch.nn.Sequential(layer, relu)
""",
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
    tensors = [row for row in rows if isinstance(row, Tensor)]
    tracked, held = any(row.requires_grad for row in tensors), meter.live()
    values = torch.stack([torch.as_tensor(row, dtype=torch.float64) for row in rows]).detach()
    return values, tracked, held > values.nbytes


exercises["two-leaks"] = Function(
    "first_rows",
    grid(seed=(1.0, 2.0)),
    Part("{call} returned", _first_rows),
    flag(
        "The rows are right, but that what {call} returned leads to a graph is",
        False,
        "Each row keeps all that was saved for its batch. Nobody wants to go back from here.",
    ),
    flag(
        "No graph is left, but that what {call} returned holds more bytes than its rows is",
        False,
        "A row of a tensor is a view: it keeps the storage of all fifty rows. What makes a copy?",
    ),
    observe=_observe_rows,
    call=lambda seed: f"`first_rows(w, batches)` (seed {seed:g})",
)

_PROGRAMS = {
    "x.exp()": lambda x: x.exp(),
    "x + 1": lambda x: x + 1,
    "x * x": lambda x: x * x,
    "x.sin().cos()": lambda x: x.sin().cos(),
    "x[:2].sin()": lambda x: x[:2].sin(),
    "x.tanh() * x.exp()": lambda x: x.tanh() * x.exp(),
}


def _on(program):
    """Return a program, by its number, and the x that it runs on."""
    x = torch.linspace(0.1, 3, 8, dtype=torch.float64).requires_grad_()
    return list(_PROGRAMS.values())[int(program)], x


def _named(name):
    return lambda program: f"`{name}(lambda x: {list(_PROGRAMS)[int(program)]}, x)`"


def _kept(size=lambda tensor: tensor.untyped_storage().nbytes(), once=True):
    """Return a meter of what a program saves: a right one, or with the usual mistakes."""

    def held(program):
        found, (f, x) = [], _on(program)
        with saved_tensors_hooks(lambda t: found.append(t) or t, lambda t: t):
            f(x)
        by_place = {t.untyped_storage().data_ptr(): size(t) for t in found}
        return float(sum(by_place.values()) if once else sum(map(size, found)))

    return held


exercises["your-meter"] = Function(
    "held",
    grid(program=tuple(map(float, range(len(_PROGRAMS))))),
    Part(
        "{call} returned",
        _kept(),
        "A tensor that is saved twice is counted twice: count each storage once.",
        _kept(once=False),
        "These are numbers, not bytes.",
        _kept(Tensor.numel),
        "A view keeps the whole storage that it looks into: ask that for its bytes.",
        _kept(lambda tensor: tensor.nbytes),
        "A view keeps a whole storage; and each storage is counted once.",
        _kept(lambda tensor: tensor.nbytes, once=False),
        "Nothing was counted: is `f` called inside of the hooks' block?",
        0.0,
    ),
    observe=lambda held, program: (held(*_on(program)),),
    call=_named("held"),
)


def _observe_packing(cheaply, program):
    """Return the result of a program, the gradient of its x, and the bytes held in between."""
    f, x = _on(program)
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
    grid(program=(0.0, 3.0, 5.0)),
    Part("{call} returned", _packed(0, Tensor.half), tensor=True),
    Part(
        "After {call} and `backward`, `x.grad` is",
        _packed(1, Tensor.half),
        "This is the exact gradient: nothing was packed.",
        _packed(1, Tensor.double),
        "This is what `bfloat16` gives; `float16` has three bits more.",
        _packed(1, Tensor.bfloat16),
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
    call=_named("cheaply"),
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


def _run(forget, seed, f=_f):
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


def _step(*parts, number=slice(None), f=_f):
    return Function(
        "forget",
        grid(seed=(1.0, 2.0)),
        *parts,
        observe=lambda forget, seed: _run(forget, seed, f)[number],
        call=lambda seed: f"`forget(f, x, w)` (seed {seed:g})",
        drawn=lambda draw: {"seed": float(draw.randint(100, 999))},
    )


def _ones(seed, index):
    x, w = _given(seed)
    return torch.autograd.grad(_f(x, w).sum(), (x, w))[index]


def _gradient(name, index):
    return Part(
        f"After {{call}} and `backward(v)`, `{name}.grad` is",
        lambda seed: _run(None, seed)[2 + index],
        "This is the gradient of the sum: where does `v`, which arrives from above, come in?",
        lambda seed: _ones(seed, index),
        "It is there twice: was it added to `.grad` by a `backward` inside, and returned too?",
        lambda right: 2 * right,
        missing=f"Nothing comes back to `{name}`. Is it an argument of `apply`, and does "
        "`backward` return a gradient for it?",
    )


exercises["your-checkpoint"] = Project(
    {
        "value": _step(
            Part("{call} returned", lambda seed: _run(None, seed)[0], tensor=True),
            number=slice(1),
        ),
        "bytes": _step(
            Part(
                "After {call} the bytes that are held, besides `x`, `w` and the result, are",
                lambda: 0.0,
                "All that `f` saves is still there. Call it where nothing is recorded.",
                lambda seed: _run(None, seed)[1],
            ),
            number=slice(1, 2),
        ),
        "x.grad": _step(_gradient("x", 0), number=slice(2, 3)),
        "w.grad": _step(_gradient("w", 1), number=slice(3, 4)),
        "dice": _step(
            Part(
                "With a dropout in `f`, after {call} and `backward(v)`, `x.grad` is",
                lambda seed: _run(None, seed, _with_dice)[2],
                "The second run has thrown other dice, so this is the gradient of another "
                "function. Keep `torch.get_rng_state()`, and put it back for the second run.",
                lambda seed: _other_dice(seed),
            ),
            number=slice(2, 3),
            f=_with_dice,
        ),
    }
)


def _other_dice(seed):
    """Return x.grad if the random numbers of the way back are those after the forward pass."""
    x, w = _given(seed)
    torch.manual_seed(int(seed))
    y = _with_dice(x, w).detach()
    return torch.autograd.grad(_with_dice(x, w), x, upstream(y))[0]
