namespace VboxMem.Tools.Options;

/// <summary>Lists of names as util-linux takes them apart.</summary>
internal static class CommaList
{
    /// <summary>The names between commas; a comma at the end is taken for part of the last name.</summary>
    /// <exception cref="SilentFailureException">A name is empty, upon which util-linux's programs end without a word.</exception>
    internal static IEnumerable<string> Split(string list)
    {
        for (var start = 0; start < list.Length;)
        {
            var comma = list.IndexOf(',', start);
            var end = comma < 0 || comma == list.Length - 1 ? list.Length : comma;
            if (end == start) throw new SilentFailureException();
            yield return list[start..end];
            start = end + 1;
        }
    }
}
