"""A case's documents on the real thing: each kind is listed with its number, printed in three languages, sealed; whether a seal
holds is checked by yjsctl and, apart from it, by this test's own reading of the file with OpenSSL's pkeyutl."""
import glob
import hashlib
import os
import re
import signal
import subprocess
import sys

import simple  # noqa: F401  (the kit's path)
import check
from base import ROOT, main, need_servers, say, until
from place import Place, end_all

OFFICE = 'offices: [{region: "REGION"}]'
DEPARTMENTS = f"""departments:
  - {{id: market, title: {{zh-Hant: 市場監督管理局, zh-Hans: 市场监督管理局, en: Market Supervision Administration}}, {OFFICE}}}
  - {{id: water, title: {{zh-Hant: 供水公司, zh-Hans: 供水公司, en: Water Company}}, {OFFICE}}}
  - {{id: service_hall, title: {{zh-Hant: 政務服務中心, zh-Hans: 政务服务中心, en: Government Service Centre}}, {OFFICE}}}
"""
KITCHEN = """
thing: kitchen
title: {zh-Hant: 開辦飯店, zh-Hans: 开办饭店, en: Opening a restaurant}
promise: 20 workdays
form:
  type: object
  required: [operator]
  properties:
    operator:
      type: object
      properties:
        name: {type: string, x-mask: name, x-personal: true}
        id_number: {type: string, x-mask: id, x-personal: true}
        phone: {type: string, x-mask: phone, x-personal: true}
    shop: {type: object, properties: {name: {type: string}}}
parties:
  - {id: operator, title: {zh-Hant: 經營者, zh-Hans: 经营者, en: Operator}}
items:
  - {id: food, code: "440000-SJ-0107", title: {zh-Hant: 食品經營許可（新辦）, zh-Hans: 食品经营许可（新办）, en: Food business licence},
     department: market, promise: 10 workdays, statute: 20 workdays, basis: 食品安全法}
  - {id: supply, code: "440000-GS-0002", title: {zh-Hant: 用水報裝, zh-Hans: 用水报装, en: Water supply}, department: water,
     promise: 3 workdays}
materials:
  - {id: floor_plan, title: {zh-Hant: 經營場所平面圖, zh-Hans: 经营场所平面图, en: Floor plan}, required: false, from: applicant}
steps:
  - {id: permit, title: {zh-Hant: 審批食品經營許可, zh-Hans: 审批食品经营许可, en: Food permit}, department: market, item: food,
     input: {name: "${ .form.operator.name }", shop: "${ .form.shop.name }"}, materials: [floor_plan]}
  - {id: connect, title: {zh-Hant: 接水, zh-Hans: 接水, en: Connect water}, department: water, item: supply,
     input: {shop: "${ .form.shop.name }"}, on_refused: continue}
  - {id: hand, title: {zh-Hant: 送達, zh-Hans: 送达, en: Hand over}, needs: [permit], deliver: {by: service_hall}}
"""
FORM = {"operator": {"name": "歐陽思遠", "id_number": "441303199108083012", "phone": "13800000003"}, "shop": {"name": "雲山小館"}}
LANGUAGES = ("zh-Hant", "zh-Hans", "en")
PERSONAL = ("歐陽思遠", "441303199108083012", "13800000003")


def begun(sealed=True):
    place = Place(DEPARTMENTS)
    place.publish(KITCHEN)
    place.ctl("calendar", "publish", *sorted(glob.glob(f"{ROOT}/config/calendar/*.yaml")))
    seals = f"{place.folder}/seals"
    os.makedirs(seals)
    if sealed:
        place.ctl("seal", "create", "--name", "市场监督管理局", "-o", f"{seals}/market.pem")
        place.ctl("seal", "create", "--name", "惠州市一件事试用", "-o", f"{seals}/seal.pem")
    place.yjsd(documents_seals=seals)
    people = {name: place.department(name, lambda task: None) for name in ("market", "water", "service_hall")}
    return place, people


def task_of(department, case, name):
    return until(lambda: (department.of(case, name) or [None])[0], why=f"no task {name}")


def documents(place, case):
    return place.api("GET", f"/v1/cases/{case}/documents").body["items"]


