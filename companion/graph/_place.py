"""Boxes in rows, and a lane for each edge that passes a row. Pure geometry, in points."""

import itertools

MARGIN = 4  # around all
_GAP, _LANE, _RISE = 8, 10, 26  # between boxes, edges, rows


def place(found, sizes, width):
    """Return boxes (left, top, right, bottom), a line of points for each edge, and the height.

    All in points, downwards. Each edge goes down from row to row. Where it passes a row it has a
    lane of its own, so that it never crosses a box.
    """
    room = width - 2 * MARGIN + _GAP
    rows = _rows(found, {number: size[0] + _GAP for number, size in sizes.items()}, room)
    row_of = {item: r for r, row in enumerate(rows) for item in row if isinstance(item, int)}
    links = [[] for _ in rows]  # of each row with the next: (item above, item below, edge)
    for edge in found.edges(keys=True):
        chain = [edge[0], *[edge] * (row_of[edge[1]] - row_of[edge[0]] - 1), edge[1]]
        for r, (above, below) in enumerate(itertools.pairwise(chain), row_of[edge[0]]):
            links[r].append((above, below, edge))
    rows = _untangle(rows, links)
    centres = _centres(rows, links, sizes, width)

    top, boxes, spans = MARGIN, {}, []
    for r, row in enumerate(rows):
        height = max(sizes[item][1] for item in row if item in sizes)
        spans.append((top, top + height))
        for number in filter(sizes.__contains__, row):
            x, (w, h) = centres[r][number], sizes[number]
            upper = top + (height - h) / 2
            boxes[number] = (x - w / 2, upper, x + w / 2, upper + h)
        top += height + _RISE

    lines = {edge: [] for edge in found.edges(keys=True)}
    for r, between in enumerate(links):
        for side in (0, 1):  # leave the items of this row, then reach those of the next
            items = centres[r + side] if between else {}
            for item, x in items.items():
                ends = [link for link in between if link[side] == item]
                other = centres[r + 1 - side]
                ends.sort(key=lambda link: (other[link[1 - side]], link[2]))
                step = min(14, (sizes[item][0] - 16) / len(ends)) if ends and item in sizes else 0
                for k, (_, _, edge) in enumerate(ends):
                    port = x + (k - (len(ends) - 1) / 2) * step
                    if item in boxes and side == 0:
                        lines[edge].append((port, boxes[item][3]))
                    lines[edge].append((port, spans[r + side][1 - side]))
                    if item in boxes and side == 1:
                        lines[edge].append((port, boxes[item][1]))
    return boxes, lines, top - _RISE + MARGIN


def _rows(found, widths, room):
    """Return rows of items: the numbers of nodes, each below all that lead to it, and edges.

    A node goes as high as it can: leaves stand just below their last use, and a row that is full
    sends the rest to the next one.
    """
    rows, waiting, placed = [], list(found), set()
    while waiting:
        passing = {e for e in found.edges(keys=True) if e[0] in placed and e[1] not in placed}
        ready = [n for n in waiting if placed.issuperset(found.predecessors(n))]
        ready.sort(key=lambda n: (found.nodes[n]["kind"] == "leaf", n))
        row = []
        for number in ready:
            trial = [*row, number]
            lanes = sum(edge[1] not in trial for edge in passing)
            if not row or sum(widths[n] for n in trial) + lanes * _LANE <= room:
                row = trial
        waiting = [n for n in waiting if n not in row]
        placed.update(row)
        rows.append(row + sorted(edge for edge in passing if edge[1] not in row))
    return rows


def _untangle(rows, links):
    """Order each row by the mean place of what its items are linked to; keep the best try."""
    best, fewest = rows, _crossings(rows, links)
    for sweep in range(8):
        rows = [list(row) for row in rows]
        down = sweep % 2 == 0
        for r in range(1, len(rows)) if down else range(len(rows) - 2, -1, -1):
            other = {item: k for k, item in enumerate(rows[r - 1 if down else r + 1])}
            reach = {item: [] for item in rows[r]}
            for above, below, _ in links[r - 1 if down else r]:
                reach[below if down else above].append(other[above if down else below])
            middle = len(other) / 2
            rows[r].sort(key=lambda i: sum(reach[i]) / len(reach[i]) if reach[i] else middle)
        if (crossings := _crossings(rows, links)) < fewest:
            best, fewest = rows, crossings
    return best


def _crossings(rows, links):
    total = 0
    for upper, lower, between in zip(rows, rows[1:], links, strict=False):
        ends = [(upper.index(above), lower.index(below)) for above, below, _ in between]
        total += sum((a - c) * (b - d) < 0 for (a, b), (c, d) in itertools.combinations(ends, 2))
    return total


def _centres(rows, links, sizes, width):
    """Return the x of each item of each row: near what it is linked to, without overlaps."""
    room = width - 2 * MARGIN + _GAP
    centres = [dict.fromkeys(row, room / 2) for row in rows]
    for sweep in range(12):
        for r in range(len(rows)) if sweep % 2 == 0 else reversed(range(len(rows))):
            near = {item: [] for item in rows[r]}
            for above, below, _ in links[r - 1] if r else ():
                near[below].append(centres[r - 1][above])
            for above, below, _ in links[r]:
                near[above].append(centres[r + 1][below])
            wanted = [sum(xs) / len(xs) if xs else room / 2 for xs in near.values()]
            full = [sizes[item][0] + _GAP if item in sizes else 0 for item in rows[r]]
            lane = min(_LANE, (room - sum(full)) / max(1, full.count(0)))
            xs = _spread(wanted, [width or lane for width in full], room)
            centres[r] = dict(zip(rows[r], xs, strict=True))
    ends = [
        x + side * sizes.get(item, (0,))[0] / 2
        for row in centres
        for item, x in row.items()
        for side in (-1, 1)
    ]
    shift = (width - min(ends) - max(ends)) / 2  # the drawing stands in the middle
    return [{item: x + shift for item, x in row.items()} for row in centres]


def _spread(wanted, widths, room):
    """Return places between 0 and `room`, in order and apart, nearest to `wanted` (squares)."""
    starts = list(itertools.accumulate(widths, initial=0))
    groups = []  # neighbours that touch: (sum of the left ends they want, count)
    for place, width, start in zip(wanted, widths, starts, strict=False):
        total, count = place - width / 2 - start, 1
        while groups and groups[-1][0] / groups[-1][1] > total / count:
            total, count = total + groups[-1][0], count + groups[-1][1]
            groups.pop()
        groups.append((total, count))
    shifts = [total / count for total, count in groups for _ in range(count)]
    return [
        max(0, min(shift, room - starts[-1])) + start + width / 2
        for shift, start, width in zip(shifts, starts, widths, strict=False)
    ]
