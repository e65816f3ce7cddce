"""Materials: uploaded over the API into a folder, scanned, named by applications, handed out to who may have them."""
import os
import subprocess
import sys
import zlib

from simple import TITLE, thing, step, grant
from base import main, need_servers, until
from bucket import Bucket
from clamd import EICAR, Clamd
from place import Place, end_all

PERMIT = thing("permit", step("a", materials="[plan]", input='{name: "${ .form.name }"}') +
               step("b", ["a"], input='{name: "${ .form.name }"}'), "{type: object, properties: {name: {type: string}}}") + f"""materials:
  - {{id: plan, title: {TITLE}, required: true, types: [application/pdf]}}
  - {{id: photo, title: {TITLE}}}
"""
PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"


def png():
    def chunk(kind, data):
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"\0\0\0\1\0\0\0\1\x08\0\0\0\0") + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def sm3(content):
    done = subprocess.run(["openssl", "dgst", "-sm3", "-r"], input=content, capture_output=True, check=True)
    return "sm3:" + done.stdout.split()[0].decode()


def place_with(**settings):
    place = Place(["a", "b"])
    place.publish(PERMIT)
    place.yjsd(materials_store=f"{place.folder}/materials", **settings)
    return place


def put(place, content, token="window", **options):
    return place.api("POST", "/v1/materials", raw=content, token=token, **options)


def fetch(place, digest, token="window"):
    return place.api("GET", f"/v1/materials/{digest}", token=token)


def files(place):
    return sorted(os.path.join(at, name) for at, _, names in os.walk(f"{place.folder}/materials") for name in names)


def test_a_material_is_what_its_content_is_and_is_kept_once():
    place = place_with()
    first, again = put(place, PDF, headers={"Content-Type": "image/png"}), put(place, PDF, token="integrator")
    assert first.status == 201 and again.status == 200, (first, again)
    assert first.body["media_type"] == "application/pdf" and first.body["size"] == len(PDF) and first.body["scan"] == "not_scanned", first
    digest = first.body["digest"]
    assert digest == again.body["digest"] == sm3(PDF), first
    assert first.body["uri"] == first.headers["Location"] == f"/v1/materials/{digest}", first
    assert files(place) == [f"{place.folder}/materials/{digest[4:6]}/{digest[4:]}"], files(place)
    taken = fetch(place, digest)
    assert taken.status == 200 and taken.text.encode() == PDF and taken.headers["Content-Type"] == "application/pdf", taken
    assert taken.headers["X-Content-Type-Options"] == "nosniff" and taken.headers["Content-Disposition"] == "attachment"
    with open(files(place)[0], "wb") as file:
        file.write(PDF.replace(b"Catalog", b"Cata1og"))
    assert fetch(place, digest).body["code"] == "material_damaged"
    put(place, PDF)   # the same content again mends it
    assert fetch(place, digest).status == 200


def test_what_is_not_taken_leaves_nothing_behind():
    place = place_with(materials_bytes="4KiB")
    for content, status, code in ((b"#!/bin/sh\necho hello\n", 415, "material_type_refused"), (b"", 422, "material_empty"),
                                  (PDF + b" " * 5000, 413, "material_too_large")):
        refused = put(place, content)
        assert (refused.status, refused.body["code"]) == (status, code), refused
    # sent without a length: it is refused on its way, and the client reads why
    chunked = put(place, iter([PDF, b" " * 5000, b" " * 5000]))
    assert (chunked.status, chunked.body["code"]) == (413, "material_too_large"), chunked
    assert "materials.bytes (4096 bytes)" in put(place, PDF + b" " * 5000).body["detail"]
    assert files(place) == [], files(place)
    assert put(place, PDF, token="auditor").status == 403
    done = place.ctl("material", "put", place.write("plan.txt", "no pdf"), token=place.token("window"), check=False)
    assert done[0] == 1 and "material_type_refused" in done[2], done


def test_what_is_infected_is_refused_and_without_the_scanner_nothing_is_taken():
    for where in ("tcp", "/tmp/yjs-clamd-%d" % os.getpid()):
        clamd = Clamd(where, most=64 << 10)
        place = place_with(materials_scanner=clamd.address)
        kept = put(place, PDF)
        assert kept.status == 201 and kept.body["scan"] == "clean" and clamd.scanned == [PDF], kept
        found = put(place, PDF + EICAR)
        assert (found.status, found.body["code"]) == (422, "material_infected") and "Eicar-Test-Signature" in found.body["detail"], found
        large = put(place, PDF + b" " * (100 << 10))
        assert (large.status, large.body["code"]) == (413, "material_too_large"), large
        clamd.silent = True
        silent = put(place, PDF + b"\n")
        assert (silent.status, silent.body["code"]) == (503, "scanner_away"), silent
        clamd.stop()
        away = put(place, PDF + b"\n\n")
        assert (away.status, away.body["code"]) == (503, "scanner_away") and "Retry-After" in away.headers, away
        assert len(files(place)) == 1, files(place)


