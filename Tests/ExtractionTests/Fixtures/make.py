#!/usr/bin/env python3
"""Makes the files of this folder: documents and archives with the number 4111 1111 1111 1111 in each. Needs 7z."""
import bz2, gzip, io, lzma, os, shutil, subprocess, tarfile, zipfile

here = os.path.dirname(os.path.abspath(__file__))
CARD = "4111 1111 1111 1111"


def keep(name, data):
    with open(os.path.join(here, name), "wb") as file:
        file.write(data)


def zipped(files, stored=()):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return out.getvalue()


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
TYPES = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'


def docx(body, extra={}):
    return zipped({
        "[Content_Types].xml": TYPES,
        "word/document.xml": f'<?xml version="1.0" encoding="UTF-8"?><w:document {W}><w:body>{body}</w:body></w:document>',
        "docProps/core.xml": '<?xml version="1.0"?><cp:coreProperties xmlns:cp="c" xmlns:dc="d"><dc:title>The title</dc:title></cp:coreProperties>',
        **extra})


# The number is split over runs, as a word processor does it.
document = docx("<w:p><w:r><w:t>Charged to 4111 </w:t></w:r><w:proofErr/><w:r><w:t xml:space='preserve'>1111 11</w:t></w:r><w:r><w:t>11 1111</w:t></w:r></w:p><w:p><w:r><w:t>Caf&#233; &amp; more</w:t></w:r></w:p>")
keep("letter.docx", document)
keep("figures.xlsx", zipped({
    "[Content_Types].xml": TYPES,
    "xl/sharedStrings.xml": "<sst><si><t>Name</t></si><si><r><t>Ann </t></r><r><t>Lee</t></r></si></sst>",
    "xl/worksheets/sheet1.xml": f'<worksheet><sheetData><row><c t="s"><v>77123</v></c><c t="inlineStr"><is><t>{CARD}</t></is></c></row><row><c><v>987654321</v></c></row></sheetData></worksheet>'}))
keep("slides.pptx", zipped({
    "[Content_Types].xml": TYPES,
    "ppt/slides/slide1.xml": f'<p:sld xmlns:p="p" xmlns:a="a"><a:p><a:r><a:t>{CARD}</a:t></a:r></a:p></p:sld>',
    "ppt/notesSlides/notesSlide1.xml": '<p:notes xmlns:p="p" xmlns:a="a"><a:p><a:r><a:t>say nothing</a:t></a:r></a:p></p:notes>'}))
MANIFEST = '<manifest:manifest xmlns:manifest="m"><manifest:file-entry manifest:full-path="content.xml">%s</manifest:file-entry></manifest:manifest>'
ODT = f'<office:document-content xmlns:office="o" xmlns:text="t"><text:p>{CARD}<text:s/>end</text:p><text:p>next</text:p></office:document-content>'
MIMETYPE = "application/vnd.oasis.opendocument.text"
keep("letter.odt", zipped({"mimetype": MIMETYPE, "content.xml": ODT, "META-INF/manifest.xml": MANIFEST % ""}, ["mimetype"]))
keep("locked.odt", zipped({"mimetype": MIMETYPE, "content.xml": bytes(range(256)), "META-INF/manifest.xml": MANIFEST % "<manifest:encryption-data/>"}, ["mimetype"]))
keep("letter.rtf", (r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0 Hidden font 1234;}{\f1\fcharset204 Cyr;}}{\*\generator Nobody;}Card 4111 1111 {\b 1111} 1111\par Caf\'e9 \u8364? {\f1 \'cf\'f0}\par}").encode())
keep("table.csv", f"name;card\r\nAnn;{CARD}\r\n".encode())
keep("latin.txt", "Café 4111 1111 1111 1111".encode("latin-1"))
keep("wide.txt", ("Café " + CARD).encode("utf-16"))
keep("page.html", f"<html><body><p>4111 <b>1111</b> 1111 1111</p><script>x</script></body></html>".encode())
eml = f"From: a@example.org\r\nSubject: inner subject\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n{CARD}\r\n--b\r\nContent-Type: text/csv; name=x.csv\r\n\r\nin csv\r\n--b--\r\n".encode()
plain = f"{CARD} in clear\n".encode()
program = b"MZ" + b"\0" * 58 + b"\x40\0\0\0PE\0\0L\1\1\0" + b"\0" * 300
keep("mixed.zip", zipped({"letter.docx": document, "mail.eml": eml, "run.exe": program, "photo.png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0"}))


def tarred(mode, name="notes/plain.txt", data=plain):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


keep("plain.tar", tarred("w:"))
keep("plain.tar.gz", tarred("w:gz"))
keep("plain.txt.gz", gzip.compress(plain, mtime=0))
keep("plain.txt.bz2", bz2.compress(plain))
keep("plain.txt.xz", lzma.compress(plain))
nest = plain
for depth in range(8):
    nest = zipped({f"level{depth}.zip" if depth else "plain.txt": nest})
    if depth == 3: keep("nested4.zip", nest)
keep("nested8.zip", nest)
keep("bomb.zip", zipped({"zeros": b"\0" * (60 << 20)}))
keep("macro.docm", docx("<w:p><w:t>macro</w:t></w:p>", {"word/vbaProject.bin": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600}))
ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1024
keep("old.doc", ole + "WordDocument".encode("utf-16-le") + b"\0" * 512)
keep("locked.docx", ole + "EncryptedPackage".encode("utf-16-le") + b"\0" * 512)
keep("selfextract.exe", program + zipped({"plain.txt": plain}))
work = "/tmp/make-fixtures"
shutil.rmtree(work, ignore_errors=True)
os.makedirs(work)
open(f"{work}/plain.txt", "wb").write(plain)
run = lambda *words: subprocess.run(words, cwd=work, check=True, stdout=subprocess.DEVNULL)
run("7z", "a", "plain.7z", "plain.txt")
run("7z", "a", "-psecret", "locked.7z", "plain.txt")
run("7z", "a", "-psecret", "-mhe=on", "hidden.7z", "plain.txt")
run("7z", "a", "-tzip", "-psecret", "locked.zip", "plain.txt")
for name in ["plain.7z", "locked.7z", "hidden.7z", "locked.zip"]: shutil.copy(f"{work}/{name}", here)


def pdf(text, trailer=b""):
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
               b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>"]
    stream = b"BT /F1 12 Tf 20 200 Td (%s) Tj ET" % text
    objects += [b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
                b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(b"%010d 00000 n \n" % p for p in places)
    return out + b"trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start)


keep("letter.pdf", pdf(CARD.encode()))
# A security handler whose password nobody has: wrong hashes.
keep("locked.pdf", pdf(b"secret", b"/ID[<00><00>]/Encrypt<</Filter/Standard/V 2/R 3/Length 128/P -4/O<" + b"11" * 32 + b">/U<" + b"22" * 32 + b">>>"))
