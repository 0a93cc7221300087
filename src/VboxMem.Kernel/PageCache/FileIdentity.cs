namespace VboxMem.Kernel.PageCache;

/// <summary>What a mapping of a file is called by: path, device, inode number.</summary>
/// <param name="Path">Absolute; where it was, if it has been removed since.</param>
/// <param name="IsDeleted">No name leads to it any more.</param>
/// <param name="Major">Of its device.</param>
/// <param name="Minor">Of its device.</param>
/// <param name="Number">Of its inode.</param>
/// <remarks>
/// fs/d_path.c: d_path; mm/shmem.c: shmem_zero_setup. Departs: a tmpfs's files have the machine's own numbers, and its device
/// the minor numbers from 24 on in order of mounting (Linux gives them out to all that is mounted; the root's is 2, as captured).
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

        var path = PathOf(files, file);
        var mount = files.Mounts[file.Mount];
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

        return files.Mounts[file.Mount].Path.TrimEnd('/') + path;
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
