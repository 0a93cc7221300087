using System.Globalization;
using VboxMem.Kernel.Sched;

namespace VboxMem.Procfs.Pid;

/// <summary>Renders <c>/proc/PID/limits</c>: a table of names, soft and hard limits, units. Blanks fill all columns.</summary>
/// <remarks>fs/proc/base.c: proc_pid_limits.</remarks>
internal static class Limits
{
    private const int NameWidth = 25;
    private const int LimitWidth = 20;
    private const int UnitWidth = 10;

    public static void Render(in Subject subject, ProcText text)
    {
        text.TextLeft("Limit", NameWidth).Literal(" "u8).TextLeft("Soft Limit", LimitWidth).Literal(" "u8);
        text.TextLeft("Hard Limit", LimitWidth).Literal(" "u8).TextLeft("Units", UnitWidth).NewLine();
        foreach (var limit in ResourceLimits.Of(subject.Machine, subject.Task))
        {
            text.TextLeft(limit.Name, NameWidth).Literal(" "u8);
            text.TextLeft(WordOf(limit.Soft), LimitWidth).Literal(" "u8).TextLeft(WordOf(limit.Hard), LimitWidth).Literal(" "u8);
            text.TextLeft(limit.Unit, limit.Unit.Length > 0 ? UnitWidth : 0).NewLine();
        }
    }

    private static string WordOf(ulong limit) =>
        limit == ResourceLimits.Unlimited ? "unlimited" : limit.ToString(CultureInfo.InvariantCulture);
}
