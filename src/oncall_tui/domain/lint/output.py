"""Output of machines that was pasted into a text for people (JR006)."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from re import MULTILINE

from oncall_tui.domain.lint.model import Context, Level, Remark, Rule, Tuning
from oncall_tui.domain.lint.pattern import Folded, Pattern
from oncall_tui.domain.lint.reading import Post

_TRACE = Pattern(
    r"Traceback \(most recent call last\)|^[ \t]*File \"[^\"\n]{1,300}\", line \d+"
    r"|^[ \t]*at [\w$.<>/]{3,200}\((?:[\w$-]{1,80}\.(?:java|kt|scala|groovy|clj)(?::\d+)?|Native Method"
    r"|Unknown Source)\)"
    r"|^[ \t]*at (?:[\w$.<>\[\] ]{1,120} \()?(?:file://|webpack:|node:)?[\w/\\.@-]{1,200}\.[cm]?[jt]sx?:\d+:\d+\)?"
    r"|^[ \t]*at [\w.`<>\[\]]{3,200}\([^()\n]{0,200}\) in [^\n]{1,200}:line \d+|Exception in thread \"[^\"\n]{1,100}\""
    r"|^(?:Caused by: )(?:[a-z_]\w*\.)+[A-Z]\w*|\bgoroutine \d+ \[|^panic: [^\n]{3,200}"
    r"|\bthread '[^'\n]{1,80}' panicked at"
    r"|\b(?:java|javax|org|com|io|net)(?:\.[a-z_]\w*)+\.[A-Z]\w*(?:Exception|Error): "
    r"|^[A-Z]\w{2,60}(?:Error|Exception): [^\n]{3,300}\n[ \t]+at "
    r"|^[ \t]*from [\w/.-]{1,200}\.rb:\d+:in|^#\d+ [^\n]{1,200}\.php\(\d+\)|PHP (?:Fatal|Parse) error:"
    r"|\bat [\w$.]{3,200}\([\w$-]{1,80}\.(?:java|kt|scala|py|rb|js|ts|go|cs):\d+\)|\bconnect E[A-Z]{4,14} \S{1,80}:\d+"
    r"|\b(?:segfault at [0-9a-f]+|core dumped\)|kernel panic - )",
    MULTILINE,
)
#: Commands and queries as people type them, which customers may be told to run as well.
_TYPED = Pattern(
    r"(?:^|(?<=[\s`$>#(]))(?:kubectl (?:get|rollout|apply|delete|describe|logs|exec|scale|drain|cordon)"
    r"|systemctl \w+ \w+"
    r"|service \w+ restart\b|sudo (?!apt|yum|dnf|dscacheutil|killall|snap|gem|pip|npm)\w+|rm -rf|journalctl"
    r"|docker (?:ps|restart|exec|compose)|helm (?:upgrade|rollback)|ssh [\w.-]{1,30}@[\w.-]{2,60}|curl -X [A-Z]{3,7}"
    r"|terraform (?:apply|plan)|ansible-playbook)\b[^\n`]{0,60}|(?i:\bselect [^;\n]{1,200} from \w+ where\b"
    r"|\bdrop table \w+|\bdelete from \w+ where\b|\btruncate table \w+|\balter table \w+)"
    r"|^[\w-]{1,30}@[\w-]{1,40}:[~/][^\n]{0,80}[#$]|\[error\] \d+#|^\[(?:ERROR|FATAL|CRITICAL|WARNING)\] (?=[a-z])"
    r"|(?<![\w/])[A-Z]:\\(?:Users|inetpub)\\"
    r"|\b(?:stderr|stdout): |\bpsql: error",
    MULTILINE,
)
#: What customers' own programs tell them too.
_SIGNAL = Pattern(
    r"\bSIG(?:SEGV|ABRT|BUS|KILL)\b|(?<![\w'\"‘“`])[A-Z][a-z]+(?:[A-Z][a-z]+)+Exception\b"
    r"|(?<![\w'\"‘“`])(?:Type|Key|Value|Index|Attribute|Syntax|Reference|Range|Runtime)Error: "
    r"|\bexit (?:code|status) \d{1,3}\b|\berrno \d{1,3}\b|\bOOMKilled\b"
    r"|\bE(?:CONNREFUSED|CONNRESET|TIMEDOUT|NOSPC|NOENT|ACCES|PIPE|ADDRINUSE|MFILE)\b|\b[Uu]ncaught (?:exception"
    r"|error)\b"
    r"|\{\"(?:error|message|status|code)\" ?:|\b[Ss]egmentation fault\b"
)
_LOG = Pattern(
    r"(?:^[ \t>\[]{0,4}|(?<=[: ]))\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\]?[ \t"
    r"|:-]{1,4}(?:\[[^\]\n]{1,60}\][ \t:]{1,3}){0,3}"
    r"(?:\w+[ \t]{1,3})?\[?(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|FATAL|CRIT|CRITICAL|SEVERE)\b"
    r"|^[ \t>]{0,4}\[?(?:TRACE|DEBUG|WARN|WARNING|ERROR|FATAL"
    r"|CRITICAL)\]?[ \t:]{1,3}\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d"
    r"|^(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov"
    r"|Dec)[ ]{1,2}\d{1,2} \d\d:\d\d:\d\d [\w.-]{1,80} [\w./-]{1,60}(?:\[\d+\])?: "
    r"|\blevel=(?:debug|info|warn|warning|error|fatal)\b|\"(?:level|severity)\" ?: ?\"(?:DEBUG|INFO|WARN|ERROR|debug"
    r"|info|warn|error)\""
    r"|\b(?:\d{1,3}\.){3}\d{1,3} - \S{1,40} \[\d\d/[A-Z][a-z]{2}/\d{4}:|^[IWEF]\d{4} \d\d:\d\d:\d\d\.\d{3,6}[ \t]"
    r"|\b(?:psql|mysqld?|postgres|redis|nginx|kubelet|systemd|sshd|bash|kernel)(?:\[\d+\])?: "
    r"(?:FATAL|ERROR|error|fatal|\[error\]|[Oo]ut of memory)"
    r"|\bOut of memory: Kill|^nginx: \[|\bERROR \d{4} \([0-9A-Z]{5}\)|\bORA-\d{5}\b|^(?:ERROR"
    r"|FATAL):[ \t]{1,3}(?:relation|column|duplicate key"
    r"|deadlock|remaining connection|too many) ",
    MULTILINE,
)
_SQL = Pattern(
    r"\bSELECT\s(?:[^;\n]|\n(?!\n)){1,300}?\sFROM\s+[\w.\"`\[\]]{1,80}\s*(?:WHERE|JOIN|INNER|LEFT|ORDER|GROUP|LIMIT"
    r"|FOR UPDATE|;|$)"
    r"|\bINSERT INTO\s+[\w.\"`]{1,80}\s*(?:\([^)\n]{1,300}\)\s*)?(?:VALUES|SELECT)\b"
    r"|\bUPDATE\s+[\w.\"`]{1,80}\s+SET\s+[\w.\"`]{1,80}\s*="
    r"|\bDELETE FROM\s+[\w.\"`]{1,80}\s*(?:WHERE\b|;|$)|\b(?:DROP"
    r"|TRUNCATE) TABLE\s+(?:IF EXISTS\s+)?[a-z_][\w.\"`]{0,80}\s*;"
    r"|\bALTER TABLE\s+[\w.\"`]{1,80}\s+(?:ADD|DROP|ALTER|MODIFY|RENAME)\b"
    r"|\bCREATE (?:UNIQUE )?INDEX\s+(?:CONCURRENTLY\s+)?[\w.\"`]{1,80}\s+ON\b",
    MULTILINE,
)
_PATH = Pattern(
    r"(?<![\w/:.~@-])(?:~/\.\w[\w./-]{1,200}|/(?:var/(?:log|lib|run|www|spool|cache|opt|tmp)|etc|opt|srv|usr/(?:local"
    r"|lib|share|bin|sbin|src)"
    r"|root|proc/(?:\d+|sys)|mnt|home/[a-z_][\w-]{0,30})/[\w.-][\w./-]{0,200})(?![\w/])"
    r"|(?<![\w:/])\\\\[\w.-]{2,60}\\[\w$.-]{1,80}"
)
#: What customers are told to do on their own machines.
_ADVICE = Folded(
    r"\b(?:run|edit|open|add|check|create|delete|remove|modify|navigate|execute|set|change|restart"
    r"|install|following|go) (?!on\b)",
)
_THEIRS = Pattern(r" (?:file |folder |directory )?on (?:your|their|all|Linux|Windows|Mac|macOS|Unix)\b")
#: Files that customers have too.
_PUBLIC_PATHS = (
    "/etc/hosts",
    "/etc/resolv.conf*",
    "/etc/apt/*",
    "/etc/yum*",
    "/etc/ssl/*",
    "/etc/os-release",
    "/usr/bin/*",
    "/usr/local/bin/*",
    "~/.ssh/*",
    "~/.config/*",
    "/opt/homebrew/*",
)
_HTTP = Pattern(
    r"^[ \t><]{0,4}(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|CONNECT) [^\s\"]{1,500} HTTP/\d(?:\.\d)?"
    r"|^[ \t><]{0,4}HTTP/\d(?:\.\d)? \d{3}(?: [\w ]{2,40})?\r?$"
    r"|\"(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) [^\s\"]{1,500} HTTP/\d(?:\.\d)?\" \d{3}"
    r"|^[ \t><*]{0,4}(?:Host|User-Agent|Authorization|Cookie|Set-Cookie|Content-Type"
    r"|Content-Length): [^\n]{1,500}\n[ \t><*]{0,4}[A-Z][\w-]{1,40}: |\bcurl (?:[^\n]{0,200} )?(?:-H|--header|-u"
    r"|--user|-d|--data) ?[\"'\w]",
    MULTILINE,
)
#: Each kind of output with signs one of which it has in any case, which are looked for first.
_OUTPUT = (
    (
        _TRACE,
        ("Traceback", 'File "', "Exception", "Error:", "goroutine ", "panic", ".rb:", ".php", "segfault",
         "core dumped", "\tat ", "  at ", "\nat ", ".java:", ".kt:", ".scala:", ".py:", ".js:", ".ts:",
         ".go:", ".cs:", "connect E"),
        "This is from a stack trace: say what customers saw instead.",
    ),
    (
        _SIGNAL,
        ("SIG", "Exception", "Error: ", "exit ", "egmentation", "errno ", "OOMKilled", "ECONN", "ETIMED", "ENO",
         "EACCES", "EPIPE", "EADDR", "EMFILE", "ncaught ", '{"'),
        "This is how a program ended: say what customers saw instead.",
    ),
    (
        _LOG,
        ("ERR", "WARN", "INFO", "DEBUG", "FATAL", "CRIT", "TRACE", "NOTICE", "SEVERE", "level", "severity", "ORA-",
         " - ", "]: ", "Out of memory", "nginx"),
        "This is a line of a log: say what customers saw instead.",
    ),
    (
        _SQL,
        ("SELECT", "INSERT", "UPDATE", "DELETE", "TABLE", "INDEX"),
        "This is a database query: leave it out.",
    ),
    (
        _PATH,
        ("/var/", "/etc/", "/opt/", "/srv/", "/usr/", "/root/", "/proc/", "/mnt/", "/home/", "~/.", "\\\\"),
        "This is a path on our machines: leave it out.",
    ),
    (
        _HTTP,
        ("HTTP/", "User-Agent", "Host:", "Cookie:", "Content-", "Authorization:", "curl "),
        "This is a raw request or answer: say what customers saw instead.",
    ),
    (
        _TYPED,
        ("kubectl", "systemctl", "service ", "sudo ", "rm -rf", "journalctl", "docker ", "helm ", "terraform ",
         "ansible-", "elect ", "SELECT ", "drop table", "elete from", "able ", "@", "[error]", "[ERROR]", "[FATAL]",
         "[CRIT", "[WARN", "ssh ", "curl ", ":\\", "stderr",
         "stdout", "psql: "),
        "This was typed at a terminal: say what customers saw instead.",
    ),
)  # fmt: skip


def _find_output(post: Post, _context: Context, _tuning: Tuning) -> Iterator[Remark]:
    for part, reading in post.parts:
        text = reading.text
        taken: list[tuple[int, int]] = []
        for pattern, signs, message in _OUTPUT:
            for match in pattern.finditer(text) if any(sign in text for sign in signs) else ():
                start, end = match.span()
                if pattern is _PATH and any(fnmatchcase(match.group(), public) for public in _PUBLIC_PATHS):
                    continue
                if any(low < end and start < high for low, high in taken) or reading.is_meant(start, end):
                    continue
                taken.append((start, end))
                line = text.rfind("\n", 0, start) + 1
                is_advice = pattern in (_PATH, _TYPED) and (
                    _ADVICE.search(text, max(line, start - 200), start) or _THEIRS.match(text, end)
                )
                yield Remark(start, end, message, part, level=_judge(pattern, is_advice=bool(is_advice)))


def _judge(pattern: Pattern, *, is_advice: bool) -> Level | None:
    """Returns the level of what may be meant for customers, None for what is never meant."""
    if is_advice and pattern is _TYPED:
        return Level.INFO
    return Level.WARN if is_advice or pattern in (_SIGNAL, _TYPED) else None


RULES = (Rule("JR006", Level.BLOCK, "Output of a machine", _find_output),)
