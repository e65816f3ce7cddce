"""What people are told: over a gateway that fails, is slow, refuses, and over mail; in three languages, masked, once; and what
remains of it when the daemon is killed between sending and writing it down."""
import os
import re
import signal
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "kit"), os.path.join(HERE, "..", "whole")]

from simple import TITLE, step, thing
from base import BUILD, main, need_servers, say, until
from place import Place, end_all
from gateway import Gateway, Mailbox

DEED = thing("deed", step("file", department="registry", item="deed") + step("post", ["file"], department="post", item="mail")) + f"""
promise: 10 workdays
parties:
  - {{id: seller, title: {{zh-Hant: 賣方, zh-Hans: 卖方, en: Seller}}, many: true, agent: allowed}}
  - {{id: buyer, title: {{zh-Hant: 買方, zh-Hans: 买方, en: Buyer}}}}
items:
  - {{id: deed, title: {{zh-Hant: 登記, zh-Hans: 登记, en: Registration}}, department: registry, promise: 5 workdays, statute: 20 workdays, basis: 某條例}}
  - {{id: mail, title: {{zh-Hant: 寄送, zh-Hans: 寄送, en: Posting}}, department: post, promise: 5 workdays}}
"""
DEPARTMENTS = """departments:
  - {id: registry, title: {zh-Hant: 不動產登記中心, zh-Hans: 不动产登记中心, en: Registry}, offices: [{region: "REGION"}]}
  - {id: post, title: {zh-Hant: 郵政, zh-Hans: 邮政, en: Post}, offices: [{region: "REGION"}]}
"""
# Two sellers with one agent, who reads English; a buyer who wants mail.
AGENT = {"name": "李代辦", "phone": "13900000009", "language": "en", "authority": {"basis": "委託書", "id": "A-1"}}
PARTIES = {"seller": [{"name": "張建國", "phone": "13800000001", "agent": AGENT}, {"name": "李秀英", "phone": "13800000002", "agent": AGENT}],
           "buyer": {"name": "陈思远", "phone": "13800000003", "email": "chen@example.cn", "channel": "mail", "language": "zh-Hans"}}
RULES = """
language: zh-Hant
sign: 仲愷政務
query: "https://example.cn/p?n=${case}"
remind_after: %(remind)s
retry: {first: 1s, most: 2s, attempts: %(attempts)d, timeout: %(timeout)s}
channels:
  - id: sms
    kind: http
    address: phone
    url: "http://127.0.0.1:%(http)d/send?case=${case}"
    headers: {Content-Type: application/json, Authorization: "Bearer ${secret}"}
    body: '{"to": "${address}", "text": "${text}", "id": "${id}", "kind": "${kind}"}'
    secret: TEST_SMS_SECRET
  - {id: mail, kind: smtp, address: email, url: "smtp://127.0.0.1:%(smtp)d", from: notice@example.gov.cn}
party: [sms, mail]
department: [mail]
addresses: {mail: {"department.registry": registry@example.gov.cn}}
"""


