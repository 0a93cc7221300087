using VboxMem.Kernel.Sched;

namespace VboxMem.Kernel.PageCache;

/// <summary>What a descriptor of a process leads to.</summary>
/// <param name="File">The file; null: a socket.</param>
/// <param name="MountPath">Where the file's file system is mounted; empty for a socket, and for memory that has no name.</param>
/// <param name="Socket">The socket's number; 0: a file. It passes for the socket's inode number.</param>
/// <param name="Flags">How it was opened; a socket is open for both.</param>
/// <param name="Position">Where the next read or write begins, in bytes; of a file opened to append to, where it began last.</param>
/// <remarks>Departs: Linux gives sockets inode numbers that it does not soon use again.</remarks>
public readonly record struct OpenDescriptor(FileIdentity? File, string MountPath, int Socket, OpenFlags Flags, ulong Position)
{
    /// <summary>The number of the inode it leads to.</summary>
    public ulong InodeNumber => File is { } file ? file.Number : (ulong)Socket;

    /// <summary>What a descriptor leads to. False: it is not open.</summary>
    public static bool TryGet(Machine machine, Process task, int descriptor, out OpenDescriptor found)
    {
        found = default;
        var number = FileCalls.FileOf(task, descriptor);
        if (number == 0 || task.State == TaskState.Zombie)
        {
            return false;
        }

        ref var open = ref machine.FileSystems.Open[number];
        if (open.Socket != 0)
        {
            found = new OpenDescriptor(null, "", open.Socket, OpenFlags.Write, 0);
            return true;
        }

        var mount = machine.FileSystems.Inodes[open.Inode].Mount;
        found = new OpenDescriptor(
            FileIdentity.Of(machine, open.Inode), mount < 0 ? "" : machine.FileSystems.Mounts[mount].Path, 0, open.Flags, open.Position);
        return true;
    }
}
