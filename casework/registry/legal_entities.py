"""法人(机构): companies, shops, institutions, and how to reach who answers for them."""
from collections.abc import Mapping
from typing import Any

from casework.registry.fields import Choice, Field, Kind, Register, kept
from casework.registry.houses import HAZARDS

FIELDS = (
    Field(name="name", chinese="名称", english="name", required=True, longest=200),
    Field(name="credit_code", chinese="统一社会信用代码", english="unified social credit code", kind=Kind.CREDIT_CODE,
          unique=True, found=True),
    Field(name="kind", chinese="类型", english="kind", kind=Kind.CHOICE, choices=(
        Choice("company", "企业", "company"), Choice("individual", "个体工商户", "individual business"),
        Choice("institution", "事业单位", "public institution"), Choice("school", "学校", "school"),
        Choice("medical", "医疗机构", "medical"), Choice("association", "社会组织", "association"),
        Choice("other", "其他", "other"))),
    Field(name="industry", chinese="行业", english="industry", longest=100),
    Field(name="address", chinese="地址", english="address", longest=300),
    Field(name="legal_representative", chinese="法定代表人", english="legal representative", personal=True, found=True,
          longest=60),
    Field(name="contact_phone", chinese="联系电话", english="contact phone", kind=Kind.PHONE, personal=True, found=True),
    Field(name="employees", chinese="从业人数", english="employees", kind=Kind.INTEGER),
    Field(name="state", chinese="经营状态", english="state", kind=Kind.CHOICE, choices=(
        Choice("open", "营业", "open"), Choice("closed", "停业", "closed"), Choice("moved", "迁出", "moved away"))),
    Field(name="licences", chinese="证照", english="licences", kind=Kind.CHOICES, choices=(
        Choice("business", "营业执照", "business"), Choice("food", "食品经营许可", "food"),
        Choice("fire", "消防检查合格", "fire"), Choice("health", "卫生许可", "health"),
        Choice("special", "特种行业许可", "special trade"), Choice("none", "无", "none"))),
    Field(name="fire_checked_on", chinese="消防检查日期", english="fire safety checked on", kind=Kind.DATE),
    Field(name="hazards", chinese="安全隐患", english="hazards", kind=Kind.CHOICES, choices=HAZARDS),
    Field(name="note", chinese="备注", english="note", personal=True, longest=2000),
)


def _label(values: Mapping[str, Any]) -> str:
    return str(values.get("name") or "?")


LEGAL_ENTITIES = kept(Register.ENTITY, ("法人(机构)", "legal entities"), FIELDS, _label)
