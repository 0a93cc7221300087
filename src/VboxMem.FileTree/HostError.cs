namespace VboxMem.FileTree;

/// <summary>Why the base library could not do something to the host's files, in the system's words and without the path.</summary>
public static class HostError
{
    public static string Describe(Exception error) => error switch
    {
        FileNotFoundException or DirectoryNotFoundException => Errno.ENOENT.Describe(),
        PathTooLongException => Errno.ENAMETOOLONG.Describe(),
        UnauthorizedAccessException { InnerException: IOException cause } => Describe(cause),
        UnauthorizedAccessException => Errno.EACCES.Describe(),
        IOException when error.HResult > 0 && Enum.IsDefined((Errno)error.HResult) => ((Errno)error.HResult).Describe(),
        _ => error.Message,
    };
}
