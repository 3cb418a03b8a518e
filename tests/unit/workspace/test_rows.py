"""Pieces of rows that have rules of their own."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatelog.schema.table import Column, Table
from gatelog.schema.types import KqlType
from gatelog.workspace.pairing import StreamPosition, decode_position
from gatelog.workspace.rows.call import arm_part, fields_json, text_of
from gatelog.workspace.rows.delivered import fit_rows, inferred_table
from gatelog.workspace.rows.diagnostics import masked_address
from gatelog.workspace.rows.llm_log import PIECE_BYTES, message_pieces


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["user", "assistant"]), st.text(max_size=50), st.integers(1, 3000)), max_size=6))
def test_pieces_of_messages_parse_and_hold_everything(messages: list[tuple[str, str, int]]) -> None:
    given_messages = [{"role": role, "content": text * times} for role, text, times in messages]
    pieces = list(message_pieces(json.dumps(given_messages, ensure_ascii=False), 1 << 30))
    assert all(len(piece.encode()) <= PIECE_BYTES * 7 for piece in pieces)
    found = [message for piece in pieces for message in json.loads(piece)]
    for role in ("user", "assistant"):
        wanted = "".join(message["content"] for message in given_messages if message["role"] == role)
        assert "".join(message["content"] for message in found if message["role"] == role) == wanted


def test_messages_stop_at_their_limit() -> None:
    text = json.dumps([{"role": "user", "content": "x" * 1000}] * 100)
    pieces = list(message_pieces(text, 10_000))
    assert 0 < sum(len(piece) for piece in pieces) <= 10_100 and list(message_pieces("", 10)) == []


@pytest.mark.parametrize(
    ("address", "masked"), [("81.2.69.142", "81.2.69.***"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::***"), ("", "")]
)
def test_addresses_are_masked_as_azure_masks_them(address: str, masked: str) -> None:
    assert masked_address(address) == masked


def test_small_things() -> None:
    assert fields_json([("A", "1"), ("B", "2"), ("A", "3")]) == '{"A":"1, 3","B":"2"}' and fields_json([]) is None
    assert text_of("é".encode()) == "é" and text_of(b"\xff") == "data:application/octet-stream;base64,/w=="
    assert (
        arm_part("/subscriptions/S/resourceGroups/G", "resourcegroups") == "G"
        and arm_part("/subscriptions", "subscriptions") == ""
    )


def test_free_fields_become_columns_with_azures_suffixes() -> None:
    table = Table("T", (Column("TimeGenerated", KqlType.DATETIME), Column("AdditionalFields", KqlType.DYNAMIC)), open=True)
    given_row = {
        "n": 1,
        "b": True,
        "s": "x",
        "g": "6F9619FF-8B86-D011-B42D-00C04FC964FF",
        "t": "2024-01-01T00:00:00Z",
        "o": {"a": 1},
    }
    delivery = fit_rows(table, [given_row | {"bad name": 1, "x_d": "2.5"}])
    assert [column.name for column in delivery.table.columns[2:]] == ["n_d", "b_b", "s_s", "g_g", "t_t", "o_s", "x_d"]
    (row,) = delivery.rows
    assert row["t_t"] == 1_704_067_200 * 10**9 and row["o_s"] == '{"a":1}' and row["x_d"] == 2.5
    assert row["AdditionalFields"] == '{"bad name":1}'


def test_a_table_is_inferred_from_its_rows() -> None:
    table = inferred_table("A_CL", [{"a": 1, "b": "2024-01-01 10:00", "c": [1]}, {"a": 1.5, "b": "x", "d": None, "e": True}])
    kinds = {column.name: column.type.value for column in table.columns}
    assert kinds == {"TimeGenerated": "datetime", "a": "real", "b": "string", "c": "dynamic", "e": "bool"}


@given(st.integers(0, 1 << 60), st.booleans(), st.lists(st.integers(0, 1 << 60), max_size=5))
def test_positions_grow_in_order(position: int, ended: bool, waiting: list[int]) -> None:
    one = StreamPosition(position, ended, tuple(waiting))
    assert decode_position(one.encode()) == one
    assert StreamPosition(position + 1).encode() > one.encode()
    assert StreamPosition(position, True).encode() > StreamPosition(position, False, tuple(waiting)).encode()
    assert one.oldest_needed == min([position, *waiting])
