// From a line to words and operators, as bash takes it apart: quotes, backslashes, comments.
//
// What a shell would replace and this one does not (variables, substitutions, braces, tildes) is a mistake unless quoted: it would
// otherwise silently mean something else than under bash.

using System.Text;

namespace VboxMem.Session.Console.Shell;

/// <param name="Word">A word; null: an operator or the end.</param>
/// <param name="Operator">| || &amp; &amp;&amp; ; &lt; &gt; &gt;&gt; 2&gt; 2&gt;&gt; &amp;&gt; &gt;&amp; 2&gt;&amp;; empty: a word or the end.</param>
/// <param name="IsPlain">A word without quotes and backslashes.</param>
internal readonly record struct ShellToken(ShellWord? Word, string Operator = "", bool IsPlain = false)
{
    public bool IsEnd => Word is null && Operator.Length == 0;
}

internal sealed class ShellLexer(string line)
{
    private static readonly string[] _operators = ["2>>", "2>&", "1>>", "1>&", "&>>", "||", "&&", "&>", ">>", ">&", "2>", "1>", ">", "<", "|", "&", ";"];

    private int _next;

    public ShellToken Take()
    {
        while (At(_next) is ' ' or '\t')
        {
            _next++;
        }

        if (_next == line.Length || line[_next] == '#')
        {
            _next = line.Length;
            return new ShellToken(null);
        }

        return TakeOperator() is { } found ? found : TakeWord();
    }

    private char At(int place) => place < line.Length ? line[place] : '\0';

    private ShellToken? TakeOperator()
    {
        var rest = line.AsSpan(_next);
        if (rest.StartsWith("<<") || rest.StartsWith("<(") || rest.StartsWith(">(") || rest.StartsWith("<>") || rest.StartsWith("<&") || rest.StartsWith(">|") || rest.StartsWith("|&"))
        {
            throw new ShellSyntaxException($"{rest[..2]} is not known here");
        }

        foreach (var known in _operators)
        {
            if (rest.StartsWith(known))
            {
                _next += known.Length;
                return new ShellToken(null, known);
            }
        }

        if (line[_next] is '(' or ')')
        {
            throw new ShellSyntaxException($"syntax error near unexpected token `{line[_next]}'");
        }

        return null;
    }

    private ShellToken TakeWord()
    {
        var word = new WordBuilder();
        var isPlain = true;
        while (_next < line.Length && !IsEndOfWord(line[_next]))
        {
            var letter = line[_next++];
            isPlain &= letter is not ('\'' or '"' or '\\');
            switch (letter)
            {
                case '\'':
                    TakeSingleQuoted(word);
                    break;
                case '"':
                    TakeDoubleQuoted(word);
                    break;
                case '\\':
                    word.AddQuoted(_next < line.Length ? line[_next++] : '\\');
                    break;
                case '$' when IsExpansion(At(_next)) || At(_next) is '\'' or '"':
                case '`':
                    throw Unknown(letter);
                case '~' when word.IsEmpty:
                    throw new ShellSyntaxException("~ is not known here; quote it");
                default:
                    word.AddPlain(letter);
                    break;
            }
        }

        return new ShellToken(word.ToWord(), IsPlain: isPlain);
    }

    private void TakeSingleQuoted(WordBuilder word)
    {
        var end = line.IndexOf('\'', _next);
        if (end < 0)
        {
            throw new ShellSyntaxException("unexpected EOF while looking for matching `''");
        }

        word.AddQuoted(line.AsSpan(_next, end - _next));
        _next = end + 1;
    }

    private void TakeDoubleQuoted(WordBuilder word)
    {
        word.AddQuoted([]);
        while (_next < line.Length && line[_next] != '"')
        {
            var letter = line[_next++];
            if (letter == '\\' && At(_next) is '$' or '`' or '"' or '\\')
            {
                letter = line[_next++];
            }
            else if (letter == '`' || (letter == '$' && IsExpansion(At(_next))))
            {
                throw Unknown(letter);
            }

            word.AddQuoted(letter);
        }

        if (_next == line.Length)
        {
            throw new ShellSyntaxException("unexpected EOF while looking for matching `\"'");
        }

        _next++;
    }

    private static bool IsEndOfWord(char letter) => letter is ' ' or '\t' or '|' or '&' or ';' or '<' or '>' or '(' or ')';

    private static bool IsExpansion(char next) => char.IsAsciiLetterOrDigit(next) || next is '_' or '{' or '(' or '[' or '@' or '*' or '#' or '?' or '$' or '!' or '-';

    private static ShellSyntaxException Unknown(char letter) =>
        new(letter == '`' ? "` : substitutions are not known here; quote it with '…'" : "$: variables and substitutions are not known here; quote it with '…'");

    /// <summary>Gathers a word, and the pattern that it is if it has a wildcard outside quotes.</summary>
    private sealed class WordBuilder
    {
        private readonly StringBuilder _text = new();
        private readonly StringBuilder _pattern = new();
        private bool _isPattern;
        private bool _isStarted;
        private int _braces = -1;
        private bool _hasBraceSeparator;

        public bool IsEmpty => !_isStarted;

        public void AddQuoted(ReadOnlySpan<char> letters)
        {
            _isStarted = true;
            foreach (var letter in letters)
            {
                AddQuoted(letter);
            }
        }

        public void AddQuoted(char letter)
        {
            _isStarted = true;
            _text.Append(letter);
            _pattern.Append('\\').Append(letter);
        }

        public void AddPlain(char letter)
        {
            _isStarted = true;
            _isPattern |= letter is '*' or '?' or '[';
            switch (letter)
            {
                case '{':
                    (_braces, _hasBraceSeparator) = (_text.Length, false);
                    break;
                case ',' or '.' when _braces >= 0:
                    _hasBraceSeparator |= letter == ',' || _text[^1] == '.';
                    break;
                case '}' when _braces >= 0 && _hasBraceSeparator:
                    throw new ShellSyntaxException("braces are not expanded here; quote them");
                default:
                    break;
            }

            _text.Append(letter);
            _pattern.Append(letter);
        }

        public ShellWord ToWord() => new(_text.ToString(), _isPattern ? _pattern.ToString() : null);
    }
}
