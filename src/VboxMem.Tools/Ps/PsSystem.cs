// What ps needs of the system besides its processes: how long it is up, when it was booted, its memory, its users; read when first
// asked for, and kept.
//
// Models  procps-ng 4.0.2 and 4.0.4.
// Departs the present moment is the box's clock; where a tree has none, its boot time and uptime together.

using VboxMem.FileTree;
using VboxMem.Tools.Parsing;
using VboxMem.Tools.Processes;

namespace VboxMem.Tools.Ps;

internal sealed class PsSystem(ToolContext context, Accounts accounts, PsRequest request)
{
    internal const ulong TicksPerSecond = 100;

    private ulong? _bootTime;
    private ulong? _memoryTotal;
    private Uptime? _uptime;

    internal ToolContext Context => context;

    internal Accounts Accounts => accounts;

    internal PsRequest Request => request;

    internal bool IsUtf8 => context.IsUtf8;

    /// <summary>Seconds since 1970 at boot.</summary>
    internal ulong BootTime => _bootTime ??= ToolSession.Load<Stat>(
        context, Stat.Path, Stat.Parse, _ => "Unable to get system boot time").BootTime ?? 0;

    /// <summary>kB.</summary>
    internal ulong MemoryTotal => _memoryTotal ??= ToolSession.Load<Meminfo>(
        context, Meminfo.Path, Meminfo.Parse, _ => "Unable to get total memory").MemTotal ?? 0;

    /// <summary>Ticks since boot; 0 where the tree does not tell.</summary>
    internal ulong UptimeTicks => ReadUptime().Centiseconds;

    /// <summary>The present moment, seconds since 1970 in the time zone of the box.</summary>
    internal long Now => context.Clock is { } clock
        ? (long)Math.Floor((clock.Now - DateTime.UnixEpoch).TotalSeconds)
        : unchecked((long)(BootTime + (UptimeTicks / TicksPerSecond)));

    private Uptime ReadUptime()
    {
        if (_uptime is { } known) return known;
        var isThere = context.Tree.TryRead(Uptime.Path, out var content) == Errno.None && !content.IsEmpty;
        _uptime = isThere ? Uptime.Parse(content.Span) : default(Uptime);
        return _uptime.Value;
    }
}