def printed(place, case, n, language="zh-Hans", copy=None):
    """The PDF's bytes and its text."""
    path = f"{place.folder}/{case}-{n}-{language}-{copy}.pdf"
    place.ctl("case", "document", case, n, "-o", path, "--language", language, *(["--copy", copy] if copy else []))
    text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout
    with open(path, "rb") as file:
        return path, file.read(), text


def flat(text):
    return re.sub(r"\s+", "", text)


def the_long_way(place, people):
    """Corrected, heard, extended, granted, the water refused, handed over, closed."""
    case = place.start("kitchen", FORM)
    market, water, hall = (people[n] for n in ("market", "water", "service_hall"))
    permit = task_of(market, case, "permit")
    market.give(permit, ("correction", {"reasons": [
        {"what": "floor_plan", "why": "未標明油煙淨化設施的位置"},
        {"what": "健康證明", "why": "從業人員歐陽思遠（441303199108083012）的健康證明已過期"}]}))
    until(lambda: place.case(case)["status"]["code"] == "correction_asked", why="no correction")
    place.act(case, "correction", {"step": "permit", "form": {}, "materials": [{"id": "floor_plan", "uri": "file:plan.pdf"}]})
    until(lambda: place.case(case)["status"]["code"] in ("corrected", "accepted"), why="not corrected")
    market.give(permit, ("accepted", {}), ("special_start", {"procedure": "專家評審", "days": 15, "reason": "涉及高風險食品"}),
                ("special_end", {"procedure": "專家評審"}), ("extend", {"reason": "案情複雜", "days": 5, "approved_by": "局長"}))
    market.give(permit, ("result", {"result": {}, "certificates": [{"type": "食品經營許可證", "number": "JY24413020012345"}]}))
    connect = task_of(water, case, "connect")
    water.give(connect, ("accepted", {}), ("rejected", {"reason": "該處尚無市政供水管網"}))
    place.closed(case, "partial")
    hall.give(task_of(hall, case, "hand"), ("result", {"result": {}}))
    until(lambda: place.case(case)["status"]["code"] == "delivered", why="not delivered")
    return case


def test_every_document_of_a_case_has_a_number_and_says_what_the_law_asks_for():
    place, people = begun()
    case = the_long_way(place, people)
    found = documents(place, case)
    kinds = [d["kind"] for d in found]
    assert sorted(kinds) == sorted(["correction", "accepted", "special", "extended", "granted", "accepted", "refused", "closed", "receipt"]), kinds
    assert [d["n"] for d in found] == list(range(1, len(found) + 1))
    year = place.events(case)[0]["at"][:4]
    assert found[0]["number"] == f"BZGZ〔{year}〕{case}-1", found[0]
    wanted = {  # what has to stand on each, white space aside
        "correction": ["補正告知書", "第三十二條及《食品安全法》", "一次告知", "1.", "經營場所平面圖：未標明油煙淨化設施的位置", "2.", "健康證明"],
        "special": ["特別程序告知書", "專家評審", "第四十五條", "15日", "涉及高風險食品"],
        "extended": ["延長辦理期限通知書", "第四十二條", "5個工作日", "案情複雜", "局長", "法定期限"],
        "granted": ["准予決定書", "第三十八條及《食品安全法》", "JY24413020012345", "十日內"],
        "closed": ["辦結通知書", "部分辦結", "用水報裝", "准予（市場監督管理局", "不予許可（供水公司"],
        "receipt": ["送達回證", "准予決定書", "ZY〔", "受送達人簽名或者蓋章", "收到日期"],
    }
    for document in found:
        path, _, text = printed(place, case, document["n"], "zh-Hant", "party")
        for words in wanted.get(document["kind"], []) + [document["number"], case]:
            assert flat(words) in flat(text), (document["kind"], words, text)
        assert "歐陽思遠" in text, text
        assert subprocess.run(["qpdf", "--check", path], capture_output=True).returncode == 0 if have("qpdf") else True
    accepted = next(d for d in found if d["kind"] == "accepted" and d["item"] == "food")
    due = accepted["due"][:10].split("-")
    words = flat(printed(place, case, accepted["n"], "zh-Hans")[2])
    assert f"10个工作日，自" in words and f"至{int(due[0])}年{int(due[1])}月{int(due[2])}日" in words, words
    service = next(d for d in found if d["kind"] == "refused")
    words = flat(printed(place, case, service["n"], "zh-Hant")[2])
    assert "12345" in words and "行政復議" not in words and "該處尚無市政供水管網" in words, words
    check.journal(place)


