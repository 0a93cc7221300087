using System.Globalization;
using VboxMem.Kernel;
using VboxMem.Kernel.PageCache;
using VboxMem.Kernel.Sched;

namespace VboxMem.Workloads.BuildingBlocks;

/// <summary>Makes empty files in a directory, or looks their names up: so many passes.</summary>
internal sealed class ManyFiles(string name, ProgramParameters parameters) : BuildingBlock(name, parameters)
{
    private const int Work = 0;
    private const int Made = 1;
    private const int Synced = 2;
    private const int End = 3;

    private ulong _file;
    private ulong _pass;

    protected override Request Advance(in Reply last)
    {
        switch (Stage)
        {
            case Made:
                Stage = Work;
                return new Request(RequestKind.Close, (ulong)last.Value);
            case Work when _file < Parameters.Count:
                return WorkOn();
            case Work:
                return EndPass();
            case Synced:
                Stage = End;
                return Hold();
            default:
                return Exit();
        }
    }

    public override void HashInto(StateHash hash)
    {
        base.HashInto(hash);
        hash.Add(_file);
        hash.Add(_pass);
    }

    /// <summary>A name that does not exist is an answer too: it leaves a negative dentry.</summary>
    protected override bool Expects(SystemCallError error) => error == SystemCallError.NoEntry;

    private Request WorkOn()
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"{Parameters.Path}/file-{_file++}");
        if (!Parameters.IsWrite)
        {
            return new Request(RequestKind.Stat, Path: path);
        }

        Stage = Made;
        return new Request(RequestKind.Open, (ulong)(OpenFlags.Create | OpenFlags.Write), Path: path);
    }

    private Request EndPass()
    {
        _file = 0;
        _pass++;
        if (Parameters.Passes == 0 || _pass < Parameters.Passes)
        {
            return new Request(RequestKind.Sleep, Parameters.Pause.Nanoseconds);
        }

        Stage = Synced;
        return Parameters.IsSynced ? new Request(RequestKind.Sync) : new Request(RequestKind.Sleep);
    }
}
