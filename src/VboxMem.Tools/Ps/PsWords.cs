namespace VboxMem.Tools.Ps;

/// <summary>Walks over the words of ps's command line and the letters of a word.</summary>
internal sealed class PsWords(IReadOnlyList<string> arguments)
{
    private int _word = -1;
    private int _letter;

    /// <summary>How many words there are.</summary>
    internal int Count => arguments.Count;

    /// <summary>The word under way.</summary>
    internal string Word => arguments[_word];

    internal bool TryNextWord()
    {
        _word++;
        return _word < arguments.Count;
    }

    /// <summary>Begins with the letters of the word.</summary>
    /// <param name="before">Index of what stands before the first letter: a dash, or -1.</param>
    internal void StartLetters(int before) => _letter = before;

    internal bool TryNextLetter(out char letter)
    {
        _letter++;
        letter = _letter < Word.Length ? Word[_letter] : '\0';
        return _letter < Word.Length;
    }

    /// <summary>What is left of the word from the letter under way on.</summary>
    internal string FromLetter => Word[_letter..];

    /// <summary>The argument of an option: the rest of the word behind its letter, else the next word, if that is not empty.</summary>
    internal string? TakeArgument()
    {
        if (_letter + 1 < Word.Length) return Word[(_letter + 1)..];
        return TakeWord();
    }

    /// <summary>The next word, if there is one that is not empty.</summary>
    internal string? TakeWord() =>
        _word + 1 < arguments.Count && arguments[_word + 1].Length > 0 ? arguments[++_word] : null;
}
