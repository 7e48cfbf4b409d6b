"""Formats results: tables in Markdown, amounts with their units, and the rows of the targets."""


def table(head, rows):
    """A Markdown table with aligned columns."""
    rows = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]

    def line(cells):
        padded = [cell.ljust(width) if column == 0 else cell.rjust(width)
                  for column, (cell, width) in enumerate(zip(cells, widths))]
        return "| " + " | ".join(padded) + " |"

    rule = ["-" * width if column == 0 else "-" * (width - 1) + ":" for column, width in enumerate(widths)]
    return "\n".join([line(head), line(rule), *map(line, rows)])


def micro(nanoseconds):
    """Nanoseconds as microseconds, with three significant digits."""
    value = nanoseconds / 1000
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def spread(ratio):
    """A ratio and the range of eight rounds in ten."""
    middle, low, high = ratio
    digits = 0 if middle >= 100 else 1 if middle >= 10 else 2
    return f"{middle:,.{digits}f} ({low:,.{digits}f} to {high:,.{digits}f})"


def at_most(what, bound, value, unit="×", note=""):
    """A row of the table of targets."""
    return [what, f"≤ {bound:,} {unit}".strip(), f"{number(value)} {unit}{note}".strip(), verdict(value <= bound)]


def at_least(what, bound, value, unit="×", note=""):
    return [what, f"≥ {bound:,} {unit}".strip(), f"{number(value)} {unit}{note}".strip(), verdict(value >= bound)]


def number(value):
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def verdict(met):
    return "met" if met else "missed"
