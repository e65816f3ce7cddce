#!/usr/bin/env python3
"""Writes schema_format_idn_table.c: the properties of code points that IDNA 2008 asks for.

Run by hand when Unicode moves on:  pip install idna==3.7 && python3 schema_format_idn_table.py > schema_format_idn_table.c
The derived property PVALID (RFC 5892), joining types and scripts come from the package idna, general category and
combining class from Python's own unicodedata.
"""
import sys
import unicodedata

import idna.idnadata as data

PVALID, MARK, VIRAMA, LEFT, RIGHT, DUAL, TRANSPARENT, GREEK, HEBREW, KANA_HAN = (1 << i for i in range(10))
JOINING = {ord('L'): LEFT, ord('R'): RIGHT, ord('D'): DUAL, ord('T'): TRANSPARENT}


def members(ranges):
    """The package keeps a range as start << 32 | end, its end exclusive."""
    for packed in ranges:
        yield from range(packed >> 32, packed & 0xffffffff)


def main():
    properties = [0] * 0x110000
    for ranges, flag in ((data.codepoint_classes['PVALID'], PVALID), (data.scripts['Greek'], GREEK),
                         (data.scripts['Hebrew'], HEBREW), (data.scripts['Hiragana'], KANA_HAN),
                         (data.scripts['Katakana'], KANA_HAN), (data.scripts['Han'], KANA_HAN)):
        for point in members(ranges):
            properties[point] |= flag
    for point, joining in data.joining_types.items():
        properties[point] |= JOINING.get(joining, 0)
    for point in range(0x110000):
        if 0xd800 <= point < 0xe000:
            continue
        char = chr(point)
        if unicodedata.category(char)[0] == 'M':
            properties[point] |= MARK
        if unicodedata.combining(char) == 9:
            properties[point] |= VIRAMA

    rows, first = [], 0
    for point in range(1, 0x110001):
        if point == 0x110000 or properties[point] != properties[first]:
            if properties[first]:
                rows.append(f'{{0x{first:x}, 0x{point - 1:x}, {properties[first]}}},')
            first = point
    out = sys.stdout
    out.write('/* Written by schema_format_idn_table.py: what IDNA 2008 (RFC 5892) wants to know of each code point.\n'
              f' * Unicode {data.__version__}; the numbers are enum idn_property. */\n'
              '#include "wire/schema_format.h"\n\nconst struct idn_range idn_ranges[] = {\n')
    line = '   '
    for row in rows:
        if len(line) + 1 + len(row) > 118:
            out.write(line + '\n')
            line = '   '
        line += ' ' + row
    out.write(line + '\n};\nconst size_t idn_range_count = sizeof idn_ranges / sizeof idn_ranges[0];\n')


if __name__ == '__main__':
    main()
