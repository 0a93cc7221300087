// A log's messages as strings, for tests.

using System.Text;
using VboxMem.Kernel.Log;

namespace VboxMem.Kernel.Tests.Log;

internal static class LogText
{
    /// <summary>The texts of all messages.</summary>
    public static List<string> Texts(this KernelLog log)
    {
        var texts = new List<string>();
        foreach (var record in log.RecordsFrom(0)) texts.Add(Encoding.UTF8.GetString(record.Text));
        return texts;
    }

    /// <summary>The texts with their levels in front.</summary>
    public static List<string> LeveledTexts(this KernelLog log)
    {
        var texts = new List<string>();
        foreach (var record in log.RecordsFrom(0)) texts.Add($"<{(int)record.Level}>{Encoding.UTF8.GetString(record.Text)}");
        return texts;
    }
}