class Setting:
    def __init__(self, behave=None, unknown=(), attempts=4, timeout="60s", remind="0s", rules=RULES, deed=DEED, departments=DEPARTMENTS, clock=False):
        self.gateway, self.mailbox = Gateway(behave), Mailbox(unknown)
        self.place = Place(departments, settings={"TEST_SMS_SECRET": 'top "secret', "YJS_NOTICE_POLL": "100ms"})
        self.place.write("config/notices.yaml", rules % dict(http=self.gateway.port, smtp=self.mailbox.port, attempts=attempts,
                                                             timeout=timeout, remind=remind))
        self.place.env["YJS_NOTICE_RULES"] = f"{self.place.folder}/config/notices.yaml"
        self.place.publish(deed)
        self.clock, own = f"{self.place.folder}/clock", self.place.env
        if clock:
            self.set_clock(0)
            self.place.env = dict(own, LD_PRELOAD=os.path.join(BUILD, "tests/fault/jumping_clock.so"), YJS_CLOCK=self.clock)
        self.place.yjsd()
        self.place.env = own
        self.registry, self.post = self.place.department("registry", lambda task: None), self.place.department("post", lambda task: None)

    def start(self, parties=None):
        self.case = self.place.start("deed", extra={"parties": parties or PARTIES})
        self.task = until(lambda: (self.registry.of(self.case, "file") or [None])[0], why="no task")
        return self.case

    def set_clock(self, seconds):
        """The daemon's, forward. In place: the daemon has the file in its memory."""
        file = os.open(self.clock, os.O_WRONLY | os.O_CREAT, 0o644)
        os.pwrite(file, seconds.to_bytes(8, sys.byteorder, signed=True), 0)
        os.close(file)

    def notices(self, **filter):
        items = self.place.api("GET", f"/v1/notices?limit=200&case={self.case}").body["items"]
        return [n for n in reversed(items) if all(n[k] == v for k, v in filter.items())]

    def settled(self, count, **filter):
        return until(lambda: (lambda all_: all_ if len(all_) >= count and all(n["state"] != "waiting" for n in all_) else None)(self.notices(**filter)),
                     why=lambda: f"{self.notices(**filter)}")

    def end(self):
        self.gateway.end()
        self.mailbox.end()


def test_each_person_is_told_once_in_his_language_over_his_channel_and_masked():
    s = Setting()
    s.start()
    s.registry.give(s.task, ("accepted", {}))
    told = s.settled(4, kind="accepted")
    assert [(n["recipient"], n["channel"], n["language"], n["shown_as"]) for n in told] == [
        ("seller.0", "sms", "zh-Hant", "張* 138****0001"), ("seller.0.agent", "sms", "en", "李* 139****0009"),
        ("seller.1", "sms", "zh-Hant", "李* 138****0002"), ("buyer.0", "mail", "zh-Hans", "陈* c***@example.cn")], told
    one = s.gateway.to("13800000001")[0]
    assert one["authorization"] == 'Bearer top "secret' and one["id"] == told[0]["id"] and one["path"] == f"/send?case={s.case}", one
    assert one["body"]["text"].startswith(f"【仲愷政務】您辦理的「許可」（流水號{s.case}）已於20") and "承諾20" in one["body"]["text"], one
    assert one["body"]["text"].endswith(f"[查詢：https://example.cn/p?n={s.case}]".strip("[]")), one
    assert len(s.gateway.to("13900000009")) == 1 and "was accepted on" in s.gateway.to("13900000009")[0]["body"]["text"]
    sender, to, mail = s.mailbox.mails[0]
    assert (sender, to, mail["Subject"], mail["Content-Language"]) == ("notice@example.gov.cn", ["chen@example.cn"], "受理通知", "zh-Hans"), mail
    assert "您办理的“许可”" in mail.get_content() and mail["Message-ID"].endswith("@example.gov.cn>"), mail
    s.registry.give(s.task, ("correction", {"reasons": [{"what": "身份證", "why": "張建國 441302196803150010 的照片模糊"},
                                                          {"what": "電話", "why": "13800000001 打不通"}]}))
    told = s.settled(5, kind="correction")
    text = told[0]["texts"]["zh-Hant"]["text"]
    assert "不動產登記中心就「登記」一次告知：1. 身份證：張* 4413**********0010 的照片模糊；2. 電話：138****0001 打不通" in text, text
    assert [(n["recipient"], n["state"]) for n in told][-1] == (f"window.{s.place.region}", "shown"), told
    assert s.place.sql(f"SELECT count(*) FROM notice WHERE address IS NOT NULL") == "0"
    listed = s.place.ctl("notice", "list", "--case", s.case, "--kind", "accepted")
    assert "seller.0.agent 李* 139****0009" in listed and "13900000009" not in listed, listed
    shown = s.place.ctl("notice", "show", told[0]["number"], "--json")
    assert '"status":200' in shown.replace(" ", ""), shown
    s.end()


