// Paths inside a directory that stands for "/", resolved by the kernel at one go: openat2(2) with RESOLVE_IN_ROOT, since Linux 5.6.
//
// The directory is kept open. If another one has taken its place on the host (a dump written anew), it is opened anew: who lists a directory
// looks after that, and so does every answer that something is not there.
//
// Invariant
//   O1  It answers only what is certain; whatever else happens (an older kernel, links of procfs that the call does not follow, a rename
//       meanwhile) it says that it does not know.
//
// Models  openat2(2).

using Microsoft.Win32.SafeHandles;

namespace VboxMem.FileTree;

/// <param name="path">The directory on the host.</param>
#pragma warning disable CA1001 // a tree lives as long as whoever reads from it, and is not closed; the handle closes itself
internal sealed class RootDirectory(string path)
#pragma warning restore CA1001
{
    private static bool _isForbidden;

    private SafeFileHandle? _open;
    private HostFiles.FileIdentity _identity;

    /// <summary>Opens what a path names.</summary>
    /// <param name="inside">The path inside.</param>
    /// <param name="isReading">For reading; else only to describe it, a link itself.</param>
    /// <param name="descriptor">The open file; the caller closes it.</param>
    /// <returns>None; ENOENT: it is not there; null: not known.</returns>
    public Errno? TryOpen(string inside, bool isReading, out int descriptor)
    {
        descriptor = -1;
        if (_isForbidden || (_open is null && !Reopen())) return null;
        var errno = OpenInside(inside, isReading, out descriptor);
        if (errno != Errno.ENOENT) return errno == Errno.None ? errno : null;
        if (IsStillThere()) return errno;
        if (!Reopen()) return null;
        errno = OpenInside(inside, isReading, out descriptor);
        return errno is Errno.None or Errno.ENOENT ? errno : null;
    }

    /// <summary>Looks whether it is still the same directory.</summary>
    public void Check()
    {
        if (_open is not null && !IsStillThere()) Reopen();
    }

    private Errno OpenInside(string inside, bool isReading, out int descriptor)
    {
        var root = _open!;
        var errno = HostFiles.TryOpenInRoot((int)root.DangerousGetHandle(), inside, isReading, out descriptor, out var isKnown);
        GC.KeepAlive(root);
        if (!isKnown) _isForbidden = true;
        return isKnown ? errno : Errno.ENOTSUP;
    }

    private bool IsStillThere() => HostFiles.TryStat(path, followLink: true, out var stat) == Errno.None && stat.Identity == _identity;

    private bool Reopen()
    {
        _open?.Dispose();
        _open = null;
        if (HostFiles.TryOpenPath(path, out var descriptor) != Errno.None) return false;
        _open = new SafeFileHandle(descriptor, ownsHandle: true);
        if (HostFiles.TryStat(descriptor, out var stat) != Errno.None) return false;
        _identity = stat.Identity;
        return true;
    }
}
