using VboxMem.Kernel;
using VboxMem.Kernel.Sched;

namespace VboxMem.Workloads.Programs;

/// <summary>What systemd's child does between fork and exec: it becomes the service's process in all but its program.</summary>
/// <remarks>systemd.exec: exec_invoke, as far as the box knows the settings.</remarks>
internal sealed class UnitProcess(ProgramSetting setting) : UserProgram
{
    /// <summary>Exit code of a service that could not be started (EXIT_EXEC).</summary>
    private const ulong CannotExecute = 203;

    private int _step;

    public override ProgramImage Image => Systemd.Binary;

    public override string CommandLine => "(" + setting.Name + ")\0";

    public override Request Next(in Reply last)
    {
        if (last.IsError)
        {
            return new Request(RequestKind.Exit, CannotExecute);
        }

        var group = setting.Group;
        return _step++ switch
        {
            0 => new Request(RequestKind.JoinCgroup, Path: group.CgroupOf(setting.Instance)),
            1 => new Request(RequestKind.SetSession),
            2 => new Request(RequestKind.SetOomScoreAdj, unchecked((ulong)group.OomScoreAdj)),
            3 => new Request(RequestKind.SetNice, unchecked((ulong)(long)group.Nice)),
            4 => new Request(RequestKind.SetIdentity, group.Uid, group.Gid ?? group.Uid),
            _ => Execute(),
        };
    }

    public override UserProgram Clone() => (UserProgram)MemberwiseClone();   // its setting is immutable

    public override void HashInto(StateHash hash)
    {
        hash.Add(setting.Name);
        hash.Add(((ulong)(uint)setting.Instance << 32) | (uint)setting.Start);
        hash.Add((long)_step);
    }

    private Request Execute()
    {
        var program = ProgramCatalog.Create(setting);
        return new Request(RequestKind.Execute, Path: program.Image.Path, Program: program);
    }
}
