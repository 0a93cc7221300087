using System.Globalization;
using VboxMem.Tools.Parsing;

namespace VboxMem.Tools.Sar;

/// <summary>-u and -u ALL: shares of CPU time.</summary>
internal sealed class CpuReport(bool allFields, CpuSelection selection) : SarReport("cpu", allFields ? AllColumns : FewColumns)
{
    private static readonly string[] FewColumns = ["%user", "%nice", "%system", "%iowait", "%steal", "%idle"];
    private static readonly string[] AllColumns =
        ["%usr", "%nice", "%sys", "%iowait", "%steal", "%irq", "%soft", "%guest", "%gnice", "%idle"];

    internal override string LabelColumn => "CPU";

    internal override IReadOnlyList<SarRow> Average(SarReading first, SarReading last) => Interval(first, last);

    internal override IReadOnlyList<SarRow> Interval(SarReading before, SarReading now)
    {
        var cpus = SarCpus.Between(before, now);
        var rows = new List<SarRow>();
        for (var row = 0; row < cpus.Now.Length; row++)
        {
            if (cpus.IsOff[row] || !selection.Has(row)) continue;
            var label = row == 0 ? "all" : (row - 1).ToString(CultureInfo.InvariantCulture);
            var total = row == 0 ? cpus.Total : cpus.Interval(row);
            rows.Add(new SarRow(label, total == 0 ? Idle() : Shares(cpus.Before[row], cpus.Now[row], total)));
        }

        return rows;
    }

    /// <summary>A CPU whose counters stand still does so because it sleeps without ticks.</summary>
    private SarFigure[] Idle()
    {
        var figures = new SarFigure[Columns.Count];
        Array.Fill(figures, SarFigure.Percent(0));
        figures[^1] = SarFigure.Percent(100);
        return figures;
    }

    private SarFigure[] Shares(in CpuTicks before, in CpuTicks now, ulong total)
    {
        static SarFigure Forward(ulong before, ulong now, ulong total) => SarFigure.Percent(now < before ? 0 : Share(before, now, total));
        unchecked
        {
            if (!allFields)
            {
                return
                [
                    Forward(before.User, now.User, total), Forward(before.Nice, now.Nice, total),
                    Forward(before.System + before.Irq + before.SoftIrq, now.System + now.Irq + now.SoftIrq, total),
                    Forward(before.IoWait, now.IoWait, total), Forward(before.Steal, now.Steal, total), Forward(before.Idle, now.Idle, total),
                ];
            }

            return
            [
                Forward(before.User - before.Guest, now.User - now.Guest, total), Forward(before.Nice - before.GuestNice, now.Nice - now.GuestNice, total),
                Forward(before.System, now.System, total), Forward(before.IoWait, now.IoWait, total), Forward(before.Steal, now.Steal, total),
                Forward(before.Irq, now.Irq, total), Forward(before.SoftIrq, now.SoftIrq, total),
                Forward(before.Guest, now.Guest, total), Forward(before.GuestNice, now.GuestNice, total), Forward(before.Idle, now.Idle, total),
            ];
        }
    }
}
