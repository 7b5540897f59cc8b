"""Completion in bash, zsh and fish: a small script each, which asks ``gantools --complete`` at every TAB.

bash sends its whole line and gets back what replaces the end of it, because it cuts words at ``=`` and ``:`` and leaves
quotes in them. zsh and fish send words without quotes, and look for paths themselves, as their users have set them up.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

from gantools.commands.product import emit_paths
from gantools.errors import UsageError

if TYPE_CHECKING:
    from gantools.commands.completion import Next

ASK = "--complete"
"""The first word of a command line that a shell's script writes; no one else does."""

BASH = r"""# bash completion for gantools; it wants bash 4.4 or newer
_gantools() {
    local program=${1/#\~\//"$HOME/"} reply
    type -P "$program" > /dev/null || program=gantools
    mapfile -t reply < <("$program" --complete bash "$COMP_WORDBREAKS" "${COMP_LINE:0:COMP_POINT}" 2> /dev/null)
    case ${reply[0]} in
        paths) compopt -o filenames -o bashdefault -o default ;;
        open) compopt -o nospace ;;
    esac
    COMPREPLY=("${reply[@]:1}")
}
complete -F _gantools gantools
"""

ZSH = r"""#compdef gantools
# zsh completion for gantools: a file _gantools in a folder of $fpath, or sourced after compinit
_gantools() {
    local program=${(Q)words[1]/#\~\//$HOME/} line word paths ret=1
    local -a reply whole open
    [[ -x $program ]] || (( $+commands[$program] )) || program=gantools
    reply=("${(@f)$($program --complete zsh "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2> /dev/null)}")
    paths=${reply[1]%% *}
    compset -p ${reply[1]##* }
    for line in "${(@)reply[2,-1]}"; do
        word=${line%%$'\t'*}
        line=${word//:/\\:}:${line#*$'\t'}
        if [[ $word == *= ]]; then open+=("$line"); else whole+=("$line"); fi
    done
    (( $#whole )) && _describe -t words 'gantools word' whole && ret=0
    (( $#open )) && _describe -t fields 'gantools field' open -S '' && ret=0
    case $paths in
        files) _files && ret=0 ;;
        folders) _files -/ && ret=0 ;;
        checkpoints) _files -g '*.safetensors' && ret=0 ;;
    esac
    return ret
}
if [[ $funcstack[1] == _gantools ]]; then _gantools "$@"; else compdef _gantools gantools; fi
"""

FISH = r"""# fish completion for gantools
function __gantools_words
    set -l words (commandline -opc)
    set -l token (commandline -ct)
    set -l program (string replace -r '^~/' $HOME/ -- $words[1])
    type -q $program; or set program gantools
    set -e words[1]
    set -l reply ($program --complete fish $words "$token" 2>/dev/null)
    set -l head (string split ' ' -- $reply[1])
    set -e reply[1]
    set -l before (string sub -l $head[2] -- "$token")
    for line in $reply
        echo -- "$before$line"
    end
    test $head[1] = none; and return
    set -l found (complete -C "gantools-without-completions "(string sub -s (math $head[2] + 1) -- "$token"))
    set -l folders (string match -r '^.*/$' -- $found)
    set -l checkpoints (string match -r '^.*\.safetensors$' -- $found)
    switch $head[1]
        case folders
            set found $folders
        case checkpoints
            set -q checkpoints[1]; and set found $checkpoints $folders
    end
    for path in $found
        echo -- "$before$path"
    end
end
complete -c gantools -f -k -a '(__gantools_words)'
"""

SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}
REDIRECTIONS = ("<", ">")


class Line(NamedTuple):
    """A line of bash up to the cursor.

    Args:
        words: the whole words, without quotes.
        word: the incomplete one, without quotes; empty behind a blank.
        start: where in ``word`` bash begins to replace.
    """

    words: list[str]
    word: str
    start: int


def answer(suite: Any, asked: list[str]) -> None:
    """Print what may come next.

    Args:
        suite: the Typer group of all commands.
        asked: the shell's name; then of bash its word breaks and its line, of the others the words and the
            incomplete one.
    """
    shell, *rest = asked or [""]
    if shell not in ("bash", "zsh", "fish") or len(rest) != 2 and shell == "bash" or not rest:
        message = f"--complete: found '{' '.join(asked)}', expected a shell's name and its line"
        raise UsageError(message, hint="gantools --show-completion bash")
    if shell == "bash":
        emit_paths(for_bash(suite, split_line(rest[1], rest[0])))
        return
    found = _next(suite, rest[:-1], rest[-1])
    emit_paths([f"{found.paths} {found.skip}", *(f"{word}\t{about}" for word, about in found.words)])


def for_bash(suite: Any, line: Line) -> list[str]:
    """Return how bash is to treat the words, ``words``, ``open`` (no blank behind) or ``paths``, then the words."""
    from gantools.commands.completion import Next, Paths, list_paths

    if line.words and line.words[-1].endswith(REDIRECTIONS):
        found = Next(paths=Paths.CHECKPOINTS if line.words[-1] == "<" else Paths.FILES)
    else:
        found = _next(suite, _without_redirections(line.words[1:]), line.word)
    before, part = line.word[: found.skip], line.word[found.skip :]
    words = [word for word, _ in found.words if word.startswith(part)]
    paths = list_paths(found.paths, part) if found.paths is not Paths.NONE else []
    manner = "paths" if paths or not words else "open" if all(word.endswith("=") for word in words) else "words"
    return [manner, *((before + word)[line.start :] for word in [*words, *paths])]


def split_line(text: str, breaks: str) -> Line:
    """Cut a line as bash does: blanks, quotes and backslashes; ``breaks`` are bash's own COMP_WORDBREAKS.

    Example:
        >>> split_line("gantools sample 'my pi", ":=")
        Line(words=['gantools', 'sample'], word='my pi', start=0)
    """
    words: list[str] = []
    word, start, outside, quote, is_word = "", 0, 0, "", False
    characters = iter(text)
    for character in characters:
        if character == "\\" and quote != "'":
            word, is_word = word + _escaped(next(characters, ""), quote), True
        elif character == quote:
            quote, start = "", outside
        elif not quote and character in "'\"":
            quote, outside, start, is_word = character, start, len(word), True
        elif not quote and character.isspace():
            words += [word] if is_word else []
            word, start, is_word = "", 0, False
        else:
            word, is_word = word + character, True
            start = len(word) if not quote and character in breaks else start
    return Line(words, word, start)


def _escaped(character: str, quote: str) -> str:
    """Return what a backslash and the character behind it stand for."""
    return f"\\{character}" if quote and character not in '\\"$`' else character


def _without_redirections(words: list[str]) -> list[str]:
    targets = {position + 1 for position, word in enumerate(words) if word.endswith(REDIRECTIONS)}
    return [word for position, word in enumerate(words) if position not in targets and not word.endswith(REDIRECTIONS)]


def _next(suite: Any, words: list[str], word: str) -> "Next":
    from gantools.commands.completion import Reader

    reader = Reader(suite)
    for whole in words:
        reader.take(whole)
    return reader.next(word)
