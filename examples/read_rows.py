#!/usr/bin/env python3
"""Prints the current rows of a table as JSON lines: read_rows.py data/users.db

A row file is nothing but records: [deleted_flag: 1 byte][data_length: 4 bytes, little endian]
[json_data]. The flag is 0 for a row's current version and 1 for a version that ended.
"""

import struct
import sys

HEADER = struct.Struct("<BI")


def live_rows(file):
    """Yields the JSON text of every record that is not deleted."""
    while header := file.read(HEADER.size):
        is_deleted, length = HEADER.unpack(header)
        data = file.read(length)
        if not is_deleted:
            yield data.decode()


if len(sys.argv) != 2:
    sys.exit(__doc__)
with open(sys.argv[1], "rb") as file:
    count = 0
    for count, row in enumerate(live_rows(file), start=1):
        print(row)
print(count, "rows", file=sys.stderr)