VISITED = KITCHEN.replace("thing: kitchen", "thing: visited").split("steps:")[0] + """steps:
  - {id: visit, title: {zh-Hant: 聯合核驗, zh-Hans: 联合核验, en: Joint visit}, timeout: {limit: 10 workdays, then: incident},
     inspection: {lead: market, for: [food, supply], rounds: 2}, input: {shop: "${ .form.shop.name }"}}
"""


def test_each_finding_of_a_joint_visit_is_a_document_under_the_name_that_the_department_had_then():
    place, people = begun(sealed=False)
    place.publish(VISITED)
    case, market, water = place.start("visited", FORM), people["market"], people["water"]
    market.give(task_of(market, case, "visit"), ("result", {"result": {}}))
    kitchen, meter = (until(lambda: next((t for t in who.of(case) if f":visit.{i}:" in t["id"]), None), why="not asked to look")
                      for who, i in ((market, 0), (water, 1)))
    bad = dict(reasons=[{"what": "排煙", "why": "歐陽思遠的油煙管未接入煙道"}])
    market.give(kitchen, ("correction", dict(bad, until="sometime")))
    until(lambda: ("message_invalid", market.result_topic) in place.dead(), why=lambda: f"a day that is none was taken: {place.dead()} {place.steps(case)}")
    market.give(kitchen, ("correction", dict(bad, until="2030-03-20")))
    water.give(meter, ("correction", {"reasons": [{"what": "水表", "why": "位置不符"}]}))
    until(lambda: [d["kind"] for d in documents(place, case)].count("inspection") == 2, why="no findings")
    place.act(case, "correction", {"step": "visit.0", "form": {}})
    place.act(case, "correction", {"step": "visit.1", "form": {}})
    market.give(kitchen, ("result", {"result": {"findings": [{"what": "排煙", "why": "已接入"}]}}))
    water.give(meter, ("correction", {"reasons": [{"what": "水表", "why": "仍不符"}]}))
    place.closed(case)
    found = [d for d in documents(place, case) if d["kind"] == "inspection"]
    assert [d["item"] for d in found[:2]] in (["food", "supply"], ["supply", "food"]) and len(found) == 4, found
    assert all(d["number"].startswith("HY〔") and d["title"]["zh-Hant"] == "現場核驗意見書" for d in found), found
    text = {(d["item"], k): flat(printed(place, case, d["n"], "zh-Hant")[2]) for k, d in enumerate(found)}
    first = next(t for (item, k), t in text.items() if item == "food" and k < 2)
    assert "需要整改" in first and "1.排煙：歐*的油煙管未接入煙道" in first and "請於2030年3月20日前整改完畢" in first and "第1次" in first, first
    other = next(t for (item, k), t in text.items() if item == "supply" and k < 2)
    assert "年" in other.split("請於")[1].split("前整改完畢")[0], other   # the end of the step's ten working days
    ends = {item: t for (item, k), t in text.items() if k >= 2}
    assert "結論：通過" in ends["food"] and "排煙：已接入" in ends["food"] and "第2次仍不合格，結論：不通過" in ends["supply"], ends
    # The market's office gets another name today: what was issued before keeps the old one.
    yesterday = DEPARTMENTS.replace("zh-Hant: 市場監督管理局, zh-Hans: 市场监督管理局, en: Market Supervision Administration}", "zh-Hant: 綜合監管局, "
                                    "zh-Hans: 综合监管局, en: General Bureau}, formerly: [{until: 2099-12-31, title: {zh-Hant: 市場監督管理局, zh-Hans: 市场监督管理局, "
                                    "en: Market Supervision Administration}}]")
    assert "formerly" in yesterday
    place.write("config/departments.yaml", yesterday.replace("REGION", place.region))
    place.daemons[0].signal(signal.SIGHUP)
    n = next(d["n"] for d in found if d["item"] == "food")
    until(lambda: place.daemons[0].said("reloaded"), why="not read again")
    assert "市場監督管理局就「" in flat(printed(place, case, n, "zh-Hant")[2])
    check.journal(place)


