"""Files of people in the spellings that programs write them in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.contact_file import read_contact_file

CARD_21 = """BEGIN:VCARD\r
VERSION:2.1\r
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E7=8E=8B;=E5=B0=8F=\r
=E6=98=8E;;;\r
TEL;CELL;VOICE:138 0013 8000\r
EMAIL;INTERNET:wang@example.com\r
END:VCARD\r
"""
CARD_30 = """BEGIN:VCARD
VERSION:3.0
FN:Kim Doe
N:Doe;Kim;;;
item1.EMAIL;TYPE=INTERNET:kim@exam
 ple.com
TEL;TYPE="work,voice":+44 20 7946 0018
ORG:Tea\\, Things & Co;Sales
BDAY:19900517
NOTE:Likes tea\\nand cake
END:VCARD
"""
CARD_40 = """BEGIN:VCARD
VERSION:4.0
FN:李小龍
TEL;VALUE=uri;TYPE="cell":tel:+85223456789
EMAIL:li@example.hk
UID:urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1
END:VCARD
"""


def test_vcards_of_three_versions_are_read() -> None:
    found = read_contact_file("people.vcf", (CARD_21 + CARD_30 + CARD_40).encode())
    assert found.kind == "vcard"
    wang, kim, li = found.rows
    assert (wang["last_name"], wang["first_name"]) == ("王", "小明")
    assert (wang["phone"], wang["email"]) == ("138 0013 8000", "wang@example.com")
    assert kim == {
        "name": "Kim Doe", "email": "kim@example.com", "phone": "+44 20 7946 0018",
        "company": "Tea, Things & Co", "birthday": "19900517", "notes": "Likes tea\nand cake",
    }  # fmt: skip
    assert (li["name"], li["phone"]) == ("李小龍", "+85223456789")
    assert found.guess() == {column: column for column in found.columns}


@pytest.mark.parametrize("sign", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_tables_of_many_programs_are_read(sign: str, encoding: str) -> None:
    text = sign.join(("姓名", "邮箱", "Phone")) + "\r\n"
    text += sign.join(("张三 客户服务部门 北京", "z@example.cn", '"010 123\n45"')) + "\r\n\r\n"
    found = read_contact_file("people.csv", text.encode(encoding))
    assert found.rows == (
        {"姓名": "张三 客户服务部门 北京", "邮箱": "z@example.cn", "Phone": "010 123\n45"},
    )
    assert found.guess() == {"姓名": "name", "邮箱": "email", "Phone": "phone"}


@pytest.mark.parametrize(
    ("data", "code"), [(b"", "empty"), (b"name,email\n", "no_rows"), (b"BEGIN:VCARD", "no_rows")]
)
def test_a_file_with_nobody_in_it_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(ValueError, match=code):
        read_contact_file("x.csv", data)


@given(st.binary(max_size=400))
def test_no_file_breaks_the_reader(data: bytes) -> None:
    for start in (b"", b"BEGIN:VCARD\n", b"name,email\n"):
        try:
            found = read_contact_file("x", start + data)
        except ValueError:
            continue
        assert found.rows
        assert all("\0" not in cell for row in found.rows for cell in row.values())
