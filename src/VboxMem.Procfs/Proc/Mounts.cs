using VboxMem.Kernel;

namespace VboxMem.Procfs.Proc;

/// <summary>Renders <c>/proc/PID/mounts</c> and <c>mountinfo</c>, the same for every process.</summary>
/// <remarks>fs/proc_namespace.c: show_vfsmnt, show_mountinfo.</remarks>
internal static class Mounts
{
    public static void Render(Machine machine, ProcText text)
    {
        foreach (var mount in MountTable.Of(machine))
        {
            text.Text(mount.Source).Literal(" "u8).Text(mount.Path).Literal(" "u8).Text(mount.Type).Literal(" "u8);
            text.Text(mount.Flags).Text(mount.Options).Literal(" 0 0\n"u8);
        }
    }

    /// <summary>Number, number of the mount it lies in, device, root within it, path, flags; nothing of propagation; type, source, options.</summary>
    public static void RenderInfo(Machine machine, ProcText text)
    {
        var mounts = MountTable.Of(machine);
        for (var i = 0; i < mounts.Count; i++)
        {
            var mount = mounts[i];
            text.Number((long)MountTable.IdOf(mounts, i)).Literal(" "u8).Number((long)MountTable.ParentIdOf(mounts, i)).Literal(" "u8);
            text.Number((ulong)mount.Major).Literal(":"u8).Number((ulong)mount.Minor).Literal(" / "u8);
            text.Text(mount.Path).Literal(" "u8).Text(mount.Flags).Literal(" - "u8);
            text.Text(mount.Type).Literal(" "u8).Text(mount.Source).Literal(" rw"u8).Text(mount.Options).NewLine();
        }
    }
}
