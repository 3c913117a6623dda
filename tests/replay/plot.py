#!/usr/bin/env python3
"""usage: plot.py SERIES.csv… > docs/replay.svg

Draws how many connections were open over time. Each series is a file of lines `seconds,connections`, as the tests leave
it in target/replay, and is named by its file.
"""
import csv
import pathlib
import sys

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 320, 56, 16, 24, 48
COLOURS = ["#b3261e", "#1f6f43", "#1d4ed8", "#6b21a8"]
LIMIT = 100


def read(path):
    with open(path, newline="") as file:
        return [(float(at), int(open_)) for at, open_ in csv.reader(file)]


def main():
    series = [(pathlib.Path(path).stem, read(path)) for path in sys.argv[1:]]
    end = max(at for _, points in series for at, _ in points)
    x = lambda at: LEFT + at / end * (WIDTH - LEFT - RIGHT)
    y = lambda open_: HEIGHT - BOTTOM - open_ / (LIMIT * 1.1) * (HEIGHT - TOP - BOTTOM)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-family="sans-serif"'
        ' font-size="12">',
        "<title>Connections of the service over time, from pg_stat_activity</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
    ]
    for mark in range(0, LIMIT + 1, 20):
        out.append(f'<path d="M{LEFT} {y(mark):.1f}H{WIDTH - RIGHT}" stroke="#dddddd"/>')
        out.append(f'<text x="{LEFT - 8}" y="{y(mark) + 4:.1f}" text-anchor="end">{mark}</text>')
    out.append(f'<path d="M{LEFT} {y(LIMIT):.1f}H{WIDTH - RIGHT}" stroke="#444444" stroke-dasharray="6 4"/>')
    out.append(f'<text x="{WIDTH - RIGHT}" y="{y(LIMIT) - 6:.1f}" text-anchor="end">max_connections</text>')
    for second in range(int(end) + 1):
        out.append(f'<text x="{x(second):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{second} s</text>')
    for at, (name, points) in enumerate(series):
        colour, path, last = COLOURS[at % len(COLOURS)], "", None
        for time, open_ in points:
            path += f"M{x(time):.1f} {y(open_):.1f}" if last is None else f"H{x(time):.1f}V{y(open_):.1f}"
            last = open_
        out.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out.append(f'<text x="{LEFT + at * 320}" y="{HEIGHT - 10}" fill="{colour}">{name}</text>')
    print("\n".join(out + ["</svg>"]))


main()
