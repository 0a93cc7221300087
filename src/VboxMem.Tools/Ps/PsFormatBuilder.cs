// The columns of the formats that have letters of their own: none, -f, -F, -l, -j, u, v, s, l, j, X, and what modifies them.
//
// Models  procps-ng 4.0.2 and 4.0.4.

namespace VboxMem.Tools.Ps;

internal sealed class PsFormatBuilder(PsRequest request, int pidWidth)
{
    private readonly List<PsColumn> _columns = [];

    private bool IsFull => request.Formats.HasFlag(PsFormats.Full);

    private bool IsLong => request.Formats.HasFlag(PsFormats.Long);

    internal List<PsColumn> Build()
    {
        var macro = request.Formats switch
        {
            PsFormats.None or PsFormats.Full or PsFormats.Long or (PsFormats.Full | PsFormats.Long) => null,
            PsFormats.BsdJobs => "OL_j",
            PsFormats.BsdLong => "OL_l",
            PsFormats.BsdSignals => "OL_s",
            PsFormats.BsdUser => "OL_u",
            PsFormats.BsdMemory => "OL_v",
            PsFormats.Registers => "OL_X",
            PsFormats.OldMemory => "OL_m",
            PsFormats.SecurityContext => "FLASK_context",
            _ => throw new PsOptionException("conflicting format options"),
        };
        if (macro is null)
        {
            BuildUnix();
        }
        else
        {
            Add(macro);
            Modify();
        }

        return _columns;
    }

    private bool Has(PsModifiers modifier) => request.Modifiers.HasFlag(modifier);

    private bool Has(PsThreads threads) => request.Threads.HasFlag(threads);

    private void Add(string name) => _columns.AddRange(PsFormatParser.Named(name, pidWidth));

    private void AddIf(bool condition, string name)
    {
        if (condition) Add(name);
    }

    private void BuildUnix()
    {
        if (Has(PsModifiers.ResidentForAddress) && !IsLong) throw new PsOptionException("modifier -y without format -l makes no sense");
        AddIdentity();
        AddUse();
        AddIf(IsFull, "stime");
        Add("tname");
        if (request.PrefersBsd)
        {
            AddIf(!IsLong, "stat");
            Add("bsdtime");
            Add(request.Formats != PsFormats.None ? "cmd" : "args");
        }
        else
        {
            Add("time");
            Add(IsFull ? "cmd" : "ucmd");
        }
    }

    private void AddIdentity()
    {
        AddIf(Has(PsModifiers.Security), "label");
        if (IsLong)
        {
            AddIf(!Has(PsModifiers.ResidentForAddress), "f");
            Add("s");
        }

        AddIf(IsFull, "uid_hack");
        AddIf(IsLong && !IsFull, "uid");
        Add("pid");
        AddIf(Has(PsThreads.UnixT), "spid");
        AddIf(IsFull || IsLong, "ppid");
        if (!Has(PsModifiers.Jobs)) return;
        Add("pgid");
        Add("sid");
    }

    private void AddUse()
    {
        AddIf(Has(PsThreads.UnixL), "lwp");
        AddIf(Has(PsModifiers.Processor), "psr");
        AddIf((IsFull || IsLong) && !Has(PsModifiers.Scheduling), "c");
        AddIf(Has(PsThreads.UnixL) && IsFull, "nlwp");
        if (Has(PsModifiers.Scheduling))
        {
            Add("class");
            Add("pri");
        }
        else if (IsLong)
        {
            Add("opri");
            Add("ni");
        }

        AddIf(IsLong, Has(PsModifiers.ResidentForAddress) ? "rss" : "addr_1");
        AddIf(IsLong || Has(PsModifiers.Fuller), "sz");
        AddIf(IsLong, "wchan");
        if (!Has(PsModifiers.Fuller)) return;
        AddIf(!(IsLong && Has(PsModifiers.ResidentForAddress)), "rss");
        AddIf(!Has(PsModifiers.Processor), "psr");
    }

    private void Modify()
    {
        if (Has(PsModifiers.Jobs))
        {
            if (!InsertAfter("PPID", "pgid")) InsertAfter("PID", "pgid");
            if (!InsertAfter("PGID", "sid")) throw new PsOptionException("lost my PGID");
        }

        if (Has(PsModifiers.ResidentForAddress))
        {
            Remove("F");
            if (InsertAfter("ADDR", "rss")) Remove("ADDR");
        }

        if (Has(PsModifiers.Scheduling)) ModifyScheduling();
        if (Has(PsThreads.UnixT) && !InsertAfter("PID", "spid") && Has(PsThreads.MustUse))
            throw new PsOptionException("-T with H/-m/m but no PID for SPID to follow");
        if (Has(PsThreads.UnixL)) AddThreads();
        if (Has(PsModifiers.Security)) _columns.InsertRange(0, PsFormatParser.Named("label", pidWidth));
    }

    private void ModifyScheduling()
    {
        Remove("%CPU");
        Remove("CPU");
        Remove("CP");
        Remove("C");
        Remove("NI");

        // Where there is no PRI the real program ends with an internal error: not a combination anyone can use.
        if (!InsertAfter("PRI", "class")) throw new PsOptionException("conflicting format options");
        Remove("PRI");
        InsertAfter("CLS", "pri");
    }

    private void AddThreads()
    {
        var isIn = InsertAfter("SID", "lwp") || InsertAfter("SESS", "lwp") || InsertAfter("PGID", "lwp") || InsertAfter("PGRP", "lwp")
            || InsertAfter("PPID", "lwp") || InsertAfter("PID", "lwp");
        if (!isIn && Has(PsThreads.MustUse)) throw new PsOptionException("-L with H/-m/m but no PID/PGID/SID/SESS for NLWP to follow");
        InsertAfter("%CPU", "nlwp");
    }

    private bool InsertAfter(string header, string name)
    {
        var place = _columns.FindIndex(column => column.Header == header);
        if (place < 0) return false;
        _columns.InsertRange(place + 1, PsFormatParser.Named(name, pidWidth));
        return true;
    }

    private void Remove(string header)
    {
        var place = _columns.FindIndex(column => column.Header == header);
        if (place >= 0) _columns.RemoveAt(place);
    }
}