def test_who_is_reached_otherwise_is_told_there_from_then_on_and_what_still_waited_goes_there_too():
    s = Setting(behave=lambda request, nth: 503 if request["body"]["to"] == "13800000001" else 200, attempts=40)
    s.start({"seller": [{"name": "張", "phone": "13800000001"}, {"name": "李", "phone": "13800000002"}], "buyer": {"name": "陳", "email": "chen@example.cn"}})
    s.registry.give(s.task, ("accepted", {}))
    until(lambda: len(s.gateway.to("13800000001")) >= 1 and len(s.mailbox.mails) == 1, why="nobody was told")
    for person, change in (("seller.0", {"phone": "13700000007"}), ("buyer.0", {"phone": "13700000008", "email": ""})):
        s.place.act(s.case, "contact", {"person": person, **change}, token="window")
    told = s.settled(2, kind="contact_changed")
    assert [(n["recipient"], n["channel"], n["shown_as"]) for n in told] == [
        ("seller.0", "sms", "張* 137****0007"), ("buyer.0", "sms", "陳* 137****0008")], told
    assert "如非您本人所改" in s.gateway.to("13700000007")[0]["body"]["text"] or "如非您本人所改" in s.gateway.to("13700000007")[1]["body"]["text"]
    s.settled(3, kind="accepted")   # what the dead number never took arrived at the new one
    assert [(n["recipient"], n["state"], n["shown_as"]) for n in s.notices(kind="accepted")][0] == ("seller.0", "sent", "張* 137****0007")
    s.registry.give(s.task, ("correction", {"reasons": [{"what": "a", "why": "b"}]}))
    s.settled(4, kind="correction")
    counts = {phone: len(s.gateway.to(phone)) for phone in ("13700000007", "13700000008", "13800000002")}
    assert counts == {"13700000007": 3, "13700000008": 2, "13800000002": 2}, counts
    assert len(s.mailbox.mails) == 1, "a mail went to the address that was taken out"
    s.end()


def test_a_gateway_that_fails_twice_is_tried_again_with_the_same_id_and_each_try_is_written_down():
    s = Setting(behave=lambda request, nth: 500 if nth <= 2 else 200)
    s.start({"buyer": {"name": "陳", "phone": "13800000003"}})
    s.registry.give(s.task, ("accepted", {}))
    told = s.settled(1, kind="accepted")
    assert (told[0]["state"], told[0]["attempts"]) == ("sent", 3), told
    assert {r["id"] for r in s.gateway.to("13800000003")} == {told[0]["id"]} and len(s.gateway.to("13800000003")) == 3
    tries = s.place.api("GET", f"/v1/notices/{told[0]['number']}").body["tries"]
    assert [(t["status"], bool(t["error"])) for t in tries] == [(500, True), (500, True), (200, False)], tries
    meters = s.place.meters()
    assert (meters["yijianshi_notices_sent_total"], meters["yijianshi_notices_failed_total"]) == (1, 2), meters
    s.end()


def test_what_can_not_be_sent_is_given_up_with_an_incident_that_a_retry_closes():
    well = []
    s = Setting(behave=lambda request, nth: 200 if well else 503, unknown=("nobody@example.cn",), attempts=2)
    s.start({"seller": [{"name": "張", "phone": "13800000001"}], "buyer": {"name": "陳", "email": "nobody@example.cn"}})
    s.registry.give(s.task, ("accepted", {}))
    told = s.settled(2, kind="accepted")
    assert [(n["recipient"], n["state"], n["attempts"]) for n in told] == [("seller.0", "given_up", 2), ("buyer.0", "given_up", 1)], told
    open_ = s.place.api("GET", "/v1/incidents?open=yes").body["items"]
    assert {(i["code"], i["case_id"]) for i in open_} == {("notice_undelivered", s.case)} and len(open_) == 2, open_
    assert any("sms answered 503" in i["message"] for i in open_), open_
    well.append(True)
    s.place.ctl("notice", "retry", told[0]["number"])
    until(lambda: s.notices(kind="accepted")[0]["state"] == "sent", why="not sent again")
    open_ = s.place.api("GET", "/v1/incidents?open=yes").body["items"]
    assert [i["id"] for i in open_] == ["notice:" + told[1]["id"]], open_
    status, _, err = s.place.ctl("notice", "retry", told[0]["number"], check=False)
    assert status != 0 and "notice_over" in err, (status, err)
    s.end()


