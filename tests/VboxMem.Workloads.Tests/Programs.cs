using VboxMem.Kernel;
using VboxMem.Kernel.Sched;
using VboxMem.Workloads.Scenarios;

namespace VboxMem.Workloads.Tests;

internal static class Programs
{
    public const ulong Mebibyte = 1 << 20;

    public static UserProgram Make(string program, ProgramParameters parameters) =>
        ProgramCatalog.Create(new ProgramSetting(
            new GroupConfiguration("test", program, 1, 0, 0, 0, null, parameters), 0, 0, Scenario.Build(1)));

    public static ScriptedKernel Script(string program, ProgramParameters parameters) => new(Make(program, parameters));

    public static ulong HashOf(UserProgram program)
    {
        var hash = new StateHash();
        program.HashInto(hash);
        return hash.Value;
    }
}
