using System.Text;

namespace VboxMem.Session.Console.Commands;

/// <summary>Names in messages as coreutils quotes them: in single quotes, so that a shell would read them back.</summary>
internal static class Quoted
{
    public static string Of(string name)
    {
        var text = new StringBuilder();
        var needsOther = name.Contains('\'', StringComparison.Ordinal) && name.AsSpan().IndexOfAny("\"\\$`") < 0 && !name.Any(char.IsControl);
        if (needsOther)
        {
            return $"\"{name}\"";
        }

        text.Append('\'');
        foreach (var letter in name)
        {
            text.Append(letter switch
            {
                '\'' => "'\\''",
                '\n' => "'$'\\n''",
                '\t' => "'$'\\t''",
                _ when char.IsControl(letter) => $"'$'\\{Convert.ToString(letter, 8).PadLeft(3, '0')}''",
                _ => letter.ToString(),
            });
        }

        return text.Append('\'').ToString();
    }
}