def test_what_is_not_accepted_or_refused_by_law_names_the_reason_and_both_remedies():
    place, people = begun()
    for answer, kind, title in (("not_accepted", "not_accepted", "不予受理决定书"), ("rejected", "refused", "不予许可决定书")):
        case = place.start("kitchen", FORM)
        people["market"].give(task_of(people["market"], case, "permit"), (answer, {"reason": "经营场所不符合规定"}))
        people["water"].give(task_of(people["water"], case, "connect"), ("result", {"result": {}}))
        place.closed(case)
        document = next(d for d in documents(place, case) if d["kind"] == kind)
        text = flat(printed(place, case, document["n"])[2])
        for words in (title, "经营场所不符合规定", "六十日内", "行政复议法", "六个月内", "行政诉讼法"):
            assert words in text, (words, text)
        english = " ".join(printed(place, case, document["n"], "en")[2].split())
        assert "within sixty days of receiving it" in english and "Market Supervision Administration" in english, english


def test_a_copy_for_others_is_masked_wherever_the_name_stands_and_the_same_bytes_come_again():
    place, people = begun(sealed=False)
    case = the_long_way(place, people)
    for document in documents(place, case):
        for language in LANGUAGES:
            _, once, text = printed(place, case, document["n"], language)
            _, again, _ = printed(place, case, document["n"], language)
            assert once == again, (document, "two printings differ")
            for personal in PERSONAL:
                assert personal not in flat(text), (document, personal, text)
    text = flat(printed(place, case, 1, "zh-Hant")[2])
    assert "從業人員歐*（4413**********3012）的健康證明已過期" in text and "副本" in text and "未蓋章" in text, text
    code, _, err = place.ctl("document", "verify", printed(place, case, 1)[0], check=False)
    assert code == 1 and "has no seal" in err, (code, err)
    supervisor = place.api("GET", f"/v1/cases/{case}/documents/1?copy=party", token="supervisor")
    assert (supervisor.status, supervisor.body["code"]) == (403, "role_forbidden"), supervisor
    water = place.token("department", "water")
    assert {d["department"] for d in place.api("GET", f"/v1/cases/{case}/documents", token=water).body["items"]} == {"water"}
    assert place.api("GET", f"/v1/cases/{case}/documents/1", token=water).body["code"] == "document_unknown"
    assert place.api("GET", f"/v1/cases/{case}/documents/99").body["code"] == "document_unknown"


# ---- the seal, read apart from the program that made it ----

def have(name):
    return any(os.access(f"{d}/{name}", os.X_OK) for d in os.environ["PATH"].split(":"))


