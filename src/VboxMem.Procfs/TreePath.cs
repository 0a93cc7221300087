namespace VboxMem.Procfs;

/// <summary>Spelling of absolute paths.</summary>
internal static class TreePath
{
    /// <summary>The directory a path lies in; the root lies in itself.</summary>
    public static string ParentOf(string path)
    {
        var slash = path.LastIndexOf('/');
        return slash <= 0 ? "/" : path[..slash];
    }

    /// <summary>The path of a name in a directory, "." and ".." among them. Neither has links in it.</summary>
    public static string Join(string directory, string name) => name switch
    {
        "." => directory,
        ".." => ParentOf(directory),
        _ => directory == "/" ? "/" + name : directory + "/" + name,
    };

    /// <summary>Puts the names of a path on a stack, so that the first comes off first.</summary>
    public static void PushParts(Stack<string> pending, string path)
    {
        var names = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (var i = names.Length - 1; i >= 0; i--)
        {
            pending.Push(names[i]);
        }
    }
}
