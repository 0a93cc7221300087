namespace VboxMem.Procfs;

/// <summary>Spelling of absolute paths.</summary>
internal static class TreePath
{
    /// <summary>Takes out empty, "." and ".." parts and a final slash.</summary>
    /// <returns>False for a path that is not absolute.</returns>
    public static bool TryNormalize(string path, out string normal)
    {
        normal = path;
        if (!path.StartsWith('/'))
        {
            return false;
        }

        var parts = new List<string>();
        foreach (var part in path.Split('/'))
        {
            if (part == "..")
            {
                parts.RemoveRange(Math.Max(parts.Count - 1, 0), Math.Min(parts.Count, 1));
            }
            else if (part is not ("" or "."))
            {
                parts.Add(part);
            }
        }

        normal = "/" + string.Join('/', parts);
        return true;
    }
}
