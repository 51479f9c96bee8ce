"""Keys of CRM rows: a prefix and 13 base32 characters (65 bits) of SHA-256 over what founded the row.

They depend on source keys and normalised values alone, so the same sources give the same keys on every
target, and a row keeps its key when it is re-pointed to another customer.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Final
from urllib.parse import unquote

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from crm_unify.arrow_sql import engine

Codes = npt.NDArray[np.uint8]
CHARACTERS: Final = 13
CHILD_PREFIXES: Final = {
    "sales_order": "SO",
    "order_line": "OL",
    "support_case": "SC",
    "opportunity": "OY",
    "activity": "AY",
    "app_user": "AU",
}
"""Prefix of the rows that come from one source record each."""
_USER: Final = r"^([^.]+)\.[^:]+:\s*(.*?)\s*#[^#]*$"
"""System and key in the id of a record."""
SEPARATOR: Final = "\x1f"
"""Joins the parts before hashing: it stands in no key (key parts are percent-encoded)."""
_ALPHABET: Final = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", dtype=np.uint8)
_BYTES: Final = 9
"""Bytes of the digest that 13 base32 characters need (65 of 72 bits)."""


def crm_id(prefix: str, *parts: str) -> str:
    """The key of one row.

    >>> crm_id("C", "billing.customers:0017#org")
    'C-GY3S5PCIEMHIH'
    """
    digest = hashlib.sha256(SEPARATOR.join(parts).encode()).digest()
    return f"{prefix}-{base64.b32encode(digest)[:CHARACTERS].decode()}"


def crm_ids(prefix: str, *columns: pa.Array | pa.ChunkedArray) -> pa.Array:
    """The keys of many rows: :func:`crm_id` over columns of equal length; a null part is empty text."""
    texts = [pc.fill_null(c, "") for c in columns]
    joined = texts[0] if len(texts) == 1 else pc.binary_join_element_wise(*texts, SEPARATOR)
    if len(joined) == 0:
        return pa.array([], pa.string())
    return _with_prefix(prefix, _base32(_digests(joined)))


def child_ids(table: str, record_ids: pa.Array | pa.ChunkedArray) -> pa.Array:
    """The keys of the rows that stand for these records.

    A user is named after system and key alone, so that one who was only known as an owner keeps the row when
    a list of users arrives.
    """
    named = users_of(record_ids) if table == "app_user" else record_ids
    return crm_ids(CHILD_PREFIXES[table], named)


def user_ids(owners: pa.Array | pa.ChunkedArray) -> pa.Array:
    """The keys of the users that are named as owners (``system:key``); null where nobody is."""
    found = crm_ids(CHILD_PREFIXES["app_user"], owners)
    return pc.if_else(pc.is_valid(owners), found, pa.scalar(None, pa.string()))


def users_of(record_ids: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """How owners name the users that these records describe: ``system:key``, no blanks around the key."""
    return pc.replace_substring_regex(record_ids, _USER, r"\1:\2")


def user_keys(named: pa.Array | pa.ChunkedArray) -> pa.Array:
    """The keys in ``system:key`` as the source writes them, without percent-encoding."""
    return pa.array([unquote(text.partition(":")[2]) for text in named.to_pylist()], pa.string())


def _digests(texts: pa.Array | pa.ChunkedArray) -> Codes:
    """First bytes of the SHA-256 of each text, shape (n, 9)."""
    with engine(parts=pa.table({"text": texts})) as con:
        blobs = con.sql("SELECT unhex(sha256(text)[:18]) AS d FROM parts").to_arrow_table()["d"]
    data = blobs.combine_chunks().cast(pa.binary(_BYTES))
    buffer: Codes = np.frombuffer(data.buffers()[1], dtype=np.uint8)
    return buffer[data.offset * _BYTES : (data.offset + len(data)) * _BYTES].reshape(-1, _BYTES)


def _base32(digests: Codes) -> Codes:
    """RFC 4648 base32 of the first 65 bits of each digest, shape (n, 13), ASCII codes."""
    first = np.ascontiguousarray(digests[:, :8]).view(">u8").ravel().astype(np.uint64)
    places = np.empty((len(digests), CHARACTERS), np.uint8)
    for at in range(CHARACTERS - 1):
        places[:, at] = (first >> np.uint64(64 - 5 * (at + 1))) & np.uint64(31)
    places[:, -1] = (first & np.uint64(15)) << np.uint64(1) | (digests[:, 8] >> 7)
    return np.asarray(_ALPHABET[places])


def _with_prefix(prefix: str, letters: Codes) -> pa.Array:
    head = np.frombuffer(f"{prefix}-".encode(), dtype=np.uint8)
    rows = np.hstack([np.broadcast_to(head, (len(letters), len(head))), letters])
    width = rows.shape[1]
    offsets = np.arange(0, (len(letters) + 1) * width, width, dtype=np.int32)
    flat = np.ascontiguousarray(rows).tobytes()
    return pa.StringArray.from_buffers(len(letters), pa.py_buffer(offsets.tobytes()), pa.py_buffer(flat))