def der(data, at):
    """tag, content's beginning and end."""
    length, start = data[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7f
        length, start = int.from_bytes(data[start:start + count], "big"), start + count
    return data[at], start, start + length


def children(data, start, end):
    found = []
    while start < end:
        tag, inner, after = der(data, start)
        found.append((tag, start, inner, after))
        start = after
    return found


def taken_apart(pdf):
    """The bytes covered, the signed attributes as a SET, the digest they name, the signature, the certificate."""
    a, b, c, d = map(int, re.findall(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]", pdf)[-1])
    assert a == 0 and c + d == len(pdf), "the range is not the whole file"
    cms = bytes.fromhex(pdf[b + 1:c - 1].decode())
    content = children(cms, *der(cms, 0)[1:])[1]
    signed = children(cms, *der(cms, content[2])[1:])
    certificates = next(part for part in signed if part[0] == 0xa0)
    certificate = cms[certificates[2]:der(cms, certificates[2])[2]]
    signer = children(cms, *der(cms, signed[-1][2])[1:])
    attributes = next(part for part in signer if part[0] == 0xa0)
    signature = next(cms[part[2]:part[3]] for part in signer if part[0] == 0x04)
    digest = re.search(rb"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04\x31\x22\x04\x20(.{32})", cms, re.S).group(1)
    return pdf[:b] + pdf[c:], b"\x31" + cms[attributes[1] + 1:attributes[3]], digest, signature, certificate


def holds(place, pdf):
    """By Python's SM3 and OpenSSL's pkeyutl, with the user identity of GB/T 35276."""
    covered, attributes, digest, signature, certificate = taken_apart(pdf)
    if hashlib.new("sm3", covered).digest() != digest:
        return False
    for name, data in (("attributes", attributes), ("signature", signature), ("certificate", certificate)):
        with open(f"{place.folder}/seal-{name}", "wb") as file:
            file.write(data)
    key = subprocess.run(["openssl", "x509", "-inform", "DER", "-in", f"{place.folder}/seal-certificate", "-pubkey", "-noout"],
                         capture_output=True, check=True).stdout
    with open(f"{place.folder}/seal-key", "wb") as file:
        file.write(key)
    done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", f"{place.folder}/seal-key", "-rawin", "-digest", "sm3",
                           "-in", f"{place.folder}/seal-attributes", "-sigfile", f"{place.folder}/seal-signature",
                           "-pkeyopt", "distid:1234567812345678"], capture_output=True, text=True)
    return done.returncode == 0


def test_a_seal_is_found_true_by_two_programs_and_one_changed_byte_is_found():
    place, people = begun()
    case = the_long_way(place, people)
    granted = next(d for d in documents(place, case) if d["kind"] == "granted")
    path, pdf, _ = printed(place, case, granted["n"], "zh-Hans", "party")
    told = place.ctl("document", "verify", path)
    say("\n" + told)
    assert "is whole" in told and "市场监督管理局" in told and "signed by itself" in told, told
    assert holds(place, pdf), "OpenSSL does not find the signature true"
    mine = place.ctl("document", "verify", path, "--certificate", f"{place.folder}/seals/market.pem")
    assert "trusted: it is" in mine, mine
    other = place.ctl("document", "verify", path, "--certificate", f"{place.folder}/seals/seal.pem", check=False)
    assert other[0] == 1 and "NOT trusted" in other[1], other
    closed = next(d for d in documents(place, case) if d["kind"] == "closed")
    assert "惠州市一件事试用" in place.ctl("document", "verify", printed(place, case, closed["n"])[0]), "the hall has no seal of its own"
    begins, ends = (int(n) for n in re.findall(rb"/ByteRange \[0 (\d+) (\d+)", pdf)[-1])
    for at in (0, 300, len(pdf) // 3, begins - 1, ends, ends + 40, len(pdf) - 1):   # covered bytes
        changed = pdf[:at] + bytes([pdf[at] ^ 1]) + pdf[at + 1:]
        verdict(place, changed, ("document_changed", "seal_range", "document_unsealed", "seal_unreadable"))
        assert not_held(place, changed), at
    inside = pdf.index(hashlib.new("sm3", pdf[:begins] + pdf[ends:]).hexdigest().encode())   # the digest within the signature
    verdict(place, pdf[:inside] + (b"0" if pdf[inside:inside + 1] != b"0" else b"1") + pdf[inside + 1:], ("document_changed",))
    verdict(place, pdf + b"\n% more", ("seal_range",))
    verdict(place, pdf[:-3], ("seal_range",))
    signature = taken_apart(pdf)[3]
    hexed = signature.hex().encode()
    forged = pdf.replace(hexed, hexed[:-2] + (b"00" if hexed[-2:] != b"00" else b"01"))
    verdict(place, forged, ("seal_forged",))


def not_held(place, pdf):
    try:
        return not holds(place, pdf)
    except (AssertionError, AttributeError, IndexError, ValueError, StopIteration, subprocess.CalledProcessError):
        return True


def verdict(place, pdf, codes):
    path = f"{place.folder}/changed.pdf"
    with open(path, "wb") as file:
        file.write(pdf)
    code, _, err = place.ctl("document", "verify", path, "--json", check=False)
    assert code == 1 and any(c in err for c in codes), (code, err, codes)


if __name__ == "__main__":
    need_servers()
    main(sys.modules[__name__], end_all)
