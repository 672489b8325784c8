"""Files that other programs make: PDF by ReportLab and pypdf, Word by python-docx, e-mail by the standard library."""

from __future__ import annotations

import io
import json
import re
import sys
import zipfile
from datetime import UTC, date, datetime
from email.message import EmailMessage

import pytest

from geomap import documents
from geomap.errors import ReadError

LEAD = (
    "Three battalions of the Ugandan army left Beni on Monday and moved towards the border with Uganda, a colonel said."
)
SECOND = "Residents saw the lorries pass through Butembo before dawn, and they counted more than sixty of them there."
THIRD = "Kinshasa did not comment."
PARAGRAPHS = (LEAD, SECOND, THIRD)
ENDS = ("Kampala was silent.", "Nobody was hurt.", "The road is open again.", "More will follow, as far as")


def pdf(paragraphs=PARAGRAPHS, *, repeat=1, title="Convoy leaves Beni"):
    from reportlab.lib.pagesizes import A5
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate

    style = getSampleStyleSheet()["BodyText"]
    story = []
    for number in range(repeat):
        story += [PageBreak()] if number else []
        story += [Paragraph(words, style) for words in (*paragraphs, ENDS[number])]

    def decorate(canvas, template):
        canvas.drawString(40, 560, "The Example, morning edition")
        canvas.drawString(200, 20, str(template.page))

    out = io.BytesIO()
    SimpleDocTemplate(out, pagesize=A5, title=title).build(story, onFirstPage=decorate, onLaterPages=decorate)
    return out.getvalue()


