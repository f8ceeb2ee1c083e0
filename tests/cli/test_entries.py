"""The file contract, line by line, without a process around it."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BufferedReader, BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.types import Content, Role, Scene
from service.cli.entries import Contract, Encoding, EncodingError, Form, HeaderError, chunks, entries
from service.cli.lines import Lines
from service.http.problems import Problem
from service.http.wire import Limits

LIMITS = Limits(content_chars=100, batch_items=10, batch_chars=1000)
NOW = datetime(2026, 11, 22, tzinfo=UTC)


class Dripping(BytesIO):
    """Gives a few bytes at a time, as a pipe may."""

    def read1(self, _size: int = -1) -> bytes:
        return super().read(3)


def lines(data: bytes, *, limit: int = 4096) -> Lines:
    return Lines(Dripping(data), limit=limit)


def read(form: Form, data: bytes, *, scene: Scene | None = None, limit: int = 4096, **more) -> list:
    contract = Contract(scene=scene, now=NOW, limits=LIMITS, **more)
    return list(entries(form, lines(data, limit=limit), contract))


def faults(entry) -> list[tuple]:
    assert isinstance(entry.found, Problem), entry
    return [(fault.loc, fault.kind) for fault in entry.found.faults]


@given(st.lists(st.binary(max_size=20).filter(lambda line: b"\n" not in line and not line.endswith(b"\r"))))
def test_lines_are_what_split_makes_of_them(expected):
    data = b"\n".join(expected)
    assert list(lines(data)) == (expected if not data.endswith(b"\n") and data else data.split(b"\n")[:-1])


def test_a_line_over_the_limit_is_refused_in_its_place_and_costs_no_memory():
    read_ = Lines(BufferedReader(BytesIO(b"a\n" + b"x" * 10_000_000 + b"\nb\n")), limit=1000)
    assert next(read_) == b"a"
    with pytest.raises(Problem) as caught:
        next(read_)
    assert caught.value.faults[0].kind == "line_too_long"
    assert next(read_) == b"b"
    assert read_.number == 3
    assert list(read_) == []


def test_a_line_of_the_limit_is_read_and_one_more_byte_is_not():
    assert list(lines(b"x" * 10, limit=10)) == [b"x" * 10]
    with pytest.raises(Problem):
        next(lines(b"x" * 11, limit=10))


def test_jsonl_takes_every_field_of_the_api():
    data = (
        '{"id":"a","scene":"ugc","parts":[{"name":"title","text":"好"},{"name":"text","text":"茶"}],'
        '"creator_id":"u1","room_id":"r1","account_role":"seller","commercial":true,"has_cart_link":true,'
        '"industry":"food","product":"茶","qualifications":["q1"],"published_at":"2026-01-02T03:04:05+08:00"}\n'
    ).encode()
    (entry,) = read(Form.JSONL, data)
    content = entry.found
    assert isinstance(content, Content)
    assert (entry.id, content.id, content.scene) == ("a", "a", Scene.UGC)
    assert [(part.name, part.text) for part in content.parts] == [("title", "好"), ("text", "茶")]
    assert (content.author.id, content.author.role, content.room) == ("u1", Role.SELLER, "r1")
    assert (content.commercial, content.has_cart_link, content.industry) == (True, True, "food")
    assert (content.product, content.qualifications, content.at.year) == ("茶", ("q1",), 2026)


def test_a_lines_scene_wins_over_the_option():
    data = '{"id":"a","text":"茶","scene":"ad"}\n{"id":"b","text":"茶"}\n'.encode()
    assert [entry.found.scene for entry in read(Form.JSONL, data, scene=Scene.UGC)] == [Scene.AD, Scene.UGC]


def test_ids_are_kept_as_they_were_written_and_made_from_the_line_where_they_are_missing():
    data = '{"id":7,"text":"茶"}\n\n{"text":"茶"}\n{"content_id":"c","text":"茶"}\n{"id":null,"text":"茶"}\n'.encode()
    read_ = read(Form.JSONL, data, scene=Scene.AD)
    assert [entry.id for entry in read_] == [7, "3", "c", "5"]
    assert [entry.found.id for entry in read_] == ["7", "3", "c", "5"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"{", [(("body",), "json_syntax")]),
        (b'{"id":"a","text":NaN}', [(("body",), "json_nan")]),
        (b'{"id":"a","text":"a","text":"b"}', [(("text",), "duplicate_key")]),
        (b'{"id":"a","text":"\\ud800"}', [(("body",), "json_surrogate")]),
        (b'{"id":"a","text":"\xff"}', [(("body",), "json_utf8")]),
        (b'{"id":"a","text":"a\\u0000b"}', [(("text",), "nul")]),
        (b'{"id":"a","text":""}', [(("text",), "string_too_short")]),
        (b'{"id":"a"}', [((), "text_or_parts")]),
        (b'{"id":"a","text":5}', [(("text",), "string_type")]),
        (b'{"id":"a","text":"a","scene":"mail"}', [(("scene",), "enum")]),
        (b'{"id":["a"],"text":"a"}', [(("id",), "id_type")]),
        (b'{"id":true,"text":"a"}', [(("id",), "id_type")]),
        (b'{"id":"' + b"a" * 201 + b'","text":"a"}', [(("id",), "string_too_long")]),
        (b'{"id":"a","text":"' + b"a" * 101 + b'"}', [(("text",), "content_too_long")]),
        (b"[1]", [((), "model_type")]),
        (b'"text"', [((), "model_type")]),
        (b"x" * 5000, [((), "line_too_long")]),
    ],
)
def test_a_line_that_cannot_be_read_names_its_fault_and_the_rest_goes_on(line, expected):
    good = '{"id":"good","text":"茶"}'.encode()
    first, bad, last = read(Form.JSONL, b"\n".join([good, line, good]), scene=Scene.AD)
    assert faults(bad) == expected
    assert bad.line == 2
    assert isinstance(first.found, Content) and isinstance(last.found, Content)


def test_a_line_without_a_scene_and_without_the_option_is_refused():
    (entry,) = read(Form.JSONL, '{"id":"a","text":"茶"}'.encode())
    assert faults(entry) == [(("scene",), "missing")]
    assert entry.id == "a"


def test_unknown_fields_are_counted_or_when_strict_refused():
    data = '{"id":"a","text":"茶","expect":"pass"}\n'.encode()
    contract = Contract(scene=Scene.AD, now=NOW, limits=LIMITS)
    (entry,) = entries(Form.JSONL, lines(data), contract)
    assert isinstance(entry.found, Content)
    assert contract.ignored == {"expect": 1}
    (entry,) = read(Form.JSONL, data, scene=Scene.AD, strict=True)
    assert faults(entry) == [(("expect",), "extra_forbidden")]


def test_what_only_a_service_can_answer_is_not_left_out_in_silence():
    data = '{"id":"a","text":"茶","proofs":["p"],"suggest":true}\n'.encode()
    contract = Contract(scene=Scene.AD, now=NOW, limits=LIMITS)
    (entry,) = entries(Form.JSONL, lines(data), contract)
    assert entry.found.proofs == ()
    assert contract.ignored == {"proofs": 1, "suggest": 1}
    (entry,) = read(Form.JSONL, data, scene=Scene.AD, strict=True)
    assert faults(entry) == [(("proofs",), "extra_forbidden"), (("suggest",), "extra_forbidden")]


def test_ever_new_unknown_fields_do_not_fill_the_memory():
    data = "".join(f'{{"text":"a","f{number}":1}}\n' for number in range(100)).encode()
    contract = Contract(scene=Scene.AD, now=NOW, limits=LIMITS)
    assert len(list(entries(Form.JSONL, lines(data), contract))) == 100
    assert len(contract.ignored) == 20


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm():
    for form, data in (
        (Form.JSONL, '\ufeff{"id":"a","text":"茶"}\r\n'),
        (Form.CSV, "\ufeffid,text\r\na,茶\r\n"),
        (Form.TXT, "\ufeff茶\r\n"),
    ):
        (entry,) = read(form, data.encode(), scene=Scene.AD)
        assert entry.found.parts[0].text == "茶"


def test_text_lines_are_named_by_their_number_and_blank_ones_skipped():
    read_ = read(Form.TXT, " 茶 \n\n \t\n水\n".encode(), scene=Scene.AD)
    assert [(entry.id, entry.found.parts[0].text) for entry in read_] == [("1", " 茶 "), ("4", "水")]


def test_csv_cells_become_fields():
    data = (
        "id,text,scene,commercial,has_cart_link,qualifications,account_role,note\n"
        'a,"一行，带 ""引号""\n和换行",ugc,是,true,q1; q2；,seller,x\n'
        "b,茶,,,,,,\n"
    ).encode()
    first, second = read(Form.CSV, data, scene=Scene.AD)
    assert first.found.parts[0].text == '一行，带 "引号"\n和换行'
    assert (first.found.scene, first.found.commercial, first.found.has_cart_link) == (Scene.UGC, True, True)
    assert (first.found.qualifications, first.found.author.role) == (("q1", "q2"), Role.SELLER)
    assert (second.line, second.found.scene, second.found.commercial) == (4, Scene.AD, None)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("b,一个,未加引号的逗号", [((), "csv_cells")]),
        ("b", [((), "csv_cells")]),
        ('b,"没有"结束', [((), "csv_syntax")]),
        ("b,", [((), "text_or_parts")]),
    ],
)
def test_a_row_that_cannot_be_read_names_its_fault_and_the_rest_goes_on(row, expected):
    first, bad, last = read(Form.CSV, f"id,text\na,茶\n{row}\nc,茶\n".encode(), scene=Scene.AD)
    assert faults(bad) == expected
    assert bad.line == 3
    assert isinstance(first.found, Content) and isinstance(last.found, Content)


def test_a_row_over_the_limit_is_refused_and_the_rest_goes_on():
    data = f"id,text\na,{'x' * 500}\nb,茶\n".encode()
    bad, last = read(Form.CSV, data, scene=Scene.AD, limit=100)
    assert faults(bad) == [((), "line_too_long")]
    assert isinstance(last.found, Content)


def test_a_cell_that_is_neither_yes_nor_no_is_refused():
    (entry,) = read(Form.CSV, "id,text,commercial\na,茶,也许\n".encode(), scene=Scene.AD)
    assert faults(entry) == [(("commercial",), "bool_type")]


@pytest.mark.parametrize("header", ["id,scene\n", "text,text,scene\n", "", '"text\n', "id,text\n"])
def test_a_csv_file_without_usable_column_names_is_no_csv_file(header):
    with pytest.raises(HeaderError):
        read(Form.CSV, f"{header}a,b\n".encode())


def test_other_encodings_are_read_when_named_and_refused_when_not():
    data = "id,text\na,国家级\n".encode("gb18030")
    (entry,) = read(Form.CSV, data, scene=Scene.AD, encoding=Encoding.GB18030)
    assert entry.found.parts[0].text == "国家级"
    for form in (Form.CSV, Form.TXT):
        with pytest.raises(EncodingError):
            read(form, b"id,text\n" * 2 + data, scene=Scene.AD)


def test_a_damaged_line_of_a_file_in_utf_8_is_an_error_of_its_own():
    good, bad, latin = "国家级\n".encode(), "好茶\n".encode("gb18030"), b"caf\xe9\n"
    first, second = read(Form.TXT, good + bad, scene=Scene.AD)
    assert (first.id, second.id, faults(second)) == ("1", "2", [(("text",), "not_text")])
    (alone,) = read(Form.TXT, latin, scene=Scene.AD)
    assert (alone.id, faults(alone)) == ("1", [(("text",), "not_text")])


def test_chunks_are_full_while_input_is_there_and_end_early_rather_than_wait():
    data = b"".join(b"%d\n" % number for number in range(5))
    contract = Contract(scene=Scene.AD, now=NOW, limits=LIMITS)
    whole = Lines(BufferedReader(BytesIO(data)), limit=100)
    assert [len(chunk) for chunk in chunks(entries(Form.TXT, whole, contract), whole, 2)] == [2, 2, 1]
    slow = lines(data)
    sizes = [len(chunk) for chunk in chunks(entries(Form.TXT, slow, contract), slow, 100)]
    assert sum(sizes) == 5
    assert max(sizes) <= 2
