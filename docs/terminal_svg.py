#!/usr/bin/env python3
"""Draws what a program wrote on a terminal as an SVG, so that a page shows what really came.

    script -qec "deploy/quickstart.sh --once" run.typescript
    docs/terminal_svg.py run.typescript --from '7. The window' --without '^ +[0-9]+  [0-9]+-' > docs/quickstart.svg

Understands what yjsctl and the quickstart write: colours and weights (SGR), carriage return, moves of the cursor up and
to a line's beginning, erasing. What was drawn over is gone, as on the screen.
"""
import argparse
import re
import sys
import unicodedata
from html import escape

COLOURS = {30: "#6e7681", 31: "#ff7b72", 32: "#7ee787", 33: "#e3b341", 34: "#79c0ff", 35: "#d2a8ff", 36: "#56d4dd",
           37: "#c9d1d9", 90: "#8b949e", 91: "#ffa198", 92: "#aff5b4", 93: "#f8e3a1", 94: "#a5d6ff", 95: "#e2c5ff",
           96: "#b3f0ff", 97: "#ffffff"}
TOKEN = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|\x1b[()][0-9A-B]|\x1b\][^\x07]*\x07|(\r|\n|[^\x00-\x1f\x7f])", re.S)


def width(character):
    if unicodedata.combining(character) or unicodedata.category(character) == "Cf":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


class Screen:
    """Lines of cells; a cell is (character, colour, bold, faint), a wide character's second cell is None."""

    def __init__(self):
        self.lines, self.row, self.column = [[]], 0, 0
        self.style = (None, False, False)

    def put(self, character):
        line = self.lines[self.row]
        while len(line) < self.column + width(character):
            line.append((" ", None, False, False))
        if width(character):
            line[self.column] = (character, *self.style)
        if width(character) == 2:
            line[self.column + 1] = None
        self.column += width(character)

    def move_to(self, row):
        self.row = max(row, 0)
        while len(self.lines) <= self.row:
            self.lines.append([])

    def control(self, numbers, letter):
        count = int(numbers) if numbers.isdigit() else 0
        if letter == "m":
            for number in [int(part or 0) for part in numbers.split(";")]:
                colour, bold, faint = self.style
                self.style = {0: (None, False, False), 1: (colour, True, faint), 2: (colour, bold, True),
                              22: (colour, False, False), 39: (None, bold, faint)}.get(
                                  number, (COLOURS.get(number, colour), bold, faint))
        elif letter == "A":
            self.move_to(self.row - max(count, 1))
        elif letter == "B":
            self.move_to(self.row + max(count, 1))
        elif letter == "G":
            self.column = max(count, 1) - 1
        elif letter == "K":
            del self.lines[self.row][self.column if count == 0 else 0:]
        elif letter == "J":
            del self.lines[self.row][self.column:]
            del self.lines[self.row + 1:]

    def read(self, text):
        for match in TOKEN.finditer(text):
            numbers, letter, character = match.groups()
            if letter:
                self.control(numbers, letter)
            elif character == "\r":
                self.column = 0
            elif character == "\n":
                self.move_to(self.row + 1)
                self.column = 0
            elif character:
                self.put(character)


def plain(line):
    return "".join(cell[0] for cell in line if cell)


def draw(lines, out):
    advance, height, margin = 8.4, 19, 18
    columns = max((len(line) for line in lines), default=1)
    wide, tall = columns * advance + 2 * margin, len(lines) * height + 2 * margin
    out.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:.0f}" height="{tall:.0f}" '
              f'viewBox="0 0 {wide:.0f} {tall:.0f}" role="img" font-size="14" xml:space="preserve" font-family="'
              "'DejaVu Sans Mono','Noto Sans Mono CJK SC','Noto Sans CJK SC',Consolas,Menlo,monospace\">\n"
              '<title>A terminal</title>\n<rect width="100%" height="100%" rx="8" fill="#0d1117"/>\n')
    for row, line in enumerate(lines):
        at = 0
        while at < len(line):
            end, style = at + 1, line[at][1:] if line[at] else None
            while end < len(line) and (line[end] is None or line[end][1:] == style):
                end += 1
            text = "".join(cell[0] for cell in line[at:end] if cell)
            if text.strip() and style is not None:
                colour, bold, faint = style
                out.write(f'<text x="{margin + at * advance:.1f}" y="{margin + row * height + 14}" '
                          f'textLength="{(end - at) * advance:.1f}" lengthAdjust="spacingAndGlyphs" '
                          f'fill="{colour or "#c9d1d9"}"' + (' font-weight="600"' if bold else "") +
                          (' opacity="0.65"' if faint else "") + f">{escape(text)}</text>\n")
            at = end
    out.write("</svg>\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("typescript")
    parser.add_argument("--from", dest="first", default="", help="begin at the first line that has this")
    parser.add_argument("--to", default="", help="end before the first line after it that has this")
    parser.add_argument("--without", metavar="PATTERN", help="leave out the lines in which this is found")
    given = parser.parse_args()
    screen = Screen()
    with open(given.typescript, encoding="utf-8", errors="replace") as file:
        text = file.read()
    screen.read(re.sub(r"\AScript started on.*?\n|\n?Script done on.*\Z", "", text, flags=re.S))
    lines = screen.lines
    while lines and not plain(lines[-1]).strip():
        lines.pop()
    first = next((i for i, line in enumerate(lines) if given.first in plain(line)), None)
    if first is None:
        sys.exit(f"{given.typescript}: no line has \"{given.first}\"")
    end = next((i for i in range(first + 1, len(lines)) if given.to and given.to in plain(lines[i])), len(lines))
    draw([line for line in lines[first:end] if not (given.without and re.search(given.without, plain(line)))], sys.stdout)


if __name__ == "__main__":
    main()
