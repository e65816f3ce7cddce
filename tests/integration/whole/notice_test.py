"""The one notice over the API: derived from the published definition and the applicant's answers, once and complete."""
import sys

from simple import TITLE, thing, step
from base import main, need_servers
from place import Place, end_all

FORM = "{type: object, required: [urgent], additionalProperties: false, properties: {urgent: {type: boolean}, name: {type: string}}}"
PERMIT = thing("permit", step("a", materials="[plan, plea]", input='{name: "${ .form.name }"}') +
               step("b", ["a"], when="{field: form.urgent, is: true}", input='{name: "${ .form.name }"}'), FORM) + f"""materials:
  - {{id: plan, title: {TITLE}, required: true, from: applicant}}
  - {{id: plea, title: {TITLE}, required: true, from: applicant, when: {{field: form.urgent, is: true}}}}
"""


def needs(place, form, **options):
    answer = place.api("POST", "/v1/things/permit/checklist", {"form": form, **options}, token="window")
    assert answer.status == 200, answer
    return {m["id"]: m["need"] for m in answer.body["materials"]}, [d["id"] for d in answer.body["departments"]], answer.body["figures"]


def test_the_answers_decide_what_is_wanted_and_who_takes_part():
    place = Place(["a", "b"])
    place.publish(PERMIT)
    place.yjsd()
    assert needs(place, {"urgent": True})[:2] == ({"plan": "bring", "plea": "bring"}, ["a", "b"])
    materials, departments, figures = needs(place, {"urgent": False})
    assert (materials, departments) == ({"plan": "bring", "plea": "not_needed"}, ["a"])
    assert figures["keyings_saved"] == 1, figures          # the name goes to a and b and is typed once
    bad = place.api("POST", "/v1/things/permit/checklist", {"form": {"urgent": 1, "colour": 2}}, token="window")
    assert (bad.status, bad.body["code"]) == (422, "form_invalid") and "/urgent" in bad.body["detail"], bad
    gone = place.api("POST", "/v1/things/nothing/checklist", {"form": {}}, token="window")
    assert (gone.status, gone.body["code"]) == (404, "thing_unknown"), gone


if __name__ == "__main__":
    need_servers()
    main(sys.modules[__name__], end_all)
