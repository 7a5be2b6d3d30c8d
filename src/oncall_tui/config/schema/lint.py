"""The form of what a team tunes about the rules on words."""

from typing import Annotated, Literal

from msgspec import Meta

from oncall_tui.config import values
from oncall_tui.config.form import Doc, Table
from oncall_tui.config.schema.fields import NAME_FORM, Name, text
from oncall_tui.domain.lint.model import Limits

_RuleIds = Annotated[tuple[Annotated[str, text(values.check_rule_id)], ...], Meta(max_length=200)]
_RULE_FORM = "a list of rules, such as SC001"
_Names = Annotated[tuple[Name, ...], Meta(max_length=5_000)]
_NAMES_FORM = f"a list of names, each {NAME_FORM}"
_Hosts = Annotated[tuple[Annotated[str, text(values.check_host_pattern)], ...], Meta(max_length=1_000)]
_HOSTS_FORM = "a list of host names, `*` for any part of one"
_Count = Annotated[int, Meta(ge=1, le=100_000)]
_COUNT_FORM = "a whole number, 1 to 100000"
_Grade = Annotated[int, Meta(ge=1, le=100)]
_DEFAULTS = Limits()


class LintTable(Table, frozen=True, kw_only=True):
    block: Annotated[_RuleIds, Doc("Rules that stop sending; all but a few take a reason.", _RULE_FORM)] = ()
    warn: Annotated[_RuleIds, Doc("Rules that are told and stop nothing.", _RULE_FORM)] = ()
    info: Annotated[_RuleIds, Doc("Rules that are only noted.", _RULE_FORM)] = ()
    off: Annotated[_RuleIds, Doc("Rules that say nothing.", _RULE_FORM)] = ()
    audience: Annotated[
        Literal["general", "technical"] | None,
        Doc("Who reads the page: technical readers know the jargon, others are spared it.", "general or technical"),
    ] = None
    products: Annotated[_Names, Doc("Your products as they are written; another spelling is told.", _NAMES_FORM)] = ()
    foreign_names: Annotated[
        _Names, Doc("Names that are not yours and stand in no update, such as a former brand.", _NAMES_FORM)
    ] = ()
    people: Annotated[_Names, Doc("Colleagues, whom no update names.", _NAMES_FORM)] = ()
    clients: Annotated[_Names, Doc("Clients, whom no update names.", _NAMES_FORM)] = ()
    suppliers: Annotated[_Names, Doc("Suppliers beside the known ones, who are never the excuse.", _NAMES_FORM)] = ()
    acronyms: Annotated[_Names, Doc("Acronyms that your readers know.", _NAMES_FORM)] = ()
    jargon: Annotated[_Names, Doc("Words that only you understand, beside the known ones.", _NAMES_FORM)] = ()
    contacts: Annotated[
        tuple[Annotated[str, text(values.check_mail_pattern)], ...],
        Meta(max_length=1_000),
        Doc(
            "Mail addresses that customers may read; with any listed, all others stop sending.",
            "a list of mail addresses, `*` for any part of one",
        ),
    ] = ()
    private_hosts: Annotated[_Hosts, Doc("Names of hosts that nobody outside may read.", _HOSTS_FORM)] = ()
    public_hosts: Annotated[_Hosts, Doc("Names and addresses of hosts that customers know.", _HOSTS_FORM)] = ()
    regions: Annotated[_Hosts, Doc("Regions that look like names of hosts.", _HOSTS_FORM)] = ()
    literals: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=500)], ...],
        Meta(max_length=1_000),
        Doc("Phrases that are meant as they stand, brackets and all.", "a list of texts, each 1 to 500 characters"),
    ] = ()
    long_title: Annotated[_Count, Doc("From so many characters on a title is called long.", _COUNT_FORM)] = (
        _DEFAULTS.long_title
    )
    long_body: Annotated[_Count, Doc("From so many characters on a text is called long.", _COUNT_FORM)] = (
        _DEFAULTS.long_body
    )
    long_sentence: Annotated[_Count, Doc("From so many words on a sentence is called long.", _COUNT_FORM)] = (
        _DEFAULTS.long_sentence_words
    )
    hard_grade: Annotated[
        _Grade, Doc("Above this grade at school (Flesch-Kincaid) a text is called hard.", "a whole number, 1 to 100")
    ] = round(_DEFAULTS.hard_grade)
    very_hard_grade: Annotated[_Grade, Doc("Above this one it is a warning.", "a whole number, 1 to 100")] = round(
        _DEFAULTS.very_hard_grade
    )
