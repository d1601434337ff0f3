"""人口: the people who live, work and stay in a grid. Nearly everything here is personal."""
from collections.abc import Mapping
from typing import Any

from casework.identity.privacy import mask_name
from casework.registry.fields import Choice, Field, Kind, Register, kept

FIELDS = (
    Field(name="name", chinese="姓名", english="name", required=True, personal=True, found=True, longest=60),
    Field(name="id_type", chinese="证件类型", english="identity document", kind=Kind.CHOICE, choices=(
        Choice("id_card", "居民身份证", "resident identity card"), Choice("passport", "护照", "passport"),
        Choice("hk_mo_tw", "港澳台证件", "Hong Kong, Macao or Taiwan document"), Choice("other", "其他", "other"))),
    Field(name="id_number", chinese="证件号码", english="identity number", kind=Kind.ID_NUMBER, personal=True, unique=True,
          found=True),
    Field(name="sex", chinese="性别", english="sex", kind=Kind.CHOICE, choices=(
        Choice("male", "男", "male"), Choice("female", "女", "female"))),
    Field(name="birth_date", chinese="出生日期", english="date of birth", kind=Kind.DATE, personal=True),
    Field(name="phone", chinese="联系电话", english="phone", kind=Kind.PHONE, personal=True, found=True),
    Field(name="ethnicity", chinese="民族", english="ethnicity", longest=40),
    Field(name="education", chinese="文化程度", english="education", longest=40),
    Field(name="occupation", chinese="职业", english="occupation", longest=100),
    Field(name="household_type", chinese="户籍类别", english="household registration", kind=Kind.CHOICE, choices=(
        Choice("local", "户籍", "local"), Choice("migrant", "流动", "migrant"), Choice("overseas", "境外", "overseas"))),
    Field(name="registered_address", chinese="户籍地址", english="registered address", personal=True, longest=300),
    Field(name="residence", chinese="居住类别", english="residence", kind=Kind.CHOICE, choices=(
        Choice("resident", "常住", "resident"), Choice("tenant", "租住", "tenant"), Choice("visitor", "暂留", "visitor"))),
    Field(name="moved_in", chinese="入住日期", english="moved in on", kind=Kind.DATE),
    Field(name="care", chinese="关爱类别", english="in need of care", kind=Kind.CHOICES, personal=True, choices=(
        Choice("elderly_alone", "独居老人", "elderly and alone"), Choice("disabled", "残疾人", "disabled"),
        Choice("left_behind_child", "留守儿童", "child left behind"), Choice("chronic_illness", "慢性病", "chronic illness"),
        Choice("mental_health", "精神障碍", "mental health"), Choice("correction", "社区矫正", "community correction"),
        Choice("none", "无", "none"))),
    Field(name="emergency_contact", chinese="紧急联系人", english="emergency contact", personal=True, longest=200),
    Field(name="note", chinese="备注", english="note", personal=True, longest=2000),
)


def _label(values: Mapping[str, Any]) -> str:
    return mask_name(values.get("name") or "?")


PERSONS = kept(Register.PERSON, ("人口", "persons"), FIELDS, _label)
