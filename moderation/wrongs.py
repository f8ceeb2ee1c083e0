"""Every sentence about what is wrong with rules, by code, in Chinese and English. {Words} in braces are facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from moderation.told import Told

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS: Final[Mapping[type, str]] = {int: "整数", str: "文字", list: "列表", dict: "表", bool: "true 或 false"}
"""What a reader of Chinese calls the kinds of values; a kind that is not here is a date."""


def wrong(code: str, /, **facts: Any) -> Told:
    """The sentence of a code, filled with facts; a fact may be a sentence itself."""
    zh, en = SAID[code]
    return Told(zh.format_map(_in(facts, "zh")), en.format_map(_in(facts, "en")))


def kind_of(kind: type) -> Told:
    """What a kind of value is called."""
    return Told(KINDS.get(kind, "日期"), kind.__name__)


def _in(facts: dict[str, Any], lang: str) -> dict[str, Any]:
    return {name: getattr(fact, lang) if isinstance(fact, Told) else fact for name, fact in facts.items()}


SAID: Final[Mapping[str, tuple[str, str]]] = {
    # files
    "no_lexicons": (
        "无法读取：不存在；{folder} 不是词库目录",
        "cannot be read: No such file or directory: {folder} is no folder of lexicons",
    ),
    "unreadable": ("无法读取：{why}", "cannot be read: {why}"),
    "not_utf8": ("不是 UTF-8 编码", "is not UTF-8"),
    "not_toml": ("{where}不是合法的 TOML", "is not TOML: {why}"),
    "pair": ("应为一个字符、一个制表符、一个字符", "is not one character, a tab and one character"),
    "columns": ("有 {count} 列，应为 {columns} 列", "has {count} columns, not {columns}"),
    "list_elsewhere": ("列表 {key} 在另一个文件中已有", "the list {key} stands in another file too"),
    # variants
    "not_folded": ("“{written}”或“{word}”不是折叠后的写法", "{written!r} or {word!r} is not folded"),
    "plain_han": (
        "“{written}”是普通汉字：应写入 slang.tsv",
        "{written} is plain Han: it belongs into slang.tsv",
    ),
    # tables
    "not_table": ("应为一个表", "is not a table"),
    "brackets": ("{key} 应写作 [[{key}]]", "{key} is written [[{key}]]"),
    "missing": ("缺少 {key}", "{key} is missing"),
    "kind": ("{key} 为 {value!r}，应为{kind}", "{key} is {value!r}, expected {kind}"),
    "texts": ("{key} 应为非空文字的列表", "{key} is a list of non-empty texts"),
    "range": ("{key} 为 {value}，应在 {low} 到 {high} 之间", "{key} is {value}, expected {low} to {high}"),
    "unknown_key": ("未知的键“{key}”", "unknown key {key!r}"),
    "unknown_value": ("{key} 的值“{value}”无法识别", "{key} is {value!r}, which is not known"),
    "one_of": ("{key} 为“{value}”，应为其中之一：{known}", "{key} is {value!r}, expected one of {known}"),
    "twice": ("{what} 重复", "{what} stands twice"),
    "empty": ("{key} 为空", "{key} is empty"),
    "ends_early": ("{what} 的失效日早于生效日", "{what} ends before it begins"),
    "no_law": ("引用了“{ref}”，而 laws.toml 中没有", "cites {ref!r}, which laws.toml does not have"),
    "above": ("{low} 高于 {high}", "{low} is above {high}"),
    "no_list": ("words/ 中没有列表 @{name}", "@{name} is no list under words/"),
    "word_lost": ("“{word}”折叠后为空", "the word {word!r} folds to nothing"),
    "of": ("{what}：{why}", "{what}: {why}"),
    "of_rule": ("{what} {why}", "{what} {why}"),
    # categories and scenes
    "category_missing": ("缺少类别 {code}：检测器以它上报", "category {code} is missing: detectors report under it"),
    "no_action": ("{code} = “{action}”不是一种处置", "{code} = {action!r} is no action"),
    "experts": (
        "experts.{name}：应为 [experts.{text}] 表，每行写作 标签 = 类别",
        "experts.{name}: expected a table [experts.{text}] of head = category",
    ),
    "wrong_scene": ("scene 为 {scene}，应写在 {scene}.toml 中", "scene is {scene}, which belongs into {scene}.toml"),
    "no_policy": ("场景 {scene} 没有策略", "scene {scene} has no policy"),
    "names_category": ("{what} 提到未知的类别“{code}”", "{what} names the unknown category {code!r}"),
    # industries
    "finding_missing": (
        "缺少 [[finding]] {code}：编号靠它判断",
        "[[finding]] {code} is missing: numbers are judged by it",
    ),
    "no_finding": ("[[finding]] {code} 应为其中之一：{known}", "finding {code} is not one of {known}"),
    "no_format": ("{code} 不是已知的编号格式；已知的有 {known}", "{code} is no format; known are {known}"),
    "bad_sample": ("{code}：样例“{sample}”不符合其格式", "{code}: the sample {sample!r} does not fit its format"),
    "no_number": (
        "{what} 提到编号“{number}”，而没有 [[number]] 描述它",
        "{what} names the number {number!r}, which no [[number]] describes",
    ),
    "sign_empty": ("{what}：sign 的 any 至少要有一个词", "{what}: a sign needs a word in any"),
    "need_empty": ("{what} 须有 words 或 numbers", "{what} needs words or numbers"),
    "under_category": ("{what} 属于未知的类别“{code}”", "{what} is under the unknown category {code!r}"),
    "duty_ends_early": ("{what}：义务的失效日早于生效日", "{what}: a duty ends before it begins"),
    # claims
    "no_guard": ("{what} 要取消“{name}”，而它不是守卫规则", "{what} cancels {name!r}, which is no guard"),
    "no_choice": ("{what}：options.toml 中没有选项“{option}”", "{what}: options.toml has no choice {option!r}"),
    "no_when": ("没有 [[rule.when]]", "there is no [[rule.when]]"),
    "cancels": ("只有 bait 才取消守卫规则，且必须取消", "a bait cancels guards, and nothing else does"),
    "certain": ("certain 只用于 guard", "certain belongs to guards"),
    "despite": ("despite_comparison 只用于 exemption", "despite_comparison belongs to exemptions"),
    "outcome": (
        "guard 与 exemption 的结果为 pass、proof 或 review，其他种类则不可",
        "guards and exemptions end in pass, proof or review, and nothing else does",
    ),
    "proof_both": ("证明须以两种语言说明", "proof is told in both languages"),
    "proof_what": ("结果为 proof 时须说明需要什么证明", "an outcome of proof tells what proof"),
    "it_ends_early": ("失效日早于生效日", "it ends before it begins"),
    "no_token": ("{word} 在此不是记号：{known}", "{word} is no token here: {known}"),
    "hit_is": ("hit 应为词族或词", "a hit is a family or a word"),
    "when_empty": (
        "[[rule.when]] 须有线索、hit、行业或场景",
        "a [[rule.when]] needs a cue, a hit, an industry or a scene",
    ),
    "when_ends": (
        "只有 ^、$ 与 <last> 的 [[rule.when]] 须有 hit，否则会对每次命中都发问",
        "a [[rule.when]] of nothing but ^, $ and <last> needs a hit: it would be asked of every hit",
    ),
    "for_category": ("用于未知的类别“{code}”", "is for the unknown category {code!r}"),
    "no_family": ("针对词族“{family}”，而没有词条属于它", "is about the family {family!r}, which no term has"),
    "cue_lost": ("的线索“{word}”折叠后为空", "has the cue {word!r}, which folds to nothing"),
    # rooms
    "horizons": (
        "horizons 为 {value!r}，应为小于 {windows} 的窗口数",
        "horizons are {value!r}, expected numbers of windows below {windows}",
    ),
    "points": ("{key} 为 {value!r}，应为 {count} 个整数", "{key} is {value!r}, expected {count} whole numbers"),
    "spell": (
        "spell 应为列表的列表，每个列表都是非空文字的列表",
        "spell is a list of lists of non-empty texts, one list each",
    ),
    "phrase_lost": ("有短语折叠后为空", "a phrase folds to nothing"),
    # rewrites
    "none_unknown": ("none：“{name}”不是类别、词族或义务", "none: {name!r} is no category, family or duty"),
    "no_category_of": ("{key}：“{name}”不是类别", "{key}: {name!r} is no category"),
    "along_empty": ("[[along]] 须有 begins、ends 或 holds", "[[along]] needs begins, ends or holds"),
    "rewrite_empty": (
        "改写须指明它针对的词条、词族或类别",
        "a rewrite names terms, families or categories that it is for",
    ),
    "no_wording": ("改写至少要有一种说法", "a rewrite has at least one wording"),
    "whole_rest": ("整句改写不能含 {rest}", "a whole clause has no {rest}"),
    "not_in_lexicons": ("{key}：“{name}”不在词库中", "{key}: {name!r} is not in the lexicons"),
    "wording_kind": (
        "说法应为文字或 {{ text, template }}，而不是 {text!r}",
        "a wording is a text or {{ text, template }}, not {text!r}",
    ),
    "nothing_to_fill": ("说法“{text}”没有要填写之处", "the wording {text!r} holds nothing to fill in"),
    "placeholder": (
        "说法“{text}”含占位符：须写 template = true",
        "the wording {text!r} holds a placeholder: it needs template = true",
    ),
    "disguised": ("说法“{text}”带有变形（{how}）", "the wording {text!r} is disguised ({how})"),
    "no_duty": ("“{duty}”不是 industries.toml 中的义务", "{duty!r} is no duty of industries.toml"),
    "wording_fails": ("说法“{text}”本身不能通过：{rule}", "the wording {text!r} does not pass: {rule}"),
    # lines of terms
    "unknown_header": ("未知的文件头 @{key}", "unknown header @{key}"),
    "header_value": ("@{key} 须有值", "@{key} needs a value"),
    "header_missing": ("缺少文件头 @{key}", "header @{key} is missing"),
    "header_kind": (
        "@category 与 @allow 须有且只有一个",
        "exactly one of @category and @allow is needed",
    ),
    "section": (
        "分节写作 [词族 标题] 键: 值 | 键: 值",
        "a section is written [family title] key: value | key: value",
    ),
    "term_empty": ("词条为空", "the term is empty"),
    "slip": (
        "词中有“{mark}”：语法符号须用半角，注释须另起一行；本身要匹配时写作 \\{mark}",
        "{mark} in a term: grammar is in half width, a comment on a line of its own; \\{mark} is the mark itself",
    ),
    "no_section": (
        "{key}：本节没有可由 {token} 代指的列表",
        "{key}: the section has no list that {token} could stand for",
    ),
    "pattern_end": ("正则须以 / 结尾", "a pattern ends with /"),
    "braces": ("花括号没有闭合；花括号本身写作 \\{{", "braces do not close; write \\{{ for a brace itself"),
    "expands": (
        "本行展开为 {count} 个词条，最多 {most} 个",
        "the line expands to {count} terms; at most {most} may",
    ),
    "unknown_option": ("未知的选项“{key}”；已知的有 {known}", "unknown option {key!r}; known are {known}"),
    "option_value": ("{key}：须有值", "{key}: needs a value"),
    "option_twice": ("{key}：重复", "{key}: stands twice"),
    "anchor_missing": (
        "正则须有 anchor：每次匹配都含有的文字",
        "a pattern needs an anchor: a literal that stands in every match",
    ),
    "anchor_alone": ("只有正则才有 anchor", "only patterns have an anchor"),
    "for_allow": ("for: 只用于允许词文件", "for: belongs into allow files"),
    "as_allow": ("as: 只用于共享的允许词文件", "as: belongs into allow files that all share"),
    "unknown_scene": ("未知的场景“{scene}”；已知的有 {known}", "unknown scene {scene!r}; known are {known}"),
    "empty_word": ("{key}：含有空词", "{key}: holds an empty word"),
    "unknown_disguise": (
        "{key}：未知的变形“{name}”；已知的有 {known}",
        "{key}: unknown disguise {name!r}; known are {known}",
    ),
    "whole_number": (
        "{key}：应为 {low} 到 {high} 的整数，而不是“{value}”",
        "{key}: is a whole number from {low} to {high}, not {value!r}",
    ),
    "date": (
        "{key}：应为 2026-02-01 这样的日期，而不是“{value}”",
        "{key}: is a date like 2026-02-01, not {value!r}",
    ),
    "true_false": ("{key}：应为 true 或 false，而不是“{value}”", "{key}: is true or false, not {value!r}"),
    # terms that read well
    "unknown_category": ("未知的类别“{code}”", "unknown category {code!r}"),
    "lost": ("“{text}”折叠后为空", "{text!r} folds to nothing"),
    "one_character": (
        "“{text}”只有一个字符且没有限定条件（near、sentence、with、next 或 prev）",
        "{text!r} is one character and has no guard (near, sentence, with, next or prev)",
    ),
    "condition_lost": ("条件“{word}”折叠后为空", "the condition {word!r} folds to nothing"),
    "condition_token": (
        "条件“{word}”在此不是记号；near、with 等可用 {known}",
        "the condition {word!r} is no token here; near, with and the like know {known}",
    ),
    "stands_at": ("“{text}”已在 {file}:{line}", "{text!r} stands already at {file}:{line}"),
    "allowed_at": ("“{text}”是允许词，见 {file}:{line}", "{text!r} is allowed at {file}:{line}"),
    "nested": (
        "有 {depth} 个词条以“{word}”结尾，最多 {most} 个",
        "{depth} terms end like {word!r}; at most {most} may",
    ),
    "codes_empty": (
        "{key} 为空，或含有折叠后为空的词",
        "{key} is empty or holds a word that folds to nothing",
    ),
    "example_not_found": ("“{term}”没有命中它的例句“{sentence}”", "{term!r} does not find its example {sentence!r}"),
    "example_found": ("“{term}”命中了本应放过的例句“{sentence}”", "{term!r} finds its example {sentence!r}"),
    "example_row": (
        "应为 词条、制表符、hit 或 miss、制表符、例句",
        "is not term, tab, hit or miss, tab, sentence",
    ),
    "named_by_none": ("文件名不是类别：{name}", "is named by no category: {name}"),
    # a tenant's own
    "many_terms": ("词条超过 {most} 个", "there are more than {most} terms"),
    "many_patterns": ("正则超过 {most} 条", "there are more than {most} patterns"),
    "policy_key": ("“{key}”：只有 term 与 scene", "{key!r}: known are term and scene"),
    "was_now": (
        "{key} 写作 [原值, 新值]，为 {low} 到 {high} 的两个整数",
        "{key} is [was, now], two whole numbers from {low} to {high}",
    ),
    "policy_action": (
        "actions：{code} = {action!r}；应为类别 = pass、review 或 block",
        "actions: {code} = {action!r}; expected a category and pass, review or block",
    ),
}
