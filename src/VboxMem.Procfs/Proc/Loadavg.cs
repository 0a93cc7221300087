using VboxMem.Kernel;

namespace VboxMem.Procfs.Proc;

/// <summary>Renders <c>/proc/loadavg</c>: averages over 1, 5 and 15 minutes, running and all tasks, the pid given last.</summary>
/// <remarks>fs/proc/loadavg.c: loadavg_proc_show.</remarks>
public static class Loadavg
{
    public static void Render(Machine machine, ProcText text)
    {
        var (one, five, fifteen) = machine.Load.Hundredths;
        text.Hundredths(one).Literal(" "u8).Hundredths(five).Literal(" "u8).Hundredths(fifteen).Literal(" "u8);
        text.Number(Reader.RunningTasks(machine)).Literal("/"u8).Number(Reader.AllTasks(machine));
        text.Literal(" "u8).Number((long)machine.Processes.LastPid).NewLine();
    }
}
