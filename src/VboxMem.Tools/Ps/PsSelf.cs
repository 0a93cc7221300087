using VboxMem.Tools.Processes;

namespace VboxMem.Tools.Ps;

/// <summary>Who asks, as far as it selects processes: <c>/proc/self</c>, which in a dump and on the box is init.</summary>
/// <param name="Terminal">Its terminal.</param>
/// <param name="EffectiveUser">Its user.</param>
internal sealed record PsSelf(int Terminal, uint EffectiveUser)
{
    private const int NoProcCode = 47;

    /// <exception cref="ToolException">There is no <c>/proc/self</c>.</exception>
    internal static PsSelf Read(ToolContext context)
    {
        const string stat = "/proc/self/stat", status = "/proc/self/status";
        if (context.Tree.TryRead(stat, out var content) != FileTree.Errno.None || content.IsEmpty)
            throw new ToolException("mount -t proc proc /proc", NoProcCode);
        var terminal = PidStat.Parse(content.Span, stat, out _).Terminal;
        var hasStatus = context.Tree.TryRead(status, out content) == FileTree.Errno.None;
        return new PsSelf(terminal, hasStatus ? PidStatus.Parse(content.Span, status, out _).EffectiveUser : 0);
    }
}
