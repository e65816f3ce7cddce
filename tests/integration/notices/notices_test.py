"""What people are told: over a gateway that fails, is slow, refuses, and over mail; in three languages, masked, once; and what
remains of it when the daemon is killed between sending and writing it down."""
import os
import re
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "kit"), os.path.join(HERE, "..", "whole")]

from simple import TITLE, step, thing
from base import main, need_servers, say, until
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
    def __init__(self, behave=None, unknown=(), attempts=4, timeout="2s", remind="0s", rules=RULES):
        self.gateway, self.mailbox = Gateway(behave), Mailbox(unknown)
        self.place = Place(DEPARTMENTS, settings={"TEST_SMS_SECRET": 'top "secret', "YJS_NOTICE_POLL": "100ms"})
        self.place.write("config/notices.yaml", rules % dict(http=self.gateway.port, smtp=self.mailbox.port, attempts=attempts,
                                                             timeout=timeout, remind=remind))
        self.place.env["YJS_NOTICE_RULES"] = f"{self.place.folder}/config/notices.yaml"
        self.place.publish(DEED)
        self.place.yjsd()
        self.registry, self.post = self.place.department("registry", lambda task: None), self.place.department("post", lambda task: None)

    def start(self, parties=None):
        self.case = self.place.start("deed", extra={"parties": parties or PARTIES})
        self.task = until(lambda: (self.registry.of(self.case, "file") or [None])[0], why="no task")
        return self.case

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
    s = Setting(behave=lambda request, nth: time.sleep(3) or 200, timeout="1s", attempts=2)
    s.start()
    began = time.monotonic()
    s.registry.give(s.task, ("accepted", {}))
    until(lambda: s.mailbox.mails, 5, why="the mail waits for the SMS")
    assert time.monotonic() - began < 3
    told = s.settled(4, kind="accepted")
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
    s = Setting(remind="3s")
    s.start({"buyer": {"name": "陳", "phone": "13800000003"}})
    s.registry.give(s.task, ("correction", {"reasons": [{"what": "a", "why": "b"}]}))
    until(lambda: [n for n in s.notices(kind="correction_due") if n["state"] in ("sent", "shown")], 15, why="no reminder")
    until(lambda: all(n["state"] in ("sent", "shown") for n in s.notices(kind="correction_due")), 15, why="no reminder for the window")
    s.place.act(s.case, "correction", {"step": "file", "form": {}})
    s.registry.give(s.task, ("correction", {"reasons": [{"what": "c", "why": "d"}]}))
    until(lambda: len(s.notices(kind="correction")) == 4, why="a second correction")
    s.place.act(s.case, "correction", {"step": "file", "form": {}})
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