def test_a_slow_gateway_holds_up_nobody_elses_channel():
    may_answer = threading.Event()
    s = Setting(behave=lambda request, nth: may_answer.wait(300) and 200, timeout="300s")
    s.start()
    s.registry.give(s.task, ("accepted", {}))
    until(lambda: s.gateway.requests and s.mailbox.mails, why="the mail waits for the SMS")
    assert {n["state"] for n in s.notices(kind="accepted") if n["channel"] == "sms"} == {"waiting"}, s.notices()
    may_answer.set()
    assert {n["state"] for n in s.settled(4, kind="accepted")} == {"sent"}
    s.end()


def test_a_gateway_that_does_not_answer_in_its_time_is_given_up():
    may_answer = threading.Event()
    s = Setting(behave=lambda request, nth: may_answer.wait(300) and 200, timeout="1s", attempts=2)
    s.start()
    s.registry.give(s.task, ("accepted", {}))
    told = s.settled(4, kind="accepted")
    may_answer.set()
    assert {n["state"] for n in told if n["channel"] == "sms"} == {"given_up"}, told
    assert any("imed out" in n["error"] for n in told if n["channel"] == "sms"), told
    s.end()


def test_a_daemon_killed_between_sending_and_writing_it_down_sends_once_more_with_the_same_id():
    s = Setting(behave=lambda request, nth: (time.sleep(60) if nth == 1 else None) or 200, timeout="120s")
    s.start({"buyer": {"name": "陳", "phone": "13800000003"}})
    s.registry.give(s.task, ("accepted", {}))
    until(lambda: s.gateway.to("13800000003"), why="it was not sent")
    s.place.daemons[0].kill9()                                     # the gateway has it, nothing says so
    s.place.sql("UPDATE notice SET next_at = now() WHERE state = 'waiting'")   # the claim is over
    s.place.daemons[0] = s.place.yjsd()
    told = s.settled(1, kind="accepted")
    assert told[0]["state"] == "sent" and told[0]["attempts"] == 2, told
    time.sleep(1)
    assert [r["id"] for r in s.gateway.to("13800000003")] == [told[0]["id"]] * 2, s.gateway.requests
    s.end()


def test_a_reminder_comes_unless_the_correction_has_come_and_the_end_is_told_with_what_was_done():
    s = Setting(remind="1h")
    sooner = lambda by: s.place.sql(f"UPDATE notice SET next_at = next_at - interval '{by}' WHERE kind = 'correction_due' AND state = 'waiting'")   # noqa: E731
    s.start({"buyer": {"name": "陳", "phone": "13800000003"}})
    s.registry.give(s.task, ("correction", {"reasons": [{"what": "a", "why": "b"}]}))
    until(lambda: len(s.notices(kind="correction_due", state="waiting")) == 2, why="no reminder is planned")
    sooner("1 hour")
    until(lambda: [n for n in s.notices(kind="correction_due") if n["state"] in ("sent", "shown")], 15, why="no reminder")
    until(lambda: all(n["state"] in ("sent", "shown") for n in s.notices(kind="correction_due")), 15, why="no reminder for the window")
    s.place.act(s.case, "correction", {"step": "file", "form": {}})
    s.registry.give(s.task, ("correction", {"reasons": [{"what": "c", "why": "d"}]}))
    until(lambda: len(s.notices(kind="correction_due")) == 4, why="a second correction and its reminders")
    s.place.act(s.case, "correction", {"step": "file", "form": {}})
    sooner("59 minutes 20 seconds")     # in its last minute a reminder is held against what has come
    until(lambda: sorted(n["state"] for n in s.notices(kind="correction_due")) == ["dropped", "dropped", "sent", "shown"], 20,
          why=lambda: s.notices(kind="correction_due"))
    s.registry.give(s.task, ("special_start", {"procedure": "hearing", "days": 3, "reason": "有爭議"}), ("special_end", {"procedure": "hearing"}),
                    ("extend", {"reason": "案情複雜", "days": 5, "approved_by": "局長"}), ("result", {"result": {}}))
    s.post.give(until(lambda: (s.post.of(s.case, "post") or [None])[0], why="no task"), ("rejected", {"reason": "地址不詳"}))
    s.place.closed(s.case, "partial")
    s.settled(1, kind="closed", audience="party")
    texts = {n["kind"]: n["texts"] for n in s.notices(audience="party")}
    for kind, words in {"special_started": ("需要聽證，約需3日，原因：有爭議", "needs a special procedure: a hearing, about 3 days"),
                        "extended": ("延長5個工作日，理由：案情複雜", "extended by 5 working days, because: 案情複雜"),
                        "refused": ("郵政對「寄送」決定不予許可，理由：地址不詳。如不服，可自知道之日起六十日內申請行政復議", "“Posting” was refused by Post: 地址不詳."),
                        "closed": ("已辦結：部分辦結。辦成：登記。未辦成：寄送。", "is finished: Granted in part. Done: Registration. Not done: Posting.")}.items():
        assert words[0] in texts[kind]["zh-Hant"]["text"] and words[1] in texts[kind]["en"]["text"], texts[kind]
    for kind, words in texts.items():
        for language, said in words.items():
            assert not re.search(r"[\[\]{}$]", said["title"] + said["text"]), (kind, said)
            say(f"{kind} {language}: {said['text']}")
    s.end()