def word(fill):
    import docx

    document = docx.Document()
    document.core_properties.title = "Convoy leaves Beni"
    fill(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def mail(text=None, html=None, **headers):
    message = EmailMessage()
    message["From"] = headers.get("sender", "News Desk <desk@example.org>")
    message["To"] = "reader@example.org"
    message["Subject"] = headers.get("subject", "Convoy leaves Beni")
    message["Date"] = headers.get("date", datetime(2022, 12, 5, 23, 30, tzinfo=UTC))
    if text is not None:
        message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html") if text is not None else message.set_content(html, subtype="html")
    return message


def write(folder, data, name):
    path = folder / name
    path.write_bytes(data)
    return path


def read_or_refuse(path):
    try:
        return documents.read(path).text
    except ReadError as error:
        return str(error)


def test_pdf(tmp_path):
    document = documents.read(write(tmp_path, pdf(repeat=4), "convoy.pdf"))
    assert document.text.split("\n\n") == [words for end in ENDS for words in (*PARAGRAPHS, end)]
    assert document.title == "Convoy leaves Beni"
    # The day on which the file was made is not the day of the report.
    assert document.published is None


def test_pdf_is_known_by_its_content(tmp_path, run):
    path = write(tmp_path, b"\n" + pdf(), "convoy.txt")
    record = json.loads(run("extract", path, "--published", "2022-12-05").out)
    assert record["published"] == "2022-12-05"
    assert {"Beni", "Butembo"} <= {toponym["text"] for toponym in record["toponyms"]}
    assert record["claims"]


def test_words_cut_at_the_end_of_a_line_are_joined():
    from geomap import formats

    lines = ["The column of armoured vehicles was with-", "drawn from the town of Saint-", "Louis at night."]
    assert list(formats._paragraphs(lines)) == [
        "The column of armoured vehicles was withdrawn from the town of Saint- Louis at night."
    ]


def test_locked_pdf(tmp_path):
    import pypdf

    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf()))
    writer.encrypt("secret", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    with pytest.raises(ReadError, match="locked with a password"):
        documents.read(write(tmp_path, out.getvalue(), "a.pdf"))


def test_pdf_without_text(tmp_path):
    import pypdf

    writer = pypdf.PdfWriter()
    writer.add_blank_page(200, 200)
    out = io.BytesIO()
    writer.write(out)
    with pytest.raises(ReadError, match="without text, probably a scan"):
        documents.read(write(tmp_path, out.getvalue(), "scan.pdf"))


@pytest.mark.parametrize("data", [b"%PDF-1.7\n%\xe2\xe3", b"%PDF-1.4\n1 0 obj<<>>endobj trailer<</Root 1 0 R>>"])
def test_damaged_pdf(tmp_path, data):
    with pytest.raises(ReadError, match=r"cannot be read|without text"):
        documents.read(write(tmp_path, data, "a.pdf"))


def test_pdf_bomb(tmp_path):
    import zlib

    stream = zlib.compress(bytes(200_000_000), 1)
    data = b"\n".join(
        [
            b"%PDF-1.4",
            b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj",
            b"2 0 obj<</Type/Pages/Count 1/Kids[3 0 R]>>endobj",
            b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>endobj",
            f"4 0 obj<</Filter/FlateDecode/Length {len(stream)}>>stream".encode(),
            stream,
            b"endstream endobj trailer<</Root 1 0 R>>",
        ]
    )
    with pytest.raises(ReadError, match=r"cannot be read|without text"):
        documents.read(write(tmp_path, data, "bomb.pdf"))


def test_docx(tmp_path):
    def fill(document):
        document.add_heading("Convoy leaves Beni", level=1)
        document.add_paragraph(LEAD)
        table = document.add_table(1, 2)
        table.cell(0, 0).text, table.cell(0, 1).text = "Left Beni", "60 lorries"
        run = document.add_paragraph().add_run(SECOND[:40])
        run.bold = True
        document.paragraphs[-1].add_run(SECOND[40:])

    document = documents.read(write(tmp_path, word(fill), "convoy.docx"))
    assert document.text.split("\n") == ["Convoy leaves Beni", LEAD, "Left Beni", "60 lorries", SECOND]
    assert (document.title, document.published) == ("Convoy leaves Beni", None)


def test_docx_shows_what_changes_leave(tmp_path):
    from docx.oxml import parse_xml

    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    xml = (
        f"<w:p {space}><w:r><w:t>The army left </w:t></w:r><w:del><w:r><w:delText>Goma</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>Beni</w:t></w:r></w:ins><w:r><w:tab/><w:t>today.</w:t></w:r></w:p>"
    )
    data = word(lambda document: document.element.body.insert(0, parse_xml(xml)))
    assert documents.read(write(tmp_path, data, "a.docx")).text == "The army left Beni\ttoday."


def test_docx_without_text_damaged_or_too_large(tmp_path, monkeypatch):
    from geomap import formats

    with pytest.raises(ReadError, match="without text"):
        documents.read(write(tmp_path, word(lambda _: None), "a.docx"))
    good = word(lambda document: document.add_paragraph(LEAD))
    with pytest.raises(ReadError, match="cannot be read"):
        documents.read(write(tmp_path, good[: len(good) // 2], "b.docx"))
    monkeypatch.setattr(formats, "_MAX_UNPACKED", 1_000)
    with pytest.raises(ReadError, match="unpacks to more"):
        documents.read(write(tmp_path, good, "c.docx"))


def test_a_zip_bomb_called_docx_is_not_unpacked(tmp_path):
    path = tmp_path / "bomb.docx"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed,
        packed.open("word/document.xml", "w") as part,
    ):
        for _ in range(300):
            part.write(bytes(1_000_000))
    with pytest.raises(ReadError, match="unpacks to more than 200 MB"):
        documents.read(path)


def test_entities_of_a_docx_are_not_read(tmp_path):
    secret = write(tmp_path, b"SECRET", "secret.txt")
    good = zipfile.ZipFile(io.BytesIO(word(lambda document: document.add_paragraph("A SIGN here."))))
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w") as packed:
        for name in good.namelist():
            data = good.read(name)
            if name == "word/document.xml":
                head, _, rest = data.partition(b"?>")
                entity = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'.encode()
                data = head + b"?>" + entity + rest.replace(b"SIGN", b"&e;")
            packed.writestr(name, data)
    assert "SECRET" not in read_or_refuse(path)


@pytest.mark.parametrize(("module", "name", "data", "extra"), [
    ("pypdf", "a.pdf", b"%PDF-1.7\n", r"geomap\[pdf\]"),
    ("docx", "a.docx", b"PK\x03\x04word/", r"geomap\[docx\]"),
])  # fmt: skip
def test_what_to_install_is_said(tmp_path, monkeypatch, module, name, data, extra):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ReadError, match=f"needs the package .*; run: pip install '{extra}'"):
        documents.read(write(tmp_path, data, name))


def test_email(tmp_path):
    path = write(tmp_path, mail("\n\n".join(PARAGRAPHS), "<p>other</p>").as_bytes(), "a.eml")
    document = documents.read(path)
    assert document.text.rstrip("\n") == "\n\n".join(PARAGRAPHS)
    assert (document.title, document.publisher) == ("Convoy leaves Beni", "News Desk")
    assert (document.published, document.published_from) == (date(2022, 12, 5), "metadata")


def test_email_of_html_with_an_attachment(tmp_path):
    message = mail(html=f"<html><style>p {{}}</style><p>{LEAD}</p><p>{SECOND}</p></html>", subject="Être à Béni")
    message.add_attachment(b"%PDF-1.7 evil", maintype="application", subtype="pdf", filename="../../evil.pdf")
    document = documents.read(write(tmp_path, message.as_bytes(), "mail.txt"))
    assert document.text.split("\n") == [LEAD, SECOND]
    assert document.title == "Être à Béni"
    assert [path.name for path in tmp_path.iterdir()] == ["mail.txt"]


def test_flowed_email(tmp_path):
    data = (
        b"From: a@example.org\r\nDate: Mon, 5 Dec 2022 09:00:00 +0100\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: text/plain; charset=utf-8; format=flowed\r\n\r\nThe army left \r\nBeni today.\r\n\r\nIt is gone.\r\n"
    )
    assert documents.read(write(tmp_path, data, "a.eml")).text.split("\n") == [
        "The army left Beni today.",
        "",
        "It is gone.",
        "",
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"From: a\nDate: never\nSubject: =?utf-8?b?!!!?=\n\nThe army left Beni.",
        b"From: \xff\xfe <\nDate: Mon, 99 Dec 2022 09:00:00 +0100\nSubject: x\n\nThe army left Beni.",
        b"From: a@b\nDate: Mon, 5 Dec 2022 09:00:00 -0000\nSubject: x\nContent-Type: text/plain; charset=nonsense\n\nThe army left Beni.",
    ],
)
def test_damaged_emails_are_read_or_refused(tmp_path, data):
    assert re.search("left Beni|cannot be read", read_or_refuse(write(tmp_path, data, "a.eml")))


@pytest.mark.parametrize(
    "data",
    [
        b"From: a@b\nDate: Mon, 5 Dec 2022 09:00:00 +0100\nSubject: =?punycode?q?" + b"a" * 400_000 + b"-b?=\n\nGone.",
        b'From: a@b\nDate: x\nSubject: x\nContent-Type: text/plain; charset=\n "punycode"\n\n' + b"a" * 400_000,
        b"From: a@b\nDate: x\nSubject: x\nContent-Type: text/plain; charset*0=puny; charset*1=code\n\n"
        + b"a" * 400_000,
    ],
    ids=["subject", "text", "text in pieces"],
)
def test_encodings_that_take_long_are_not_used(tmp_path, data):
    with pytest.raises(ReadError, match=r"encoding of no e-mail|cannot be read"):
        documents.read(write(tmp_path, data, "a.eml"))


def test_email_without_text(tmp_path):
    message = mail()
    message.add_attachment(b"x", maintype="image", subtype="png", filename="x.png")
    with pytest.raises(ReadError, match="e-mail without text"):
        documents.read(write(tmp_path, message.as_bytes(), "a.eml"))


def test_a_text_that_quotes_a_header_is_no_email(tmp_path):
    text = f"From: the governor\nTo: the press\n\n{LEAD}"
    assert documents.read(write(tmp_path, text.encode(), "a.txt")).text == text
