namespace VboxMem.Testing;

/// <summary>Texts with a few random changes, for readers that must refuse what they cannot read and never break.</summary>
public static class DamagedText
{
    /// <summary>Removes, doubles, replaces and inserts, at random places.</summary>
    /// <param name="text">What is damaged.</param>
    /// <param name="alphabet">Characters that are put in.</param>
    /// <param name="mostChanges">At least one change is made.</param>
    /// <param name="random">Decides.</param>
    public static string Of(string text, string alphabet, int mostChanges, Random random)
    {
        for (var changes = random.Next(1, mostChanges + 1); changes > 0 && text.Length > 0; changes--)
        {
            var place = random.Next(text.Length);
            text = random.Next(4) switch
            {
                0 => text.Remove(place, 1),
                1 => text.Insert(place, text.Substring(place, Math.Min(random.Next(1, 12), text.Length - place))),
                2 => text[..place] + alphabet[random.Next(alphabet.Length)] + text[(place + 1)..],
                _ => text.Insert(place, alphabet[random.Next(alphabet.Length)].ToString()),
            };
        }

        return text;
    }
}
