using System.Globalization;
using VboxMem.FileTree;
using VboxMem.Kernel.PageCache;
using VboxMem.Procfs.Proc;

namespace VboxMem.Procfs.Pid;

/// <summary><c>/proc/PID/fd</c> and <c>fdinfo</c>: what the descriptors of a process lead to. Its threads share them; a zombie has none.</summary>
/// <remarks>
/// fs/proc/fd.c: proc_fd_link, tid_fd_update_inode, seq_show; net/socket.c: sockfs_dname. Departs: no descriptor is closed at exec, and
/// no socket is non-blocking, so that these flags are never set.
/// </remarks>
internal static class Descriptors
{
    private const int ReadLink = 0b101_000_000;
    private const int ReadWriteLink = 0b111_000_000;

    /// <summary>Flags of open(2), octal: 0100000 is O_LARGEFILE, 02000 O_APPEND, 02 O_RDWR.</summary>
    private const int LargeFile = 0x8000;
    private const int Append = 0x400;
    private const int ReadWrite = 2;

    /// <summary>Names of the open ones, ascending.</summary>
    public static IReadOnlyList<string> NamesOf(in Subject subject)
    {
        var names = new List<string>();
        for (var descriptor = 0; descriptor < subject.Task.Files.Count; descriptor++)
        {
            if (IsOpen(subject, descriptor))
            {
                names.Add(descriptor.ToString(CultureInfo.InvariantCulture));
            }
        }

        return names;
    }

    public static bool IsOpen(in Subject subject, int descriptor) => OpenDescriptor.TryGet(subject.Machine, subject.Task, descriptor, out _);

    /// <summary>Where the link of an open descriptor points.</summary>
    public static Errno TryTarget(in Subject subject, int descriptor, out string target)
    {
        target = "";
        if (!OpenDescriptor.TryGet(subject.Machine, subject.Task, descriptor, out var open))
        {
            return Errno.ENOENT;
        }

        target = open.File is not { } file ? string.Create(CultureInfo.InvariantCulture, $"socket:[{open.InodeNumber}]")
            : file.IsDeleted ? file.Path + " (deleted)"
            : file.Path;
        return Errno.None;
    }

    /// <summary>Mode of the link: what it is open for.</summary>
    public static int ModeOf(in Subject subject, int descriptor) =>
        OpenDescriptor.TryGet(subject.Machine, subject.Task, descriptor, out var open) && (open.Flags & OpenFlags.Write) != 0 ? ReadWriteLink : ReadLink;

    /// <summary>A file of fdinfo.</summary>
    public static Errno RenderInfo(in Subject subject, int descriptor, ProcText text)
    {
        if (!OpenDescriptor.TryGet(subject.Machine, subject.Task, descriptor, out var open))
        {
            return Errno.ENOENT;
        }

        var flags = (open.Flags & OpenFlags.Write) != 0 ? ReadWrite : 0;
        flags |= (open.Flags & OpenFlags.Append) != 0 ? Append : 0;
        flags |= open.File is null ? 0 : LargeFile;
        text.Literal("pos:\t"u8).Number(open.Position).Literal("\nflags:\t0"u8).Text(Convert.ToString(flags, 8));
        text.Literal("\nmnt_id:\t"u8).Number((long)MountTable.IdOf(subject.Machine, open));
        text.Literal("\nino:\t"u8).Number(open.InodeNumber).NewLine();
        return Errno.None;
    }
}
