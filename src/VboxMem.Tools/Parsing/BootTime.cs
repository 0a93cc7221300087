using VboxMem.FileTree;

namespace VboxMem.Tools.Parsing;

/// <summary>Turns time since boot into dates, by the <c>btime</c> of /proc/stat: whole seconds, UTC.</summary>
internal static class BootTime
{
    /// <summary>A hundred years before the end of the year 9999, so that any uptime can be added.</summary>
    private const ulong LatestSeconds = 250_246_540_800;

    /// <exception cref="ToolException">The tree does not tell.</exception>
    internal static DateTime Of(ToolContext context)
    {
        var seconds = ToolSession.Load<Stat>(context, Stat.Path, Stat.Parse, errno =>
            errno == Errno.None ? $"cannot read {Stat.Path}" : $"cannot open {Stat.Path}: {errno.Describe()}").BootTime;
        if (seconds is null) throw new ToolException($"{Stat.Path}: no btime, which times are told by");
        if (seconds > LatestSeconds) throw new ToolException($"{Stat.Path}: btime is {seconds}, allowed is up to {LatestSeconds}");
        return DateTime.UnixEpoch.AddSeconds(seconds.Value);
    }
}