# Everything that people are told of, in two cases. Limits run by the daemon's clock, which the test sets forward: LIMIT seconds.
LIMIT = 100_000
KINDS = """
thing: sale
title: {zh-Hant: 過戶, zh-Hans: 过户, en: Transfer}
form: {type: object}
parties:
  - {id: seller, title: {zh-Hant: 賣方, zh-Hans: 卖方, en: Seller}, many: true, signs: true}
  - {id: buyer, title: {zh-Hant: 買方, zh-Hans: 买方, en: Buyer}, signs: true}
items:
  - {id: deed, title: {zh-Hant: 登記, zh-Hans: 登记, en: Registration}, department: registry, promise: 100000s, statute: 200000s, basis: 某條例}
  - {id: water, title: {zh-Hant: 用水, zh-Hans: 用水, en: Water}, department: post, promise: 5 workdays}
  - {id: gas, title: {zh-Hant: 用氣, zh-Hans: 用气, en: Gas}, department: post, promise: 5 workdays}
materials:
  - {id: licence, title: {zh-Hant: 執照, zh-Hans: 执照, en: Licence}, required: true, from: {lookup: archive, input: {}, basis: 某條例, if_not_found: ask}}
  - {id: plan, title: {zh-Hant: 平面圖, zh-Hans: 平面图, en: Floor plan}, required: true, from: applicant,
     tolerable: {until: 3s, trust: [A], if_missing: incident}}
steps:
  - {id: signing, kind: wait, title: {zh-Hant: 簽名, zh-Hans: 签名, en: Signing}, uncounted: applicant, wait: {signed: [seller, buyer]}}
  - {id: file, title: {zh-Hant: 受理, zh-Hans: 受理, en: Filing}, department: registry, item: deed, needs: [signing], materials: [licence, plan]}
  - {id: pay, kind: wait, title: {zh-Hant: 繳稅, zh-Hans: 缴税, en: Payment}, uncounted: payment, needs: [signing], wait: {signal: paid}}
  - {id: visit, title: {zh-Hant: 核驗, zh-Hans: 核验, en: Visit}, needs: [signing], inspection: {lead: post, for: [water], rounds: 3}}
  - {id: meter, title: {zh-Hant: 氣表, zh-Hans: 气表, en: Meter}, department: post, item: gas, needs: [signing], on_refused: continue}
  - {id: hand, title: {zh-Hant: 送達, zh-Hans: 送达, en: Hand over}, needs: [file], deliver: {by: post}}
"""
KINDS_RULES = RULES.replace("department: [mail]", "department: [mail]\nwindow: [mail]\nsupervisor: [mail]").replace(
    '{"department.registry": registry@example.gov.cn}', "{department: office@example.gov.cn, window: window@example.gov.cn, supervisor: chief@example.gov.cn}")
