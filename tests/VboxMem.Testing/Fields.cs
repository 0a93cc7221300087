// Splitting captured text into lines and blank-separated fields.

namespace VboxMem.Testing;

internal static class Fields
{
    private static readonly char[] Blanks = [' ', '\t'];

    /// <summary>The fields of every line that is not empty.</summary>
    public static IEnumerable<string[]> OfLines(string text)
    {
        foreach (var line in text.Split('\n'))
        {
            var fields = Of(line);
            if (fields.Length > 0) yield return fields;
        }
    }

    public static string[] Of(string line) => line.Split(Blanks, StringSplitOptions.RemoveEmptyEntries);
}
