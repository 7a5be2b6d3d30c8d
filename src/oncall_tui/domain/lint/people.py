"""People in a text for customers: colleagues by their role or name, and what they are said to have done (BL002)."""

from __future__ import annotations

from collections.abc import Iterator

from oncall_tui.domain.lint.model import Level
from oncall_tui.domain.lint.pattern import Folded, Pattern
from oncall_tui.domain.lint.reading import Reading
from oncall_tui.domain.lint.signs import fold

_ROLE = (
    r"(?:engineer|developer|programmer|technician|intern|trainee|apprentice|sys-?admin|dba|sre|employee|colleague"
    r"|cto|admin|contractor|operator|team member|staff member|new hire|newcomer|rookie|junior|database administrator"
    r"|system administrator"
    r"|network administrator)s?"
)
_WITH_ROLE = (
    rf"(?:an?|one of (?:our|the)|our|some|the) (?:(?!end\b|customer|client|user)[\w-]+ ){{0,2}}{_ROLE}"
    r"(?: on (?:call|duty|shift)| from \w+)?"
)
_BROKE = (
    r"(?:broke|dropped (?:an?|the|our)|deleted|erased|wiped|crashed|killed|unplugged|pulled the (?:wrong|plug)"
    r"|pushed an? (?:\w+ )?(?:bug|bad|broken|faulty|wrong)|ran an? (?:\w+ )?(?:bad|wrong|faulty|broken)"
    r"|pressed the|took (?:down|out) (?:the|our)"
    r"|brought down (?:the|our)|overwrote|fell asleep|(?:pushed|hit|typed|deleted|applied|used|ran) the wrong|botched"
    r"|corrupted|tripped over|truncated|forgot|messed up"
    r"|made an? (?:\w+ )?(?:typo|mistake|error|slip)|cut (?:the|an?) (?:wrong|live))"
)
_BY_ACCIDENT = r"[^.!?\n]{1,60}? by (?:accident|mistake)\b"
_DEED = Folded(
    rf"(?<!\w)(?:{_WITH_ROLE}|someone|somebody) (?:(?:had|has|have|then|also|just|has been) )?"
    rf"(?:{_BROKE}(?!\w)|\w+ed\b{_BY_ACCIDENT})"
    r"|(?<!\w)(?:caused|triggered) by our (?:\w+ )?(?:engineer|developer|technician|admin|intern|operator|staff)s?\b"
    rf"|(?<!\w){_ROLE}['’]s? (?:own )?(?:fault|typo|slip|blunder|carelessness)\b"
    r"|(?:fault|mistake|blunder) of (?:the|our) (?:\w+ )?(?:shift|team|staff|engineers?|crew)\b"
    r"|(?<!\w)(?:team|engineers?|shift|developers?|intern|staff) (?:is|are|was|were) (?:\w+ )?(?:to blame|at fault)\b"
    r"|(?<!\w)(?:developer|engineer|person|employee|individual|colleague|technician)s? (?:who (?:did|caused) this"
    r"|responsible) (?:has|have|was|were|will)(?: been| be)? (?:fired|disciplined|dismissed|sacked|warned|suspended"
    r"|reprimanded|let go|spoken to)\b"
    r"|(?<!\w)(?:the|our) (?:night|day|late|early|on-?call) (?:shift|crew|team) (?:missed|forgot|overlooked|ignored"
    r"|slept)\b"
    r"|(?<!\w)team (?:\w+ )?(?:shipped|pushed|released|deployed) an? (?:\w+ )?(?:bug|bad|broken|faulty|wrong)\b"
    r"|(?<!\w)(?:new hire|newcomer|rookie|junior|intern|trainee) ran (?:the|an?) (?:script|command|job)\b"
    r"|(?<!\w)(?:engineering|qa|devops|operations) (?:messed up|screwed up|forgot|botched|missed (?:it|this|the))",
    needs=(
        " by acci| careles| discipl| fired| ignored| let go| overloo| reprima| sacked| shift | slip| spoken "
        "| team sl| typo| warned|bad|blunder|botched|broke|bug|corrupte|crew|cut |deleted|ed by ou|erased|fault"
        "|fell asl|forgot|killed|made a|mistake|overwrot|own |plug|pped |ran |shed|ssed|suspende|to blame|took out"
        "|truncate|wiped|wrong"
    ),
)
#: Given names that are no words, products or places.
_GIVEN = (
    "Aaron|Ahmed|Alan|Alice|Amy|Andreas|Andrew|Andy|Anna|Anne|Barbara|Ben|Bob|Brian|Carlos|Carol|Charlie|Chris|"
    "Christine|Claire|Dan|Daniel|Dave|David|Diego|Dmitri|Ed|Emily|Emma|Eric|Erik|Eva|Frank|Fred|Gary|Greg|Hannah|"
    "Hans|Helen|Henry|Jake|James|Jan|Jane|Jason|Jeff|Jens|Jenny|Jessica|Jim|Joe|Johannes|John|Jonas|Jose|Juan|Julia|"
    "Karen|Karl|Kate|Katie|Keith|Kevin|Klaus|Larry|Laura|Lena|Linda|Lisa|Lucy|Lukas|Luke|Maria|Marie|Markus|Martin|"
    "Mary|Matt|Matthew|Michael|Mike|Mohammed|Nancy|Neil|Nick|Olga|Oliver|Pablo|Patricia|Paul|Pedro|Peter|Phil|"
    "Priya|Rachel|Rahul|Ravi|Richard|Rob|Robert|Ryan|Sam|Sandra|Sarah|Scott|Sebastian|Simon|Sophie|Stefan|Stephen|"
    "Steve|Steven|Sue|Susan|Thomas|Tim|Tina|Tobias|Tom|Tony|Ursula|Wolfgang|Yuki|Yusuf"
)
_GIVEN_NAMES = frozenset(_GIVEN.split("|"))
_NAMED = Pattern(
    rf"(?<![\w@./'’-])(?P<name>(?:{_GIVEN})(?: [A-Z][a-z]{{1,20}})?)(?=,? (?:\((?:our|the|on-?call|SRE|DBA|IC)\b"
    r"|from (?:our|the|[a-z]+ing|[A-Z]?[a-z]+ops|support|infrastructure|engineering|IT)\b"
    r"|(?:is|was|has|had|will|and his|and her|did|found|fixed|restarted|rolled|made|who)\b"
    rf"|(?P<deed>(?:accidentally |mistakenly |just |then )?{_BROKE})))"
)


def find_deeds(reading: Reading) -> Iterator[tuple[int, int]]:
    """Yields where somebody of the team is said to have broken something, told by the role."""
    folded = fold(reading.prose)
    if _DEED.may_match(folded):
        for match in _DEED.compiled.finditer(folded):
            yield match.span()


def find_given_names(reading: Reading) -> Iterator[tuple[int, int, Level]]:
    """Yields given names of people who do something, with how certain it is that this is blame."""
    if not _GIVEN_NAMES.isdisjoint(reading.prose.replace(",", " ").split()):
        for match in _NAMED.finditer(reading.prose):
            if not reading.is_meant(*match.span("name")):
                yield *match.span("name"), Level.BLOCK if match["deed"] else Level.WARN