KINDS_DEPARTMENTS = DEPARTMENTS + """  - {id: archive, title: {zh-Hant: 檔案館, zh-Hans: 档案馆, en: Archive}, source: true, offices: [{region: "REGION"}]}
"""
# kind: who is told (p parties, w window, d department, s supervisor), and words of the message that a party gets, or an office
EVERY_KIND = {
    "signature": ("p", "等您以賣方身份簽署", "等您以买方身份签署", "waits for your signature as Seller"),
    "turn": ("p", "輪到您了：繳稅", "轮到您了：缴税", "it is your turn: Payment"),
    "material_asked": ("pw", "需要「執照」，未能通過數據共享取得（查無張*）", "需要“执照”", "needs “Licence”. It could not be fetched for you (查無張*)"),
    "material_later": ("p", "已容缺受理，請於20", "前补交“平面图”", "went ahead without “Floor plan”. Please send it by "),
    "material_missed": ("pw", "「平面圖」逾期未交", "“平面图”逾期未交", "“Floor plan” of your application"),
    "accepted": ("p", "已於20", "已于20", "was accepted on"),
    "rectify": ("pw", "郵政就「用水」告知：水表：4413**********0010 的位置不符。請於2030年3月20日前整改完畢", "请于2030年3月20日前整改完毕", "Please do so by 20 March 2030."),
    "not_accepted": ("pw", "郵政對「用氣」不予受理，理由：不在服務範圍", "不予受理", "“Gas” was not accepted by Post: 不在服務範圍"),
    "light_yellow": ("d", "「登記」的承諾時限將於20", None, None),
    "light_red": ("ds", "「登記」已超過承諾時限（20", None, None),
    "light_deep_red": ("pds", "「登記」已超過法定時限（20", "已超过法定时限（20", "is past its legal limit ("),
    "closed": ("pw", "已辦結", "已办结", "is finished"),
    "delivered": ("p", "的辦理結果已送達：送達", "的办理结果已送达：送达", "was delivered: Hand over"),
    "withdrawn": ("pw", "已按申請撤回", "已按申请撤回", "was withdrawn, as asked"),
}
OFFICES = {"w": "window@example.gov.cn", "d": "office@example.gov.cn", "s": "chief@example.gov.cn"}
KINDS_PARTIES = {"seller": [{"name": "張建國", "phone": "13800000001"}, {"name": "Ann Li", "phone": "13800000002", "language": "en"}],
                 "buyer": {"name": "陈思远", "email": "chen@example.cn", "language": "zh-Hans"}}


def the_task(department, case, name, element=None):
    wanted = f":{name}." + (f"{element}:" if element is not None else "") if element is not None else f":{name}:"
    return until(lambda: next((t for t in department.of(case) if wanted in t["id"]), None), why=f"no task {name}")


