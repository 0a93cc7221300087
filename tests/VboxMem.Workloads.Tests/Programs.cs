using VboxMem.Workloads.Scenarios;
using VboxMem.Kernel;
using VboxMem.Kernel.Sched;

namespace VboxMem.Workloads.Tests;

internal static class Programs
{
    public const ulong Mebibyte = 1 << 20;

    public static UserProgram Make(string program, ProgramParameters parameters) =>
        ProgramCatalog.Create(new ProgramSetting(
            new GroupConfiguration("test", program, 1, 0, 0, 0, null, parameters), Instance: 0, Start: 0, Scenario.Build(1)));

    public static ScriptedKernel Script(string program, ProgramParameters parameters) => new(Make(program, parameters));

    public static ulong HashOf(UserProgram program)
    {
        var hash = new StateHash();
        program.HashInto(hash);
        return hash.Value;
    }
}
