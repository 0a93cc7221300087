using System.Globalization;

namespace VboxMem.Procfs.Tests.Debug;

/// <summary>A table of debug/vbox as a reader parses it: names in the first line, then a value for each; the last one may hold blanks.</summary>
internal sealed class DebugTable
{
    private readonly List<Dictionary<string, string>> _rows = [];

    private DebugTable(string text, bool endsInText)
    {
        var lines = text.Split('\n');
        Assert.Equal("", lines[^1]);
        var names = Split(lines[0], int.MaxValue);
        foreach (var line in lines[1..^1])
        {
            var values = Split(line, endsInText ? names.Length : int.MaxValue);
            Assert.Equal(names.Length, values.Length);
            _rows.Add(names.Zip(values).ToDictionary(static pair => pair.First, static pair => pair.Second));
        }
    }

    public static DebugTable Of(Box box, string name, bool endsInText = false) => new(box.Read("/sys/kernel/debug/vbox/" + name), endsInText);

    public IReadOnlyList<IReadOnlyDictionary<string, string>> Rows => _rows;

    public static long Number(IReadOnlyDictionary<string, string> row, string column) => long.Parse(row[column], CultureInfo.InvariantCulture);

    public long Sum(string column) => _rows.Sum(row => Number(row, column));

    private static string[] Split(string line, int most) => line.Split(' ', most, StringSplitOptions.RemoveEmptyEntries);
}