def play_all(s):
    """One case in which everything happens but a withdrawal, one that is withdrawn."""
    act = s.place.act
    s.case = s.place.start("sale", extra={"parties": KINDS_PARTIES, "trust": "A"})
    for person in ("seller.0", "seller.1", "buyer.0"):
        act(s.case, "signature", {"person": person})
    s.archive.give(the_task(s.archive, s.case, "fetch_licence"), ("rejected", {"reason": "查無張建國"}))
    until(lambda: s.notices(kind="material_asked"), why="not asked for the licence")
    act(s.case, "correction", {"step": "fetch_licence", "materials": [{"id": "licence", "uri": "file:licence.pdf"}]})
    file = the_task(s.registry, s.case, "file")
    s.registry.give(file, ("accepted", {}))
    s.post.give(the_task(s.post, s.case, "visit"), ("result", {"result": {}}))
    water = the_task(s.post, s.case, "visit", 0)
    s.post.give(water, ("correction", {"reasons": [{"what": "水表", "why": "441302196803150010 的位置不符"}], "until": "2030-03-20"}))
    s.post.give(the_task(s.post, s.case, "meter"), ("not_accepted", {"reason": "不在服務範圍"}))
    act(s.case, "signal/paid", {"data": {}})
    until(lambda: s.notices(kind="material_missed"), why="nobody missed the plan")
    for part, light in ((0.95, "yellow"), (1.05, "red"), (2.05, "deep_red")):
        s.set_clock(int(LIMIT * part))
        until(lambda: s.notices(kind=f"light_{light}"), 40, why=f"no light went {light}")
    act(s.case, "correction", {"step": "visit.0", "form": {}})
    s.post.give(water, ("result", {"result": {}}))
    s.registry.give(file, ("result", {"result": {}}))
    s.place.closed(s.case, "partial")
    s.post.give(the_task(s.post, s.case, "hand"), ("result", {"result": {}}))
    until(lambda: s.notices(kind="delivered"), why="nothing was told of the delivery")
    first, s.case = s.case, s.place.start("sale", extra={"parties": KINDS_PARTIES, "trust": "A"})
    act(s.case, "withdraw", {"reason": "買賣取消"})
    s.place.closed(s.case, "withdrawn")
    return first, s.case


def test_every_kind_of_notice_comes_from_its_event_to_whom_it_concerns_in_his_language_masked_and_once():
    s = Setting(rules=KINDS_RULES, deed=KINDS, departments=KINDS_DEPARTMENTS, clock=True)
    s.archive = s.place.department("archive", lambda task: None)
    cases = play_all(s)
    rows = lambda: [n for case in cases for n in s.place.api("GET", f"/v1/notices?limit=200&case={case}").body["items"]]   # noqa: E731
    # The database's clock was not set forward: what the daemon made afterwards is due now.
    due = lambda: s.place.sql("UPDATE notice SET next_at = now() WHERE state = 'waiting' AND attempts = 0") == ""   # noqa: E731
    until(lambda: due() and all(n["state"] == "sent" for n in rows()) and {n["kind"] for n in rows()} >= set(EVERY_KIND), 30,
          why=lambda: f"{sorted({(n['kind'], n['state']) for n in rows()})}")
    sms = {phone: [r["body"]["text"] for r in s.gateway.to(phone)] for phone in ("13800000001", "13800000002")}
    mails = {to: [m.get_content() for _, tos, m in s.mailbox.mails if tos == [to]] for to in ["chen@example.cn", *OFFICES.values()]}
    for kind, (whom, hant, hans, english) in EVERY_KIND.items():
        of_kind = [n for n in rows() if n["kind"] == kind]
        assert {n["audience"][0] for n in of_kind} == set(whom), (kind, whom, [(n["audience"], n["recipient"]) for n in of_kind])
        if "p" in whom:
            for texts, words in ((sms["13800000001"], hant), (sms["13800000002"], english), (mails["chen@example.cn"], hans)):
                assert [t for t in texts if words in t], (kind, words, texts)
        for office in set(whom) - {"p"}:
            word = hant if whom[0] != "p" else {"light_deep_red": "已超過法定時限"}.get(kind, "")
            assert [t for t in mails[OFFICES[office]] if word in t], (kind, office, mails[OFFICES[office]])
    ids = [r["id"] for r in s.gateway.requests] + [m["Message-ID"] for _, _, m in s.mailbox.mails]
    assert len(ids) == len(set(ids)), "something was sent twice"
    everything = "".join(t for texts in [*sms.values(), *mails.values()] for t in texts)
    for personal in ("張建國", "陈思远", "441302196803150010", "13800000001"):
        assert personal not in everything, personal
    assert not re.search(r"[\[\]{}$]", everything), re.findall(r".{20}[\[\]{}$].{20}", everything)
    for texts in sms.values():
        assert len(texts) == len(set(texts)), "one was told the same twice"
    say(f"{len(EVERY_KIND)} kinds, {len(ids)} messages")
    s.end()


