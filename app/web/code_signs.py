"""How much a single line says for being code, in any language that models write without a fence."""

import re
from enum import IntEnum

# What tells code from words stands at the ends of a line, however long that is.
_HEAD, _TAIL = 300, 40


class Sign(IntEnum):
    """How much a line says for being code."""

    WORDS = 0  # a sentence, an item of a list
    NONE = 1  # says nothing
    LEANS = 2  # code where its neighbour is
    LIKELY = 3
    SURE = 4


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


# Markdown's own signs, and steps that are counted, begin a line of words.
_ITEM = re.compile(r"\s*(?:[-*+•]|\(?\w{1,3}[.)])\s+(?=[^\s*/={])(?!(?<=- )[a-z]\w*:(?:\s|$))")
_STRUCTURE = _any(
    r"\s*(?:Step|Line|Query|Example|For) \w+\s?[:.]",
    r"#{2,6}\s+\S",
    r"\s*\|.*\|\s*$",
)
_SURE = _any(
    # Python, Ruby, JavaScript, C and their like: declarations
    r"\s*(?:async\s+)?def\s+[A-Za-z_]\w*[!?]?\s*(?:\(|:|$)",
    r"\s*class\s+[A-Z_]\w*\s*(?:[({:<]|extends\b|implements\b|$)",
    r"\s*(?:public|private|protected)\s+(?:static\s+|final\s+|abstract\s+)*(?:class|interface|enum)\s+\w",
    r"\s*(?:export\s+|default\s+|async\s+)*function\b\s*\*?\s*\w*\s*\(",
    r"\s*(?:const|let|var)\s+[\w${\[][\w$, }\]]*\s*(?:=|:|;|$)",
    r"\s*(?:public|private|protected|static|final|abstract)\s+[\w<>\[\], .]+[({;=]",
    r"\s*(?:unsigned\s+|const\s+)?(?:int|float|double|char|bool|boolean|string|String|long|void|byte|auto|size_t)"
    r"(?:\[\]|\*|&|<[^>]*>)*\s+\*?[A-Za-z_]\w*(?:\[\w*\])*\s*(?:[=;,(]|$)",
    r"\s*(?:func|fn|sub|fun)\s+\w+\s*[(<{]",
    r"\s*(?:import|from)\s+[\w.]+\s+import\s",
    r"\s*import\s+(?:[\w*{}, ]+\s+from\s+)?['\"]",
    r"\s*import\s+(?:static\s+)?[a-z_][\w.]*(?:\.\*)?(?:\s+as\s+\w+)?\s*;?\s*$",
    r"\s*#\s*(?:include\s*[<\"]|define\s+\w|ifdef\b|ifndef\b|endif\s*$|!/)",
    r"\s*(?:using\s+(?:namespace\s+)?[\w.]+|package\s+[\w.]+)\s*;",
    # control
    r"\s*(?:if|while|for|foreach|switch|catch|elseif|elsif|unless)\s*\(.*[{;)]\s*(?:/[/*].*|#.*)?$",
    r"\s*(?:if|elif|while)\s+\S.*(?:[=!<>]=|[<>%(\[.]|\bnot\b|\bin\b).*:\s*(?:#.*)?$",
    r"\s*for\s+[\w, ()*]+\s+in\s+[^.]*[\w)\]}\"']\s*:\s*(?:#.*)?$",
    r"\s*(?:for|if|while)\s+[\w.]+(?:\s+(?:not\s+)?in\s+[\w.()]+|\(.*\)|\s*[&%|]\s*\w+)?\s*:\s*$(?<![Ff]or example:)",
    r"\s*for\s+\w+\s+in\s+\S+(?:\.\.\.?|\()",
    r"\s*(?:with|except|lambda)\s+[\w.]+(?:\(.*|\s+as\s+\w+)\s*.*:\s*$",
    r"\s*\}?\s*(?:else|try|finally|do)\s*(?:\{|:\s*(?:#.*)?$)",
    r"\s*\}\s*(?:else|catch|while|finally)\b",
    r"\s*return\s+(?:[\w.]+\(|[\[{(\"'!-]|[\w.]+\[|[\w.]+\s*[-+*/%<>=&|?]|.*;\s*$|(?:True|False|None|true|false|null)\b)",
    r"\s*(?:return|break|continue|pass)\s*;\s*$",
    # calls and assignments
    r"\s*(?:await\s+)?(?:[a-z_$]\w+|[A-Za-z_$]\w*(?:\.\w+)+)\((?!s\))[^=]*[)({\[,;]\s*(?:(?:#|//).*)?$",
    r"\s*[A-Za-z_$]\w*(?:\.\w+)*\((?:\w+=|[\"'\[{]).*[)({\[,;]\s*(?:(?:#|//).*)?$",
    r"\s*[\w.]+\s*=\s*[\w.]+\(\w+=.*[({\[,)]\s*(?:#.*)?$",
    r"\s*(?:Traceback \(|namespace\s+\w+|require\s+['\"])",
    r"\s*(?:System\.out\.|Console\.Write|console\.\w+\(|std::|cout\s*<<|cin\s*>>)",
    r"\s*[\w.$]+(?:\[[^\]]*\])*(?:\s*,\s*[\w.]+)*(?:\s*:\s*[A-Za-z]\w*)?\s*(?:[-+*/%|&:]|<<|>>)?=\s*"
    r"(?:[\[{\"'`]|\w+(?:\.\w+)+\(|\w+\(.*[\"'\[]|\w+(?:\.\w+)*\[|.*;\s*$|new\s|lambda\b|not\s|await\s|True\b|False\b|None\b|null\b)",
    r"\s*[\w.$\[\]]+\s*(?:\+\+|--)\s*;",
    r"\s*[a-zA-Z_.][\w.]*\s*<-\s*\S",
    r"\s*(?:let\s+|set\s+)?[a-z]\w*(?:\[\w+\])?\s*:=\s*\S",
    r".*(?:\w\s*[!=]==\s*\S|\s&&\s|\s\|\|\s|\w\(\)\s*[;{.]|=>\s*[{(]|\)\s*=>)",
    r"\s*(?:print|puts|printf|echo|println!?)\s*[(\"'$][^.]",
    # markup and style
    r"\s*<(?:!DOCTYPE|!doctype|!--|\?php|\?xml|%)",
    r"\s*</?(?:html|head|body|div|span|p|a|ul|ol|li|table|thead|tbody|t[rdh]|h[1-6]|img|input|form|button|script|style|"
    r"link|meta|title|label|select|option|textarea|nav|header|footer|section|article|main|svg|iframe|video|audio)"
    r"(?:\s+[^<>]*)?/?>",
    r"\s*</?[A-Za-z][\w:.-]*\s+[\w:-]+\s*=\s*[\"'{]",
    r"\s*<([A-Za-z][\w:.-]*)[^<>]*>.*</\1>\s*$",
    r"\s*</[A-Za-z][\w:.-]*>\s*$",
    r"\s*(?:@media|@import|@keyframes|@font-face)\b",
    r"\s*[.#]?[A-Za-z*][\w.#:> ,()\[\]=\"'+~*-]*\{\s*(?:/\*.*)?$",
    r"\s*(?:--)?[a-z]+(?:-[a-z]+)*\s*:\s*[^;:.!?]*;\s*(?:/\*.*)?$",
    r"\s*[\[{]+\s*\"[^\"]*\"\s*:\s*\S",
    r"\s*[.#]?[\w:.#-]+\s*\{\s*[\w-]+\s*:[^}]*\}\s*$",
    r"\s*\"[^\"]+\"\s*:\s*(?:[\[{\"]|-?\d|true|false|null)",
    r"\s*\\(?:begin|end|documentclass|usepackage|newcommand|section|subsection)\b",
    # queries
    r"\s*(?:SELECT\s+\*|WITH\s+\w+\s+AS\s*\()",
    r"\s*SELECT\s+.*(?:\bFROM\b|\*|,\s*$)",
    r"\s*SELECT\s+(?:DISTINCT\s+|TOP\s+)?[\w.,()* ]+$",
    r"\s*(?:INSERT\s+INTO\s+\w|DELETE\s+FROM\s+\w|UPDATE\s+\w+\s+SET\b|CREATE\s+(?:OR\s+REPLACE\s+)?(?:TABLE|DATABASE|VIEW|"
    r"INDEX|PROCEDURE|FUNCTION|TRIGGER)\b|ALTER\s+TABLE\b|DROP\s+TABLE\b)",
    r"\s*(?i:select)\s+[\w.,()* ]*[*,(][\w.,()* ]*\s(?i:from)\s+\w+",
    # expressions that look for text
    r"\s*[r/]?['\"]?\^[\[(\\]\S*\s*$",
    # shells and sessions
    r"\s*\$ \w",
    r"\s*>>> ?\S",
    r"\s*(?:sudo|npm|npx|yarn|pip3?|apt-get|brew|docker|kubectl|curl|wget|chmod|mkdir)\s+(?:-\S|install\b|run\b|\S+/|\w+$)",
    r"\s*git\s+(?:clone|commit|push|pull|add|checkout|init|merge|branch|status|log|remote|fetch|rebase)\b(?!.*\.$)",
)
_LIKELY = _any(
    r".*(?:[{}]|[=()\[\]<>].*;)\s*(?://.*|/\*.*)?$",
    r"\s*(?:export|procedure|algorithm|alg|module|interface|struct|enum)\s+[\w ]+(?:[;:({]|$)",
    r"\s*[a-z_]\w*(?:\.\w+)*\s*(?:[-+*/%])?=\s*[^\s.\u0080-\U0010ffff][^\u0080-\U0010ffff]*$(?<![.!?])",
    r"\s*(?:SELECT|FROM|WHERE|(?:(?:LEFT|RIGHT|INNER|OUTER) )?JOIN|GROUP BY|ORDER BY|HAVING|VALUES|UNION(?: ALL)?)\s*$",
    r"\s*\w*(?:Error|Exception): \S",
    r"\s+(?:- )?[a-z][\w-]*:(?:\s+[^.]*)?$",
    r"\s*(?:val|var|def|type|object|trait)\s+\w+(?:\s*:\s*\w+)?\s*=",
    r"\s*(?:import|require|include|use)\s+[\w.{}:]+(?:\s*,\s*\w+)*\s*;?\s*$",
    r"\s*(?:if|while|elif|until|unless|for|repeat|switch|case)\s+.*(?:[=!<>]=?|\(|\bin\b|\bnot\b).*$",
    r"\s*(?:IF|ELSE IF|ELSEIF|WHILE|FOR|REPEAT|UNTIL|PRINT|INPUT|OUTPUT|SET|RETURN|FUNCTION|PROCEDURE|CALL|DECLARE)"
    r"\s+\S",
    r"\s*(?:FROM|WHERE|GROUP BY|ORDER BY|HAVING|(?:INNER|LEFT|RIGHT|OUTER|FULL|CROSS)?\s*JOIN|VALUES|LIMIT|ON|AND|OR|"
    r"SET)\s+[\w(.\"'`]",
    r"\s*UPDATE\s+\w+\s*$",
    r"\s*@\w+(?:\(.*\))?\s*$",
    r"\s*[A-Z]\w*\([^)]*\)\s*[;:]?\s*$",
    r"\s*[\[{]\s*$",
    r"\s*return\s+[\w.]+\s*$",
    r"\s*(?:elif|except|case)\b.*:\s*$",
    r"\s*\{.*[:=].*\}[;,]?\s*$",
    r"\s*[A-Za-z]\w*(?:\[[^\]]*\])?\s*=\s*\[",
    r"\s*(?:[\"']\w+[\"']|\w+)\s*:\s*(?:[\"'\[{\d].*|true|false|null),\s*$",
    r".*(?:\w\[\w+\]|\w\.\w+\(|\w\(\)|==|\+=|!=|->\w|::\w)",
)
_LEANS = _any(
    r"\s*(?://|/\*|\*/|\*\s|\*$|#|--\s|<!--|-->|%|\"\"\"|'''|;;)",
    r"\s*(?i:end)\s+\w+\s*;?$",
    r"\s*[\])};,]+\s*(?:#.*|//.*)?$",
    r"\s*(?i:end|endif|endwhile|endfor|else|begin|do|then|pass|break|continue|return|fi|done|esac|try|repeat)"
    r"\s*[;:]?\s*$",
    r"(?: {2,}|\t)\s*\S",
    r"\s*(?:cat|cd|chmod|cp|date|echo|exec|exit|export|grep|ln|ls|mkdir|mv|python3?|rm|sed|set|source|touch)\s+\S",
    r"\s*\)?\.(?:\.\.\s|\w+\(|\w+$)",
    r"\s*[\"'(\[{].*[\"')\]}][,;]?\s*$",
    r"- [a-z]\w*:(?:\s|$)",
    r"\s*[$\w\"'.-]+\s*[:=]\s*[\w\"'.$#-]+,?\s*$",
)
# Formulas have operators as code has, but are for people: no word in them, or signs that no language knows.
_FORMULA = re.compile(r"(?=[^\"';{}\[]*$)(?:\s*[^\s^].*[\^²³√π≈±×÷·°≤≥∈∑∫∞]|[^=]* = [^=]* = )")
_PROGRAM = re.compile(r"[A-Za-z_]{2}|[\[\]{}\"';:<>!%&|#]")
# Words one after the other, whatever they speak of: what is quoted, and comments behind code, don't count.
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'|`[^`]*`|\s(?:#|//)\s.*|^\s*<.*>\s*$")
_WORDY = re.compile(r"(?:\b[A-Za-z][a-z]*[a-z,:]\s+(?:\(\w+\)\s+)?|\ba\s+){6,}[A-Za-z]")
_PLAIN = re.compile(r"[^=;{}<>()\[\]#$\\|_@/\"]{60,}$")
_SENTENCE = re.compile(r"\s*[\"'“‘(]?[^\W\d_][^\W_]*[,:]?(?:\s+[^\s(){}\[\]=;<>]+){3,}[.!?:,]?\s*$")
# A sentence that may stand in code: in a comment, in a string, or below what it is indented under.
_ASIDE = re.compile(r"\s{2}|\t|\s*(?:#|//|--|/\*|\*|<|%)|.*[;{,]\s*(?:#|//|/\*)|.*(?:[\"')]\)|>);?\s*$")


def is_item(line: str) -> bool:
    """Return whether a line begins as an item of a list does."""
    return _ITEM.match(line) is not None


def sign_of(line: str) -> Sign:
    """Return how much a line says for being code, whatever stands around it."""
    head = line if len(line) <= _HEAD + _TAIL else line[:_HEAD] + line[-_TAIL:]
    if is_item(head) or _STRUCTURE.match(head):
        return Sign.WORDS
    if _PLAIN.match(line) or _WORDY.search(_QUOTED.sub("_", head)):
        return Sign.LEANS if _ASIDE.match(head) else Sign.WORDS
    if _FORMULA.match(head) or not _PROGRAM.search(head):
        return Sign.LEANS
    if _SENTENCE.match(head) and not _ASIDE.match(head) and not _LIKELY.match(head) and not _SURE.match(head):
        return Sign.WORDS
    by_strength = ((Sign.SURE, _SURE), (Sign.LIKELY, _LIKELY), (Sign.LEANS, _LEANS))
    return next((sign for sign, pattern in by_strength if pattern.match(head)), Sign.NONE)
