"""Working days against chinesecalendar, citizens' numbers and companies' codes against python-stdnum: yjsctl must say
what they say, on dates and values from a seed."""
import datetime
import os
import random
import subprocess
import sys

import chinese_calendar
from stdnum import exceptions
from stdnum.cn import ric, uscc

YJSCTL = os.path.abspath(sys.argv[1])
ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
FIRST, LAST = datetime.date(2025, 1, 1), datetime.date(2026, 12, 31)
ONE = datetime.timedelta(days=1)
random = random.Random(20260101)
faults = 0


def ask(*words, lines):
    done = subprocess.run([YJSCTL, *words, "--stdin"], input="\n".join(lines) + "\n", text=True, capture_output=True,
                          cwd=ROOT, check=True)
    answers = done.stdout.splitlines()
    assert len(answers) == len(lines), f"{len(lines)} lines asked, {len(answers)} answered"
    return answers


def differ(what, asked, ours, theirs):
    global faults
    faults += 1
    if faults <= 20:
        print(f"{what}: {asked}: yjsctl says {ours}, the library {theirs}")


DAYS = [FIRST + ONE * i for i in range((LAST - FIRST).days + 1)]
WORKED = [day for day in DAYS if chinese_calendar.is_workday(day)]


def nth_working_day(day, count):
    """None when the library's years end before."""
    after = [worked for worked in WORKED if worked > day]
    return after[count - 1] if count <= len(after) else None


def working_days():
    days = DAYS
    pairs = [(day, 1) for day in days[:-1] if nth_working_day(day, 1)]   # every day of both years, once
    while len(pairs) < len(days) + 5000:
        day, count = random.choice(days), random.randrange(1, 250)
        if nth_working_day(day, count):
            pairs.append((day, count))
    answers = ask("calendar", "due", lines=[f"{day} {count} workdays" for day, count in pairs])
    for (day, count), ours in zip(pairs, answers):
        theirs = str(nth_working_day(day, count))
        if ours != theirs:
            differ("working days", f"{day} + {count}", ours, theirs)
    return len(pairs)


def verdict(check, value):
    """True, False, or None where the library has an opinion that the standard leaves to a list of places."""
    try:
        check(value)
        return None if check is ric.validate and not "1800" <= value[6:10] < "2200" else True
    except (exceptions.InvalidComponent, KeyError):
        return None if check is ric.validate and knows_no_place(value) else False
    except exceptions.ValidationError:
        return False


def knows_no_place(value):
    try:
        ric.get_birth_place(value)
        return False
    except (exceptions.ValidationError, KeyError):
        return True


def mutate(value, alphabet):
    """Most often one character, or two exchanged; at times nothing."""
    letters = list(value)
    way = random.randrange(4)
    if way == 1:
        letters[random.randrange(len(letters))] = random.choice(alphabet)
    elif way == 2:
        i = random.randrange(len(letters) - 1)
        letters[i], letters[i + 1] = letters[i + 1], letters[i]
    elif way == 3 and random.randrange(3) == 0:
        letters.pop()
    return "".join(letters)


def citizen():
    day = datetime.date(1920, 1, 1) + ONE * random.randrange(38000)
    body = f"{random.choice(['441302', '110105', '310115', '650102', '441300'])}{day:%Y%m%d}{random.randrange(1000):03}"
    return body + ric.calc_check_digit(body + "0")   # it wants the whole number


def company():
    body = random.choice(["91", "52", "12", "93", "92"]) + "441302" + "".join(
        random.choice("0123456789ABCDEFGHJKLMNPQRTUWXY") for _ in range(9))
    return body + uscc.calc_check_digit(body)


def identifiers(kind, make, check, alphabet, count=5000):
    values = [mutate(make(), alphabet) for _ in range(count)]
    sound = 0
    for value, ours in zip(values, ask("id", "check", kind, lines=values)):
        theirs = verdict(check, value)
        sound += bool(theirs)
        if theirs is not None and (ours == "valid") != theirs:
            differ(kind, value, ours, theirs)
    assert count // 5 < sound < count, f"{kind}: {sound} of {count} are sound: nothing has been compared"
    return sound


if __name__ == "__main__":
    pairs = working_days()
    print(f"working days: {pairs} dates, as chinesecalendar has them")
    for kind, make, check, alphabet in (("citizen", citizen, ric.validate, "0123456789X"),
                                        ("company", company, uscc.validate, "0123456789ABCDEFGHJKLMNPQRTUWXY")):
        print(f"{kind}: 5000 values, {identifiers(kind, make, check, alphabet)} of them sound, as python-stdnum has them")
    print(f"{faults} differences")
    sys.exit(faults > 0)
