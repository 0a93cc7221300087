namespace VboxMem.Kernel.PageCache;

/// <summary>What a mapping of a file is called by: path, device, inode number.</summary>
/// <param name="Path">Absolute; where it was, if it has been removed since.</param>
/// <param name="IsDeleted">No name leads to it any more.</param>
/// <param name="Major">Of its device.</param>
/// <param name="Minor">Of its device.</param>
/// <param name="Number">Of its inode.</param>
/// <remarks>
/// fs/d_path.c: d_path; mm/shmem.c: shmem_zero_setup. Departs: a tmpfs's files have the machine's own numbers, and its device
/// the minor numbers from 24 on in order of mounting (Linux gives them out to all that is mounted; the root's is 2, as captured); a
/// disk as a file, whose cached pages are its file systems' metadata, has the number of that disk and inode 0.
/// </remarks>
public readonly record struct FileIdentity(string Path, bool IsDeleted, uint Major, uint Minor, ulong Number)
{
    private const uint KernelTmpfsMinor = 1;

    /// <summary>Of a root in memory.</summary>
    public const uint RootTmpfsMinor = 2;

    /// <summary>Of the first tmpfs that is mounted besides.</summary>
    public const uint FirstTmpfsMinor = 24;

    public static FileIdentity Of(Machine machine, int inode)
    {
        var files = machine.FileSystems;
        ref var file = ref files.Inodes[inode];
        if (file.Mount < 0)
        {
            return new FileIdentity("/dev/zero", IsDeleted: true, 0, KernelTmpfsMinor, (ulong)inode);
        }

        var mount = files.Mounts[file.Mount];
        if (file.Kind == InodeKind.BlockDevice)
        {
            var disk = machine.Configuration.Disks[mount.Disk];
            return new FileIdentity("/dev/" + disk.Name, IsDeleted: false, Block.Disk.Major, (uint)(mount.Disk * Block.Disk.MinorsPerDisk), 0);
        }

        var path = PathOf(files, file);
        return mount.IsTmpfs
            ? new FileIdentity(path, file.Links == 0, 0, TmpfsMinor(files, file.Mount), (ulong)inode)
            : new FileIdentity(path, file.Links == 0, Block.Disk.Major, (uint)(mount.Disk * Block.Disk.MinorsPerDisk), file.Number);
    }

    private static string PathOf(FileSystems files, in Inode file)
    {
        var path = "";
        for (var name = file.Name; name != 0; name = files.Inodes[files.Names[name].Parent].Name)
        {
            path = "/" + files.Names[name].Text + path;
        }

        path = files.Mounts[file.Mount].Path.TrimEnd('/') + path;
        return path.Length == 0 ? "/" : path;
    }

    private static uint TmpfsMinor(FileSystems files, int mount)
    {
        if (files.Mounts[mount].Path == "/")
        {
            return RootTmpfsMinor;
        }

        var minor = FirstTmpfsMinor;
        for (var earlier = 0; earlier < mount; earlier++)
        {
            minor += files.Mounts[earlier].IsTmpfs && files.Mounts[earlier].Path != "/" ? 1u : 0;
        }

        return minor;
    }
}
