using System.Text;
using VboxMem.FileTree;
using VboxMem.Workloads.Programs;

namespace VboxMem.Session.Console.Commands;

/// <summary>A program of the box that a command has started.</summary>
/// <param name="verbs">Where.</param>
/// <param name="process">What.</param>
/// <param name="report">What it has to say in the end; empty: nothing.</param>
internal sealed class ProgramJob(BoxVerbs verbs, SpawnedProcess process, Func<string> report) : IConsoleJob
{
    private const int KilledBy = 128;

    public bool IsOver => verbs.IsGone(process);

    /// <summary>Starts a program.</summary>
    public static StartedJob Start(CommandCall call, BoxVerbs verbs, SpawnedCommand program, Func<string> report)
    {
        const int CannotFork = 254;
        if (verbs.Spawn(program) is { } process)
        {
            return new StartedJob(new ProgramJob(verbs, process, report));
        }

        call.Say($"bash: fork: {Errno.ENOMEM.Describe()}");
        return new StartedJob(null, CannotFork);
    }

    public int Finish(Stream error)
    {
        var signal = process.KilledBySignal;
        error.Write(Encoding.UTF8.GetBytes(signal != 0 ? SignalNames.EndOf(signal) + "\n" : report()));
        return signal != 0 ? KilledBy + signal : process.Program.ExitStatus;
    }
}
