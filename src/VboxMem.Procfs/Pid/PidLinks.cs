using VboxMem.FileTree;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Virtual;

namespace VboxMem.Procfs.Pid;

/// <summary>The links <c>exe</c>, <c>cwd</c> and <c>root</c> of a process.</summary>
/// <remarks>fs/proc/base.c: proc_exe_link, proc_cwd_link, proc_root_link. Departs: no program of the box ever leaves the root directory.</remarks>
internal static class PidLinks
{
    /// <summary>The program's file; nothing where there is no address space.</summary>
    public static Errno TryExecutable(in Subject subject, out string target)
    {
        target = "";
        if (subject.Memory is not { } mm)
        {
            return Errno.ENOENT;
        }

        var isDeleted = mm.Find(UserSpace.PageOf(mm.StartCode)) is { Inode: > 0 } area && FileIdentity.Of(subject.Machine, area.Inode).IsDeleted;
        target = isDeleted ? subject.Task.Executable + " (deleted)" : subject.Task.Executable;
        return Errno.None;
    }

    public static Errno TryWorkingDirectory(in Subject subject, out string target) => TryRoot(subject, out target);

    /// <summary>A zombie has none.</summary>
    public static Errno TryRoot(in Subject subject, out string target)
    {
        target = subject.IsZombie ? "" : "/";
        return subject.IsZombie ? Errno.ENOENT : Errno.None;
    }
}
