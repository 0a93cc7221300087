using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;

namespace VboxMem.Procfs;

/// <summary>Owners of files on the host.</summary>
internal static partial class HostOwner
{
    private const int NotPermitted = 1;
    private const int Invalid = 22;

    /// <summary>
    /// Gives a file, directory or link (itself, not what it points at) to a user and a group. Nothing happens where the caller may
    /// not: unless it is root, or where root's own namespace has no such user.
    /// </summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static void Set(string path, uint userId, uint groupId)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return;
        }

        if (lchown(Encoding.UTF8.GetBytes(path + '\0'), userId, groupId) != 0
            && Marshal.GetLastPInvokeError() is var error and not (NotPermitted or Invalid))
        {
            throw new IOException(new Win32Exception(error).Message);
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int lchown(byte[] path, uint owner, uint group);
}
