#!/usr/bin/env python3
"""The files that the sample applications name as materials: small, real, each what its name says, so that a daemon with a store of
materials takes them.

    tests/lib/sample_materials.py            # do files and samples agree?
    tests/lib/sample_materials.py --write    # makes the files anew and writes address, digest, size and type into the samples
"""
import glob
import json
import os
import re
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SAMPLES = os.path.join(ROOT, "config/samples")
ENDINGS = {"application/pdf": "pdf", "image/jpeg": "jpg"}
# A grey pixel as JFIF, without its first marker: behind that stands a comment that makes each picture another.
PIXEL = bytes.fromhex("ffe000104a46494600010100000100010000ffdb004300" + "10" * 64 + "ffc0000b080001000101011100ffc4001400010000000000"
                      "0000000000000000000009ffc40014100100000000000000000000000000000000ffda0008010100003f0054ffd9")


def pdf(title):
    text = f"BT /F1 14 Tf 56 780 Td ({title}) Tj ET".encode()
    parts = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
             b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
             b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text), b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    out, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1) + b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + table + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(parts) + 1, len(out))


def jpeg(title):
    comment = title.encode()
    return b"\xff\xd8\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + PIXEL


def sm3(path):
    return "sm3:" + subprocess.run(["openssl", "dgst", "-sm3", "-r", path], capture_output=True, check=True, text=True).stdout.split()[0]


def named():
    """(sample, place in its list, material, the file it names) of each sample application."""
    for sample in sorted(glob.glob(f"{SAMPLES}/*.json")):
        with open(sample, encoding="utf-8") as file:
            materials = json.load(file).get("extra", {}).get("materials", [])
        for place, material in enumerate(materials):
            if "digest" in material:
                thing = os.path.basename(sample).split(".")[0]
                yield sample, place, material, f"materials/{thing}/{material['id']}.{ENDINGS[material['media_type']]}"


def faults():
    for sample, _, material, name in named():
        path, where = f"{SAMPLES}/{name}", f"{os.path.basename(sample)}: {material['id']}"
        if not os.path.exists(path):
            yield f"{where}: there is no file config/samples/{name}"
        elif (material["uri"], material["digest"], material["size"]) != (f"file:{name}", sm3(path), os.path.getsize(path)):
            yield f"{where}: uri, digest or size is not that of config/samples/{name}"
    wanted = {f"{SAMPLES}/{name}" for *_, name in named()}
    for path in glob.glob(f"{SAMPLES}/materials/*/*"):
        if path not in wanted:
            yield f"{os.path.relpath(path, ROOT)} is named by no sample"


def write():
    for sample, place, material, name in list(named()):
        path, title = f"{SAMPLES}/{name}", f"{os.path.basename(sample).split('.')[0]}: {material['id']} (sample)".replace("_", " ")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(pdf(title) if name.endswith(".pdf") else jpeg(title))
        with open(sample, encoding="utf-8") as file:
            text = file.read()
        blocks = list(re.finditer(r'"uri": "[^"]*",(\s*)"digest": "[^"]*",(\s*)"size": \d+', text))
        block = blocks[[i for s, i, *_ in named() if s == sample].index(place)]
        new = f'"uri": "file:{name}",{block.group(1)}"digest": "{sm3(path)}",{block.group(2)}"size": {os.path.getsize(path)}'
        with open(sample, "w", encoding="utf-8") as file:
            file.write(text[:block.start()] + new + text[block.end():])


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        write()
    found = list(faults())
    print("\n".join(found) or "the samples' materials are their files")
    sys.exit(bool(found))