def test_a_bucket_keeps_what_is_signed_by_its_key():
    place = Place(["a", "b"])
    bucket = Bucket(place.folder)
    place.children.append(bucket.server)
    place.publish(PERMIT)
    settings = {"materials_store": f"{bucket.url}/materials/hall", "materials_key": bucket.keys["key"], "materials_bytes": "8MiB"}
    place.yjsd(materials_secret_file=place.write("secret", bucket.keys["secret"] + "\n"), **settings)
    large = PDF + bytes(range(256)) * 20000   # more than one read, and all bytes
    for content in (PDF, large, PDF):
        kept = put(place, content, timeout=60)
        assert kept.status in (200, 201), kept
    listed = bucket.ask("print(sorted((o['Key'], o['Size']) for o in s3.list_objects_v2(Bucket='materials')['Contents']))")
    key = {content: f"hall/{sm3(content)[4:6]}/{sm3(content)[4:]}" for content in (PDF, large)}
    assert listed == str(sorted((key[content], len(content)) for content in key)), listed
    place.ctl("material", "get", sm3(large), "--to", f"{place.folder}/large", token=place.token("window"))
    with open(f"{place.folder}/large", "rb") as file:
        assert file.read() == large
    bucket.ask(f"s3.put_object(Bucket='materials', Key='{key[PDF]}', Body=b'another')")
    assert fetch(place, sm3(PDF)).body["code"] == "material_damaged"
    bucket.ask(f"s3.delete_object(Bucket='materials', Key='{key[PDF]}')")
    assert fetch(place, sm3(PDF)).body["code"] == "material_unknown"
    assert os.listdir(f"{place.folder}/materials") == []
    named, alone = put(place, PDF + b"% named\n").body["digest"], put(place, PDF + b"% alone\n").body["digest"]
    assert place.submit("permit", {"name": "x"}, extra={"materials": [{"id": "plan", "digest": named}]}, token="window").status == 201
    place.yjsd("sweeps", materials_keep="2s", materials_secret_file=f"{place.folder}/secret", **settings)
    keys = lambda: bucket.ask("print([o['Key'][8:] for o in s3.list_objects_v2(Bucket='materials').get('Contents', [])])")
    until(lambda: keys() == str([named[4:]]), 60, 0.5, why=lambda: f"what no case names is not taken out of the bucket: {keys()}")
    until(lambda: place.sql("SELECT string_agg(digest, ',') FROM material") == named, 10)
    assert fetch(place, alone).body["code"] == "material_unknown" and fetch(place, named).status == 200
    other = place.yjsd("two", materials_secret_file=place.write("wrong", "no-secret-of-it\n"), **settings)
    refused = put(place, PDF, url=other.url)
    assert (refused.status, refused.body["code"]) == (503, "vault_away"), refused
    bucket.server.stop()
    away = put(place, PDF)
    assert (away.status, away.body["code"]) == (503, "vault_away"), away


def test_an_application_names_what_was_uploaded_and_the_task_carries_it():
    place = place_with(http_url="https://one.example")
    a, b = place.department("a", grant), place.department("b", grant)
    plan, photo = put(place, PDF).body["digest"], put(place, png()).body["digest"]

    def submit(**material):
        return place.submit("permit", {"name": "x"}, extra={"materials": [{"id": "plan", **material}]}, token="window")
    for material, pointer in (({"digest": "sm3:" + "0" * 64}, "/extra/materials/0/digest"), ({"digest": photo}, "/extra/materials/0/digest"),
                              ({"digest": plan, "size": 3}, "/extra/materials/0/size"),
                              ({"digest": plan, "media_type": "image/png"}, "/extra/materials/0/media_type")):
        refused = submit(**material)
        assert (refused.status, refused.body["code"]) == (422, "material_not_kept"), refused
        assert refused.body["faults"][0]["pointer"] == pointer, refused
    started = submit(digest=plan)
    assert started.status == 201, started
    case = started.body["case"]
    given = until(lambda: a.of(case, "a"), 20)[0]["data"]["materials"]
    assert given == [{"id": "plan", "digest": plan, "uri": f"https://one.example/v1/materials/{plan}", "size": len(PDF),
                      "media_type": "application/pdf"}], given
    until(lambda: b.of(case, "b"), 20)
    late = place.api("POST", f"/v1/cases/{case}/materials", {"materials": [{"id": "photo", "digest": "sm3:" + "1" * 64}]}, token="window")
    assert (late.status, late.body["code"], late.body["faults"][0]["pointer"]) == (422, "material_not_kept", "/materials/0/digest"), late
    # the department whose task carried it may have it, no other; everybody who took it is written down
    tax, other = place.token("department", "a"), place.token("department", "b")
    assert fetch(place, plan, tax).text.encode() == PDF
    for refused in (fetch(place, plan, other), fetch(place, photo, tax), fetch(place, "sm3:" + "0" * 64), fetch(place, "sha1:0")):
        assert (refused.status, refused.body["code"]) == (404, "material_unknown"), refused
    assert fetch(place, plan, "operator").status == 403 and fetch(place, plan, "auditor").status == 200
    rows = place.rows("SELECT who, role, department, case_id, subject FROM access ORDER BY id")
    assert rows == [{"who": "department-a", "role": "department", "department": "a", "case_id": case, "subject": plan},
                    {"who": "auditor-x", "role": "auditor", "department": None, "case_id": case, "subject": plan}], rows
    assert place.rows("SELECT case_id, material FROM material_use WHERE case_id = '%s'" % case) == [{"case_id": case, "material": "plan"}]
    shown = place.ctl("material", "show", plan, token=place.token("window"))
    assert f"named in case {case} as plan" in shown, shown
    place.ctl("material", "get", plan, "--to", f"{place.folder}/plan.pdf", token=tax)
    with open(f"{place.folder}/plan.pdf", "rb") as file:
        assert file.read() == PDF


def test_without_a_store_nothing_is_taken_and_nothing_is_checked():
    place = Place(["a", "b"])
    place.publish(PERMIT)
    place.yjsd()
    assert put(place, PDF).status == 501
    named = place.submit("permit", {"name": "x"}, extra={"materials": [{"id": "plan", "digest": "sm3:" + "0" * 64}]})
    assert named.status == 201, named


if __name__ == "__main__":
    need_servers()
    main(sys.modules[__name__], end_all)
