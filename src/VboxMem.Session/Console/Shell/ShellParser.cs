// The grammar of a line: lists of pipelines of commands with redirections.
//
//   line      pipeline { ( ";" | "&&" | "||" | "&" ) pipeline } [ ";" | "&" ]
//   pipeline  command { "|" command }
//   command   ( WORD | redirection ) { WORD | redirection }
//
// Models   bash 5.2, as far as it goes; README.md lists what is left out.

namespace VboxMem.Session.Console.Shell;

internal sealed class ShellParser
{
    /// <summary>The longest line that is read.</summary>
    public const int LongestLine = 10_000;

    private static readonly string[] _keywords =
        ["if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "select", "function", "time", "coproc", "!", "{", "}", "[[", "]]"];

    private readonly ShellLexer _lexer;
    private ShellToken _current;

    private ShellParser(string line)
    {
        _lexer = new ShellLexer(line);
        _current = _lexer.Take();
    }

    /// <summary>Takes a line apart; one of nothing but blanks and a comment has no pipelines.</summary>
    /// <exception cref="ShellSyntaxException">It cannot be understood.</exception>
    public static ShellLine Parse(string line)
    {
        if (line.Length > LongestLine)
        {
            throw new ShellSyntaxException(FormattableString.Invariant($"too long, allowed are {LongestLine} characters"));
        }

        return line.AsSpan().IndexOfAny('\n', '\r', '\0') >= 0
            ? throw new ShellSyntaxException("a line has no line ends and zeros in it")
            : new ShellParser(line).ParseLine();
    }

    private ShellLine ParseLine()
    {
        var pipelines = new List<ShellPipeline>();
        var joint = Joint.Always;
        while (!_current.IsEnd)
        {
            var stages = ParseStages();
            var isBackground = _current.Operator == "&";
            pipelines.Add(new ShellPipeline(stages, joint, isBackground));
            if (_current.IsEnd)
            {
                return new ShellLine(pipelines);
            }

            joint = _current.Operator switch { "&&" => Joint.OnSuccess, "||" => Joint.OnFailure, _ => Joint.Always };
            Advance();
        }

        return joint == Joint.Always ? new ShellLine(pipelines) : throw new ShellSyntaxException("syntax error: unexpected end of file");
    }

    private List<ShellStage> ParseStages()
    {
        var stages = new List<ShellStage> { ParseStage() };
        while (_current.Operator == "|")
        {
            Advance();
            stages.Add(ParseStage());
        }

        return stages;
    }

    private ShellStage ParseStage()
    {
        var words = new List<ShellWord>();
        var redirections = new List<Redirection>();
        while (!_current.IsEnd && _current.Operator is not ("|" or "||" or "&&" or "&" or ";"))
        {
            if (_current.Word is { } word)
            {
                CheckFirst(words.Count, word, _current.IsPlain);
                words.Add(word);
                Advance();
            }
            else
            {
                redirections.Add(ParseRedirection());
            }
        }

        return words.Count > 0 ? new ShellStage(words, redirections)
            : redirections.Count > 0 ? throw new ShellSyntaxException("a redirection without a command")
            : _current.IsEnd ? throw new ShellSyntaxException("syntax error: unexpected end of file")
            : throw Unexpected();
    }

    private static void CheckFirst(int place, ShellWord word, bool isPlain)
    {
        if (place > 0 || !isPlain)
        {
            return;
        }

        if (Array.IndexOf(_keywords, word.Text) >= 0)
        {
            throw new ShellSyntaxException($"{word.Text} is not known here: a line is commands with | ; && || and &");
        }

        var equals = word.Text.IndexOf('=', StringComparison.Ordinal);
        if (equals > 0 && word.Text.AsSpan(0, equals).IndexOfAnyExcept(_nameLetters) < 0 && !char.IsAsciiDigit(word.Text[0]))
        {
            throw new ShellSyntaxException($"{word.Text}: variables are not known here");
        }
    }

    private static readonly System.Buffers.SearchValues<char> _nameLetters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

    private Redirection ParseRedirection()
    {
        var sign = _current.Operator;
        Advance();
        if (_current.Word is not { } target)
        {
            throw Unexpected();
        }

        Advance();
        if (target.Pattern is not null)
        {
            throw new ShellSyntaxException($"{target.Text}: patterns are not known behind {sign}; quote it");
        }

        switch (sign)
        {
            case "2>&" when target.Text == "1":
                return new Redirection(RedirectionKind.ErrorToOutput);
            case ">&" or "1>&" when target.Text == "2":
                return new Redirection(RedirectionKind.OutputToError);
            case "2>&" or ">&" or "1>&":
                throw new ShellSyntaxException($"{sign}{target.Text} is not known here: descriptors are 1 and 2");
            default:
                var kind = sign switch
                {
                    "<" => RedirectionKind.Input,
                    "2>" or "2>>" => RedirectionKind.Error,
                    "&>" or "&>>" => RedirectionKind.Both,
                    _ => RedirectionKind.Output,
                };
                return new Redirection(kind, target.Text);
        }
    }

    private void Advance() => _current = _lexer.Take();

    private ShellSyntaxException Unexpected() =>
        new($"syntax error near unexpected token `{(_current.IsEnd ? "newline" : _current.Operator)}'");
}
