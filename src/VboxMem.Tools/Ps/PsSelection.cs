// Which processes are shown.
//
// The options without a list amount to a table over four questions: is the user ours, does it lead its session, has it no terminal, has
// it ours. What a list names is shown besides; with a list alone, only that. A filter takes away from what the other options select; by
// itself it takes away from all processes.
//
// Models  procps-ng 4.0.2 and 4.0.4.

namespace VboxMem.Tools.Ps;

internal sealed class PsSelection
{
    private readonly PsRequest _request;
    private readonly PsSelf _self;
    private readonly int _table;

    internal PsSelection(PsRequest request, PsSelf self)
    {
        _request = request;
        _self = self;
        _table = TableOf(request) ?? 0;
    }

    internal static bool IsPossible(PsRequest request) => TableOf(request) is not null;

    /// <summary>Bit n tells about the processes whose answers, ours 1, leader 2, no terminal 4, our terminal 8, add up to n.</summary>
    private static int? TableOf(PsRequest request)
    {
        if (request.Simple == PsSimple.None && !request.PrefersBsd) return 0xaa00;   // ours on our terminal
        var isUnix = (request.Simple & (PsSimple.UnixA | PsSimple.UnixD)) != 0;
        return (isUnix ? request.Simple : request.Simple | PsSimple.BsdG) switch
        {
            PsSimple.UnixA | PsSimple.UnixD => 0x3f3f,                        // all but leaders without terminal
            PsSimple.UnixA => 0x0303,                                         // with terminal, but no leaders
            PsSimple.UnixD => 0x3333,                                         // no leaders
            PsSimple.BsdG => 0x0a0a,                                          // ours with a terminal
            PsSimple.BsdG | PsSimple.BsdA => 0x0f0f,                          // with terminal
            PsSimple.BsdG | PsSimple.BsdX => 0xaaaa,                          // ours
            PsSimple.BsdG | PsSimple.BsdX | PsSimple.BsdA => 0xffff,
            _ => null,
        };
    }

    internal bool Wants(PsProcess process)
    {
        var accepted = _request.AllProcesses
            || ((_request.Simple != PsSimple.None || _request.Selectors.Count == 0) && IsInTable(process))
            || IsListed(process);
        if (_request.RunningOnly && process.Record.State is not ((byte)'R' or (byte)'D')) accepted = false;
        return accepted != _request.Negated && (_request.Filter is not { } filter || filter.Matches(process.FiguresFor(filter)));
    }

    private bool IsInTable(PsProcess process)
    {
        var record = process.Record;
        var index = (record.EffectiveUser == _self.EffectiveUser ? 1 : 0)
            | (record.Stat.Session == record.Tgid ? 2 : 0)
            | (record.Stat.Terminal == 0 ? 4 : 0)
            | (record.Stat.Terminal == _self.Terminal ? 8 : 0);
        return (_table & (1 << index)) != 0;
    }

    private bool IsListed(PsProcess process)
    {
        foreach (var selector in _request.Selectors)
        {
            foreach (var number in selector.Numbers)
            {
                if (process.Matches(selector.By, number)) return true;
            }

            foreach (var name in selector.Names)
            {
                if (IsNamed(process.Name, name)) return true;
            }
        }

        return false;
    }

    /// <summary>The kernel keeps 15 characters of a name: a longer one that begins so is meant.</summary>
    private static bool IsNamed(string name, string asked)
    {
        const int kept = 15;
        return name == asked
            || (name.Length == kept && asked.Length > kept && asked.StartsWith(name, StringComparison.Ordinal));
    }
}