def test_sighup_takes_other_rules_and_a_bad_file_leaves_those_that_are():
    s = Setting(behave=lambda request, nth: (time.sleep(1) if nth == 1 else None) or 200)
    s.start({"seller": [{"name": "張", "phone": "13800000001"}], "buyer": {"name": "陳", "email": "chen@example.cn"}})
    daemon, path = s.place.daemons[0], f"{s.place.folder}/config/notices.yaml"
    with open(path, encoding="utf-8") as file:
        rules = file.read()

    def hup(text, word):
        count = daemon.said(word)
        s.place.write("config/notices.yaml", text)
        daemon.signal(signal.SIGHUP)
        until(lambda: daemon.said(word) > count, 10, why=lambda: daemon.log()[-2000:])
    hup(rules.replace("kind: smtp", "kind: pigeon"), "reload_refused")
    assert re.search(r"reload_fault.*notices\.yaml.*line=\d+ column=\d+.*console, http or smtp", daemon.log()), daemon.log()[-1500:]
    hup(rules.replace("secret: TEST_SMS_SECRET", "secret: NO_SUCH_SECRET"), "reload_refused")
    assert "the environment has no NO_SUCH_SECRET" in daemon.log(), daemon.log()[-1500:]
    s.registry.give(s.task, ("accepted", {}))
    s.settled(2, kind="accepted")                       # by the old rules
    assert s.gateway.to("13800000001")[0]["body"]["text"].startswith("【仲愷政務】") and len(s.mailbox.mails) == 1
    other = Gateway()
    hup(rules.replace("sign: 仲愷政務", "sign: 惠州").replace(f"127.0.0.1:{s.gateway.port}", f"127.0.0.1:{other.port}").replace(
        "party: [sms, mail]", "party: [sms]"), "reloaded")
    s.registry.give(s.task, ("correction", {"reasons": [{"what": "a", "why": "b"}]}))
    told = s.settled(2, kind="correction", audience="party")
    assert {(n["recipient"], n["channel"], n["state"]) for n in told} == {("seller.0", "sms", "sent"), ("buyer.0", "console", "shown")}, told
    assert [r["body"]["text"][:4] for r in other.to("13800000001")] == ["【惠州】"] and len(s.gateway.to("13800000001")) == 1
    for _ in range(3):
        hup(rules, "reloaded")
    s.registry.give(s.task, ("special_start", {"procedure": "hearing", "days": 3}))
    s.settled(2, kind="special_started")
    assert len(s.gateway.to("13800000001")) == 2 and len(s.mailbox.mails) == 2
    other.end()
    s.end()


def test_without_rules_nobody_is_told_and_nothing_is_written():
    s = Setting(rules="language: en\n")
    s.start()
    s.registry.give(s.task, ("accepted", {}))
    told = s.settled(4, kind="accepted")
    assert {(n["channel"], n["state"]) for n in told} == {("console", "shown")}, told
    s.end()
    place = Place(["registry"])
    place.publish(thing("plain", step("a", department="registry")))
    place.yjsd()
    place.department("registry", lambda task: ("result", {"result": {}}))
    place.closed(place.start("plain"), "granted")
    assert place.sql("SELECT (SELECT count(*) FROM notice_due) + (SELECT count(*) FROM notice)") == "0"


def test_bad_rules_are_refused_with_their_place():
    place = Place(["registry"])
    for text, said in {"channels: [{id: sms, kind: pigeon}]": "kind is console, http or smtp", "party: [sms]": "there is no channel of this id",
                       "colour: red": 'there is no key "colour" here',
                       "channels: [{id: sms, kind: http, url: 'http://x/${nme}'}]": "no value has the name in"}.items():
        place.write("config/notices.yaml", text + "\n")
        place.env["YJS_NOTICE_RULES"] = f"{place.folder}/config/notices.yaml"
        daemon = place.yjsd("bad", wait=False)
        until(lambda: not daemon.lives(), 10, why="the daemon began with bad rules")
        assert said in daemon.log() and "notices.yaml:1:" in daemon.log(), daemon.log()


if __name__ == "__main__":
    need_servers()
    main(sys.modules[__name__], end_all)
