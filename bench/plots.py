"""Plots as SVG: bars for the operations, a cumulative curve for latencies. They are readable on white and on black,
and small."""

import html
import math

WIDTH = 760
ROW = 18
BARS_FROM, BARS_TO = 230, 690

# One hue for the library, one for its floor, grey for all others; each stands out on white and on black.
STYLE = """<style>
text { font: 12px sans-serif; fill: #24292f }
.title { font-weight: bold }
.grid { stroke: #8c959f; stroke-opacity: .35 }
.other { fill: #8c959f } .records { fill: #57606a } .floor { fill: #54aeff } .ours { fill: #1a7f37 } .work { fill: #bf8700 }
path { fill: none; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .records { fill: #b1bac4 } .other { fill: #6e7681 } .ours { fill: #3fb950 }
}
</style>"""

CURVES = ["#54aeff", "#0969da", "#1a7f37", "#3fb950", "#bf8700", "#cf222e", "#8250df"]


def svg(height, title, parts):
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img"><title>{html.escape(title)}</title>', STYLE, *parts, "</svg>", ""])


def text(x, y, words, anchor="start", style=""):
    kind = f' class="{style}"' if style else ""
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}"{kind}>{html.escape(words)}</text>'


class Scale:
    """A logarithmic axis over whole decades, in the unit of the values."""

    def __init__(self, values, begin, end):
        self.low = math.floor(math.log10(min(values)))
        self.high = max(self.low + 1, math.ceil(math.log10(max(values))))
        self.begin, self.end = begin, end

    def place(self, value):
        part = (math.log10(value) - self.low) / (self.high - self.low)
        return self.begin + max(0, min(1, part)) * (self.end - self.begin)

    def grid(self, top, bottom):
        for decade in range(self.low, self.high + 1):
            x = self.place(10 ** decade)
            yield f'<line class="grid" x1="{x:.0f}" x2="{x:.0f}" y1="{top}" y2="{bottom}"/>'
            yield text(x, bottom + 14, duration(10 ** decade), "middle")


def duration(nanoseconds):
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if nanoseconds >= size:
            return f"{nanoseconds / size:.3g} {unit}"
    return f"{nanoseconds:.3g} ns"


def bars(title, panels):
    """Panels of (name, bars); bars of (name, kind, nanoseconds), where the kind is a style."""
    values = [value for _, rows in panels for _, _, value in rows]
    scale = Scale(values, BARS_FROM, BARS_TO)
    parts, y = [text(8, 18, title, style="title")], 30
    for name, rows in panels:
        y += 20
        parts.append(text(8, y, name, style="title"))
        top = y + 6
        for label, kind, value in rows:
            y += ROW
            parts.append(text(BARS_FROM - 8, y + 4, label, "end"))
            parts.append(f'<rect class="{kind}" x="{BARS_FROM}" y="{y - 7}" width="{scale.place(value) - BARS_FROM:.1f}" '
                         f'height="{ROW - 5}"/>')
            parts.append(text(scale.place(value) + 5, y + 4, duration(value)))
        parts += scale.grid(top, y + 10)
        y += 28
    parts.append(text(BARS_TO, y + 14, "time of one operation, logarithmic; shorter is better", "end"))
    return svg(y + 24, title, parts)


def cumulative(title, curves):
    """Curves of (name, microseconds): the share of the values up to a time."""
    left, right, top, bottom = 60, WIDTH - 40, 40, 330
    scale = Scale([max(value, 1) * 1000 for _, values in curves for value in values], left, right)
    parts = [text(8, 18, title, style="title"), *scale.grid(top, bottom)]
    for percent in range(0, 101, 25):
        y = bottom - (bottom - top) * percent / 100
        parts.append(f'<line class="grid" x1="{left}" x2="{right}" y1="{y:.0f}" y2="{y:.0f}"/>')
        parts.append(text(left - 6, y + 4, f"{percent} %", "end"))
    for number, (name, values) in enumerate(curves):
        values, colour = sorted(values), CURVES[number % len(CURVES)]
        steps = range(0, 101, 2)
        points = [(scale.place(max(1, values[min(len(values) - 1, len(values) * step // 100)]) * 1000),
                   bottom - (bottom - top) * step / 100) for step in steps]
        parts.append(f'<path stroke="{colour}" d="M' + "L".join(f"{x:.0f} {y:.0f}" for x, y in points) + '"/>')
        row, column = divmod(number, 2)
        x, y = left + column * 350, bottom + 60 + row * 18
        parts.append(f'<path stroke="{colour}" d="M{x} {y - 4}h24"/>')
        parts.append(text(x + 30, y, name))
    parts.append(text(right, bottom + 34, "time from letting go to having the lock, logarithmic", "end"))
    parts.append(text(left, bottom + 34, "part of all hand-offs that are done"))
    return svg(bottom + 60 + (len(curves) + 1) // 2 * 18, title, parts)


def growth(title, curves):
    """Curves of (name, nanoseconds by number), on logarithmic axes: linear growth has the slope of the grey lines."""
    left, right, top, bottom = 60, WIDTH - 40, 40, 330
    counts = Scale([count for _, times in curves for count in times], left, right)
    times = Scale([time for _, values in curves for time in values.values()], bottom, top)
    parts = [text(8, 18, title, style="title")]
    for decade in range(counts.low, counts.high + 1):
        x = counts.place(10 ** decade)
        parts.append(f'<line class="grid" x1="{x:.0f}" x2="{x:.0f}" y1="{top}" y2="{bottom}"/>')
        parts.append(text(x, bottom + 14, f"{10 ** decade:,}", "middle"))
    for decade in range(times.low, times.high + 1):
        y = times.place(10 ** decade)
        parts.append(f'<line class="grid" x1="{left}" x2="{right}" y1="{y:.0f}" y2="{y:.0f}"/>')
        parts.append(text(left - 6, y + 4, duration(10 ** decade), "end"))
    for first in range(times.low - counts.high + counts.low, times.high):
        ends = [(count, first + count - counts.low) for count in range(counts.low, counts.high + 1)]
        inside = [(count, time) for count, time in ends if times.low <= time <= times.high]
        if len(inside) > 1:
            (x1, y1), (x2, y2) = [(counts.place(10 ** count), times.place(10 ** time)) for count, time in
                                  (inside[0], inside[-1])]
            parts.append(f'<line class="grid" x1="{x1:.0f}" x2="{x2:.0f}" y1="{y1:.0f}" y2="{y2:.0f}"/>')
    for number, (name, values) in enumerate(curves):
        colour = CURVES[number % len(CURVES)]
        points = [(counts.place(count), times.place(time)) for count, time in sorted(values.items())]
        parts.append(f'<path stroke="{colour}" d="M' + "L".join(f"{x:.0f} {y:.0f}" for x, y in points) + '"/>')
        row, column = divmod(number, 2)
        x, y = left + column * 350, bottom + 60 + row * 18
        parts.append(f'<path stroke="{colour}" d="M{x} {y - 4}h24"/>')
        parts.append(text(x + 30, y, name))
    parts.append(text(right, bottom + 34, "waits, logarithmic", "end"))
    parts.append(text(left, bottom + 34, "time of all waits, logarithmic; the diagonals are linear"))
    return svg(bottom + 60 + (len(curves) + 1) // 2 * 18, title, parts)
